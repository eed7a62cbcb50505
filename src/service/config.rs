//! What a service accepts, how long it waits, how it stops: the values of `[limits]`, `[timeouts]` and `[shutdown]`.
//!
//! Every limit bounds something a client could otherwise make grow: memory by sizes and counts, time by timeouts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DEFAULT_MAX_BYTES, Error};

/// Sizes and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest text of one document, in UTF-8 bytes.
    pub max_text_bytes: usize,
    /// Most documents in one batch.
    pub max_batch_documents: usize,
    /// Largest request message, in bytes.
    pub max_message_bytes: usize,
    /// Largest response message, in bytes.
    pub max_response_bytes: usize,
    /// Largest metadata of one request, in bytes.
    pub max_header_bytes: usize,
    /// Unary calls of the tagging service under way at once; more are shed, as are those that find no worker within
    /// [`Timeouts::queue_ms`].
    pub max_requests: usize,
    /// Streams of the tagging service open at once; more are shed.
    pub max_streams: usize,
    /// Connections open at once; more wait to be accepted.
    pub max_connections: usize,
    /// Calls under way at once on one connection; a client holds more back by itself.
    pub max_calls_per_connection: u32,
    /// Documents (or parts of a batch) tagged at once.
    pub workers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // A connection alone, at its own limit, finds room for all its calls; two or more in full swing do not.
        let max_requests = 32 * processors.max(2);
        Self {
            max_text_bytes: DEFAULT_MAX_BYTES,
            max_batch_documents: 256,
            max_message_bytes: 4 * DEFAULT_MAX_BYTES,
            max_response_bytes: 16 * DEFAULT_MAX_BYTES,
            max_header_bytes: 16 << 10,
            max_requests,
            max_streams: 32,
            max_connections: 1024,
            max_calls_per_connection: u32::try_from(max_requests).unwrap_or(u32::MAX),
            workers: processors,
        }
    }
}

/// Metadata of an ordinary call, with a token and a trace, in bytes.
const LEAST_HEADER_BYTES: usize = 1024;

impl Limits {
    /// The most metadata HTTP/2 lets through, in bytes: between this and `max_header_bytes` a client still gets a status.
    pub(super) fn hard_header_bytes(&self) -> u32 {
        u32::try_from(self.max_header_bytes.saturating_mul(4)).unwrap_or(u32::MAX)
    }

    /// What contradicts itself, one error each.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Error> {
        let mut mistakes = zeros(&[
            ("limits.max_text_bytes", self.max_text_bytes as u64),
            ("limits.max_batch_documents", self.max_batch_documents as u64),
            ("limits.max_message_bytes", self.max_message_bytes as u64),
            ("limits.max_response_bytes", self.max_response_bytes as u64),
            ("limits.max_header_bytes", self.max_header_bytes as u64),
            ("limits.max_requests", self.max_requests as u64),
            ("limits.max_streams", self.max_streams as u64),
            ("limits.max_connections", self.max_connections as u64),
            ("limits.max_calls_per_connection", u64::from(self.max_calls_per_connection)),
            ("limits.workers", self.workers as u64),
        ]);
        if (1..LEAST_HEADER_BYTES).contains(&self.max_header_bytes) {
            let message = format!(
                "is {} and must be at least {LEAST_HEADER_BYTES}: what gRPC itself sends with every call must have room",
                self.max_header_bytes
            );
            mistakes.push(Error::invalid("limits.max_header_bytes", message));
        }
        if self.max_message_bytes < self.max_text_bytes {
            mistakes.push(Error::invalid(
                "limits.max_message_bytes",
                format!(
                    "is {} and must hold a text of limits.max_text_bytes, {}",
                    self.max_message_bytes, self.max_text_bytes
                ),
            ));
        }
        for (field, value) in [("limits.max_requests", self.max_requests), ("limits.max_streams", self.max_streams)] {
            if value < self.workers {
                let message = format!("is {value} and would leave some of limits.workers, {}, idle", self.workers);
                mistakes.push(Error::invalid(field, message));
            }
        }
        if self.max_calls_per_connection as usize > self.max_requests {
            let message = format!(
                "is {} and must not be above limits.max_requests, {}: one client alone would be refused for overload",
                self.max_calls_per_connection, self.max_requests
            );
            mistakes.push(Error::invalid("limits.max_calls_per_connection", message));
        }
        mistakes
    }
}

/// Times, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Longest time for a unary call, from its metadata to its answer; a shorter deadline of the client's wins.
    pub request_ms: u64,
    /// Longest wait of a unary call for a worker; then it is shed.
    pub queue_ms: u64,
    /// Longest time from a connection's opening to its first bytes, with TLS to the end of the handshake.
    pub handshake_ms: u64,
    /// A connection on which no message has moved for this long is closed: idle ones, stalled readers and writers. What is
    /// under way on it has [`Timeouts::keepalive_timeout_ms`] more.
    pub idle_ms: u64,
    /// Time between HTTP/2 pings.
    pub keepalive_ms: u64,
    /// Time to answer a ping before the connection is closed.
    pub keepalive_timeout_ms: u64,
    /// Age at which a connection is told to go elsewhere, give or take a tenth.
    pub connection_age_ms: u64,
    /// Time for what is under way on such a connection.
    pub connection_grace_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_ms: 60_000,
            queue_ms: 1_000,
            handshake_ms: 10_000,
            idle_ms: 300_000,
            keepalive_ms: 30_000,
            keepalive_timeout_ms: 10_000,
            connection_age_ms: 3_600_000,
            connection_grace_ms: 600_000,
        }
    }
}

impl Timeouts {
    /// What contradicts itself, one error each.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Error> {
        let mut mistakes = zeros(&[
            ("timeouts.request_ms", self.request_ms),
            ("timeouts.queue_ms", self.queue_ms),
            ("timeouts.handshake_ms", self.handshake_ms),
            ("timeouts.idle_ms", self.idle_ms),
            ("timeouts.keepalive_ms", self.keepalive_ms),
            ("timeouts.keepalive_timeout_ms", self.keepalive_timeout_ms),
            ("timeouts.connection_age_ms", self.connection_age_ms),
            ("timeouts.connection_grace_ms", self.connection_grace_ms),
        ]);
        if self.queue_ms > self.request_ms {
            mistakes.push(Error::invalid(
                "timeouts.queue_ms",
                format!("is {} and must not be above timeouts.request_ms, {}", self.queue_ms, self.request_ms),
            ));
        }
        if self.idle_ms <= self.request_ms {
            mistakes.push(Error::invalid(
                "timeouts.idle_ms",
                format!("is {} and must be above timeouts.request_ms, {}", self.idle_ms, self.request_ms),
            ));
        }
        mistakes
    }
}

/// How a service stops, in milliseconds. The defaults end within the ten seconds that `docker stop` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// Time between `NOT_SERVING` and the end of accepting, for load balancers to notice.
    pub lame_duck_ms: u64,
    /// Time for what is under way; what is not done then is answered `UNAVAILABLE`.
    pub drain_ms: u64,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { lame_duck_ms: 1_000, drain_ms: 8_000 }
    }
}

pub(super) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn zeros(values: &[(&str, u64)]) -> Vec<Error> {
    values.iter().filter(|(_, value)| *value == 0).map(|(field, _)| Error::invalid(*field, "must be above 0")).collect()
}
