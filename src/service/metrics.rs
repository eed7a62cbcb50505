//! What the server counts, in Prometheus' text format.
//!
//! Calls have the names of go-grpc-prometheus, so that its dashboards and alerts work; what is ours begins with
//! `speechtag_`. Every row that can be known at the start is there at the start, at zero: a rate needs the point before
//! the first event. Label values come from contracts and models, never from a client.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tonic::{Code, Status};

use super::methods::{self, Method};
use super::shelf::Shelf;
use super::status;
use crate::{Tagging, Times};

/// Canonical codes as go-grpc-prometheus spells them.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "Canceled"),
    (Code::Unknown, "Unknown"),
    (Code::InvalidArgument, "InvalidArgument"),
    (Code::DeadlineExceeded, "DeadlineExceeded"),
    (Code::NotFound, "NotFound"),
    (Code::AlreadyExists, "AlreadyExists"),
    (Code::PermissionDenied, "PermissionDenied"),
    (Code::ResourceExhausted, "ResourceExhausted"),
    (Code::FailedPrecondition, "FailedPrecondition"),
    (Code::Aborted, "Aborted"),
    (Code::OutOfRange, "OutOfRange"),
    (Code::Unimplemented, "Unimplemented"),
    (Code::Internal, "Internal"),
    (Code::Unavailable, "Unavailable"),
    (Code::DataLoss, "DataLoss"),
    (Code::Unauthenticated, "Unauthenticated"),
];

/// Seconds; a text of 500 characters takes about the fourth bound's time.
const BUCKETS: [f64; 14] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
#[allow(clippy::struct_field_names, reason = "the names of go-grpc-prometheus")]
struct Call {
    grpc_type: &'static str,
    grpc_service: &'static str,
    grpc_method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
#[allow(clippy::struct_field_names, reason = "the names of go-grpc-prometheus")]
struct Handled {
    grpc_type: &'static str,
    grpc_service: &'static str,
    grpc_method: &'static str,
    grpc_code: &'static str,
}

/// A stage of a document's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Queue,
    Decode,
    Prepare,
    Analyze,
    Score,
}

impl Stage {
    const ALL: [Self; 5] = [Self::Queue, Self::Decode, Self::Prepare, Self::Analyze, Self::Score];

    fn label(self) -> OfStage {
        let stage = match self {
            Self::Queue => "queue",
            Self::Decode => "decode",
            Self::Prepare => "prepare",
            Self::Analyze => "analyze",
            Self::Score => "score",
        };
        OfStage { stage }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfStage {
    stage: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfLabel {
    axis: String,
    label: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfAxis {
    axis: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Because {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    result: &'static str,
}

/// What is read from files.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

const MODELS: OfKind = OfKind { kind: "models" };
const SECRETS: OfKind = OfKind { kind: "secrets" };

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfModel {
    name: String,
    version: String,
    sha256: String,
    alias: String,
}

/// Histograms of times in seconds.
type TimesBy<L> = Family<L, Histogram, fn() -> Histogram>;

/// The counters.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    started: Family<Call, Counter>,
    handled: Family<Handled, Counter>,
    received: Family<Call, Counter>,
    sent: Family<Call, Counter>,
    handling: TimesBy<Call>,
    shed: Family<Because, Counter>,
    connections: Gauge,
    stages: TimesBy<OfStage>,
    documents: Family<Ended, Counter>,
    tags: Family<OfLabel, Counter>,
    abstentions: Family<OfAxis, Counter>,
    models: Family<OfModel, Gauge>,
    reloads: Family<Ended, Counter>,
    reloaded: Gauge<f64, AtomicU64>,
    secrets: Family<Ended, Counter>,
    last_load_ok: Family<OfKind, Gauge>,
}

/// The counters of one method's calls.
#[derive(Clone, Debug)]
pub(super) struct OfMethod {
    call: Call,
    pub received: Counter,
    pub sent: Counter,
}

fn seconds() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            started: Family::default(),
            handled: Family::default(),
            received: Family::default(),
            sent: Family::default(),
            handling: Family::new_with_constructor(seconds),
            shed: Family::default(),
            connections: Gauge::default(),
            stages: Family::new_with_constructor(seconds),
            documents: Family::default(),
            tags: Family::default(),
            abstentions: Family::default(),
            models: Family::default(),
            reloads: Family::default(),
            reloaded: Gauge::default(),
            secrets: Family::default(),
            last_load_ok: Family::default(),
        };
        metrics.register();
        metrics.start_at_zero();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("grpc_server_started", "Calls begun", self.started.clone());
        r.register("grpc_server_handled", "Calls ended, by their final status", self.handled.clone());
        r.register("grpc_server_msg_received", "Messages received", self.received.clone());
        r.register("grpc_server_msg_sent", "Messages sent", self.sent.clone());
        r.register("grpc_server_handling_seconds", "Time from a call's metadata to its status", self.handling.clone());
        r.register("speechtag_shed", "Calls refused for overload", self.shed.clone());
        r.register("speechtag_connections", "Connections open", self.connections.clone());
        r.register("speechtag_stage_seconds", "Time of each stage of a document's way", self.stages.clone());
        r.register("speechtag_documents", "Documents, by whether they could be tagged", self.documents.clone());
        r.register("speechtag_tags", "Speeches tagged, by axis and label", self.tags.clone());
        r.register("speechtag_abstentions", "Speeches the model abstained on, by axis", self.abstentions.clone());
        r.register("speechtag_model_info", "1 for each loaded model; alias is empty without one", self.models.clone());
        r.register("speechtag_model_reloads", "Loads of the models, by result", self.reloads.clone());
        r.register("speechtag_model_loaded_timestamp_seconds", "Time of the last good load", self.reloaded.clone());
        r.register("speechtag_secret_reloads", "Reads of certificates and tokens, by result", self.secrets.clone());
        r.register("speechtag_last_load_ok", "1 after a good load, 0 after a bad one", self.last_load_ok.clone());
    }

    fn start_at_zero(&self) {
        for method in methods::all() {
            let call = Call::of(method);
            drop(self.started.get_or_create(&call));
            drop(self.received.get_or_create(&call));
            drop(self.sent.get_or_create(&call));
            drop(self.handling.get_or_create(&call));
            for (_, grpc_code) in CODES {
                drop(self.handled.get_or_create(&call.ended(grpc_code)));
            }
        }
        for reason in ["requests", "streams", "queue"] {
            drop(self.shed.get_or_create(&Because { reason }));
        }
        for stage in Stage::ALL {
            drop(self.stages.get_or_create(&stage.label()));
        }
        for result in ["ok", "error"] {
            drop(self.documents.get_or_create(&Ended { result }));
            drop(self.reloads.get_or_create(&Ended { result }));
            drop(self.secrets.get_or_create(&Ended { result }));
        }
        drop(self.last_load_ok.get_or_create(&MODELS));
        // A server whose certificates or tokens can't be read does not start.
        self.last_load_ok.get_or_create(&SECRETS).set(1);
    }

    /// The text Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A call of `method` begins.
    pub fn begin(&self, method: &'static Method) -> OfMethod {
        let call = Call::of(method);
        self.started.get_or_create(&call).inc();
        OfMethod {
            received: self.received.get_or_create_owned(&call),
            sent: self.sent.get_or_create_owned(&call),
            call,
        }
    }

    /// A call ends.
    pub fn end(&self, of: &OfMethod, code: Code, took: Duration) {
        let name = CODES.iter().find(|(c, _)| *c == code).map_or("Unknown", |(_, name)| name);
        self.handled.get_or_create(&of.call.ended(name)).inc();
        self.handling.get_or_create(&of.call).observe(took.as_secs_f64());
    }

    /// Counts a call refused for `reason` and gives its status, with the setting behind it.
    pub fn shed(&self, reason: &'static str, message: String, setting: &str, limit: &str) -> Status {
        self.shed.get_or_create(&Because { reason }).inc();
        status::overloaded(message, setting, limit)
    }

    /// Open connections; [`Gauge::inc`] and [`Gauge::dec`] it.
    pub fn connections(&self) -> &Gauge {
        &self.connections
    }

    pub fn stage(&self, stage: Stage, took: Duration) {
        self.stages.get_or_create(&stage.label()).observe(took.as_secs_f64());
    }

    /// A document could not be tagged.
    pub fn failed(&self) {
        self.documents.get_or_create(&Ended { result: "error" }).inc();
    }

    /// A document was tagged.
    pub fn tagged(&self, tagging: &Tagging) {
        self.documents.get_or_create(&Ended { result: "ok" }).inc();
        let Times { prepare, analyze, score } = tagging.times;
        self.stage(Stage::Prepare, prepare);
        self.stage(Stage::Analyze, analyze);
        self.stage(Stage::Score, score);
        for tag in tagging.speeches.iter().flat_map(|speech| &speech.tags) {
            let axis = tag.axis.clone();
            match &tag.label {
                Some(label) => self.tags.get_or_create(&OfLabel { axis, label: label.clone() }).inc(),
                None => self.abstentions.get_or_create(&OfAxis { axis }).inc(),
            };
        }
    }

    /// The models were loaded: their rows and those of their labels appear, rows of models that have gone disappear.
    pub fn loaded(&self, shelf: &Shelf) {
        self.reloads.get_or_create(&Ended { result: "ok" }).inc();
        self.last_load_ok.get_or_create(&MODELS).set(1);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.reloaded.set(now.as_secs_f64());
        self.models.clear();
        for entry in shelf.entries() {
            let catalogue = entry.tagger.model().catalogue();
            let of = OfModel {
                name: catalogue.name.clone(),
                version: catalogue.version.clone(),
                sha256: entry.tagger.model().sha256().to_owned(),
                alias: entry.aliases.join(","),
            };
            self.models.get_or_create(&of).set(1);
            for axis in &catalogue.axes {
                drop(self.abstentions.get_or_create(&OfAxis { axis: axis.id.clone() }));
                for label in &axis.labels {
                    drop(self.tags.get_or_create(&OfLabel { axis: axis.id.clone(), label: label.id.clone() }));
                }
            }
        }
    }

    /// Certificates and tokens were read again, or could not be.
    pub fn secrets(&self, ok: bool) {
        self.secrets.get_or_create(&Ended { result: if ok { "ok" } else { "error" } }).inc();
        self.last_load_ok.get_or_create(&SECRETS).set(i64::from(ok));
    }

    /// The models could not be loaded.
    pub fn not_loaded(&self) {
        self.reloads.get_or_create(&Ended { result: "error" }).inc();
        self.last_load_ok.get_or_create(&MODELS).set(0);
    }
}

impl Call {
    fn of(method: &'static Method) -> Self {
        Self { grpc_type: method.kind, grpc_service: &method.service, grpc_method: &method.name }
    }

    fn ended(&self, grpc_code: &'static str) -> Handled {
        let Self { grpc_type, grpc_service, grpc_method } = *self;
        Handled { grpc_type, grpc_service, grpc_method, grpc_code }
    }
}
