//! Errors as gRPC statuses: the one place where the library's error meets the canonical codes.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::pb;
use crate::Error;
use crate::error::brief;

/// Domain of every `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "speechtag";

/// When to try again after being shed: a few times what the queue holds.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Canonical code, reason and values of an error.
fn classify(error: &Error) -> (Code, &'static str, HashMap<String, String>) {
    let pairs = |pairs: &[(&str, String)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    match error {
        Error::InvalidArgument { field, .. } => {
            (Code::InvalidArgument, "INVALID_FIELD", pairs(&[("field", field.clone())]))
        }
        Error::TooLarge { field, limit, actual, unit } => (
            Code::InvalidArgument,
            "LIMIT_EXCEEDED",
            pairs(&[
                ("field", field.clone()),
                ("limit", limit.to_string()),
                ("actual", actual.to_string()),
                ("unit", (*unit).to_owned()),
            ]),
        ),
        Error::NotFound { field, kind, name, .. } => (
            Code::NotFound,
            match *kind {
                "model" => "MODEL_NOT_FOUND",
                "alias" => "ALIAS_NOT_FOUND",
                "label" => "LABEL_NOT_FOUND",
                _ => "AXIS_NOT_FOUND",
            },
            pairs(&[("field", field.clone()), ("name", name.clone())]),
        ),
        Error::NotReady => (Code::Unavailable, "NO_MODEL", HashMap::new()),
        Error::Interrupted => (Code::Cancelled, "INTERRUPTED", HashMap::new()),
        Error::Model { .. } | Error::Corpus { .. } | Error::Training { .. } | Error::Io { .. } => {
            (Code::FailedPrecondition, "UNUSABLE_MODEL", HashMap::new())
        }
        Error::Internal(_) => (Code::Internal, "DEFECT", HashMap::new()),
        // No call comes to these two; the command line names their codes.
        Error::Configuration(_) => (Code::InvalidArgument, "INVALID_CONFIGURATION", HashMap::new()),
        Error::Service { .. } => (Code::Unavailable, "NO_SERVICE", HashMap::new()),
    }
}

impl Error {
    /// The canonical gRPC code's name, used in JSON lines and by the service alike.
    #[must_use]
    pub fn code(&self) -> &'static str {
        canonical_name(classify(self).0)
    }
}

/// The name of a code in the gRPC specification, such as `INVALID_ARGUMENT`.
pub(crate) fn canonical_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, reason, values) = classify(&error);
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, values);
        if let Some(field) = error.field() {
            details.add_bad_request_violation(field, error.to_string());
        }
        Self::with_error_details(code, error.to_string(), details)
    }
}

impl From<&Error> for pb::TagError {
    fn from(error: &Error) -> Self {
        let (code, reason, _) = classify(error);
        Self {
            code: code as i32,
            reason: reason.to_owned(),
            field: error.field().unwrap_or_default().to_owned(),
            message: error.to_string(),
        }
    }
}

/// A status with its reason.
fn status(code: Code, reason: &str, message: impl Into<String>) -> Status {
    status_of(code, reason, message, &[])
}

/// A status with its reason and the values behind it.
fn status_of(code: Code, reason: &str, message: impl Into<String>, values: &[(&str, &str)]) -> Status {
    let values: HashMap<_, _> = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, values))
}

/// A status for what is larger than it may be.
fn above(code: Code, reason: &str, message: impl Into<String>, actual: &str, limit: &str) -> Status {
    status_of(code, reason, message, &[("actual", actual), ("limit", limit), ("unit", "bytes")])
}

/// For a message of too many parts to be decoded. Counting stops at the limit, so nobody knows how many they are.
pub(super) fn many_fields(limit: usize) -> Status {
    status_of(
        Code::InvalidArgument,
        "LIMIT_EXCEEDED",
        format!("the message has more than {limit} fields, each document of a batch being one, or its options have"),
        &[("limit", &limit.to_string()), ("unit", "fields")],
    )
}

/// For a path that no method has.
pub(super) fn no_method(path: &str) -> Status {
    let message = format!("there is no method {:?}", brief(path));
    status_of(Code::Unimplemented, "METHOD_NOT_FOUND", message, &[("name", &brief(path))])
}

/// For a call of the admin service where there is none.
pub(super) fn no_admin(path: &str) -> Status {
    let message = "the admin service is off; it needs admin.enabled";
    status_of(Code::Unimplemented, "METHOD_NOT_FOUND", message, &[("name", path)])
}

/// For work that panicked: a defect of ours.
pub(super) fn defect() -> Status {
    status(Code::Internal, "DEFECT", "tagging failed by a defect of speechtag; the log says more")
}

/// For work that is not taken on because of `limit`, the value of a setting, with the time after which to try again.
pub(super) fn overloaded(message: impl Into<String>, setting: &str, limit: &str) -> Status {
    let values = [("setting", setting), ("limit", limit)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut details = ErrorDetails::with_error_info("OVERLOADED", DOMAIN, HashMap::from(values));
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// For a call whose caller is not known.
pub(super) fn unauthenticated(message: &str) -> Status {
    status(Code::Unauthenticated, "UNAUTHENTICATED", format!("{message}; send authorization: Bearer TOKEN"))
}

/// For a caller's token where an operator's is needed.
pub(super) fn permission_denied() -> Status {
    status(Code::PermissionDenied, "NOT_AN_OPERATOR", "the admin service needs a token of auth.admin_token_file")
}

/// For a call that is not done in time.
pub(super) fn late(allowed: Duration) -> Status {
    status(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", format!("not done within {} ms", allowed.as_millis()))
}

/// For what a stopping server no longer does.
pub(super) fn draining() -> Status {
    status(Code::Unavailable, "DRAINING", "the server is stopping; send again what has no answer, to another one")
}

/// For a `grpc-timeout` that is none.
pub(super) fn bad_timeout() -> Status {
    status(Code::InvalidArgument, "INVALID_TIMEOUT", "grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n")
}

/// For metadata above the limit.
pub(super) fn large_headers(actual: usize, limit: usize) -> Status {
    let message = format!("the metadata has {actual} bytes; limits.max_header_bytes is {limit}");
    above(Code::ResourceExhausted, "METADATA_TOO_LARGE", message, &actual.to_string(), &limit.to_string())
}

fn of_large_answer(actual: impl Display, limit: impl Display) -> String {
    format!(
        "the answer has {actual} bytes; limits.max_response_bytes is {limit}; ask for less evidence, or send less at once"
    )
}

/// For a document of a stream whose answer is too large: as a whole call's would be.
pub(super) fn large_answer(actual: usize, limit: usize) -> pb::TagError {
    pb::TagError {
        code: Code::ResourceExhausted as i32,
        reason: "MESSAGE_TOO_LARGE".to_owned(),
        field: String::new(),
        message: of_large_answer(actual, limit),
    }
}

/// For a message that is larger than it may be, which tonic says in words only: those of `tonic::codec`.
fn large_message(why: &str) -> Status {
    let reason =
        |message: String, actual, limit| above(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", message, actual, limit);
    let sizes = |which: &str| {
        let said = why.strip_prefix("Error, ")?.strip_prefix(which)?;
        said.strip_prefix(" message length too large: found ")?
            .strip_suffix(" bytes")?
            .split_once(" bytes, the limit is: ")
    };
    if let Some((actual, limit)) = sizes("encoded") {
        return reason(of_large_answer(actual, limit), actual, limit);
    }
    match sizes("decoded") {
        Some((actual, limit)) => {
            let message = format!("the request message has {actual} bytes; limits.max_message_bytes is {limit}");
            reason(message, actual, limit)
        }
        None => status(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", why),
    }
}

/// What tonic has written into headers or trailers of a request that it can't read, as it should be said.
///
/// * `OUT_OF_RANGE` of a message above the size limit is `RESOURCE_EXHAUSTED` in the gRPC specification. Nothing in speechtag
///   answers `OUT_OF_RANGE`, so every one of them is that case.
/// * `UNIMPLEMENTED` without details is one of a compressed message: paths without a method are ours to refuse.
/// * `INTERNAL` of a call without a message, of a frame that breaks off or has an unknown flag, is the client's mistake. Our
///   own `INTERNAL` has details.
pub(super) fn undecoded_written(headers: &mut HeaderMap) {
    if !headers.get(Status::GRPC_STATUS).is_some_and(|status| ["11", "12", "13"].iter().any(|code| status == code)) {
        return;
    }
    let Some(of_tonic) = Status::from_header_map(headers) else { return };
    let why = of_tonic.message();
    let ours = match of_tonic.code() {
        Code::OutOfRange => large_message(why),
        Code::Unimplemented if of_tonic.details().is_empty() => status(of_tonic.code(), "COMPRESSED_MESSAGE", why),
        Code::Internal if of_tonic.details().is_empty() => {
            let message = format!("the request message does not decode: {why}");
            status(Code::InvalidArgument, "UNDECODABLE_MESSAGE", message)
        }
        _ => return,
    };
    // Fails only for metadata, of which this status has none.
    let _ = ours.add_header(headers);
}
