//! Errors as gRPC statuses: the one place where the library's error meets the canonical codes.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::pb;
use crate::Error;

/// Domain of every `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "speechtag";

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
                _ => "AXIS_NOT_FOUND",
            },
            pairs(&[("field", field.clone()), ("name", name.clone())]),
        ),
        Error::Model { .. } | Error::Corpus { .. } | Error::Training { .. } | Error::Io { .. } => {
            (Code::FailedPrecondition, "UNUSABLE_MODEL", HashMap::new())
        }
        Error::Internal(_) => (Code::Internal, "DEFECT", HashMap::new()),
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

/// For a message that does not decode.
pub(super) fn undecodable(why: &str) -> Status {
    let details = ErrorDetails::with_error_info("UNDECODABLE_MESSAGE", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, format!("the request message does not decode: {why}"), details)
}

/// For work that panicked: a defect of ours.
pub(super) fn defect() -> Status {
    let details = ErrorDetails::with_error_info("DEFECT", DOMAIN, HashMap::new());
    Status::with_error_details(Code::Internal, "tagging failed by a defect of speechtag; the log says more", details)
}

/// tonic says `OUT_OF_RANGE` of a message above the size limit, where the gRPC specification says `RESOURCE_EXHAUSTED`.
/// Nothing in speechtag answers `OUT_OF_RANGE`, so every one of them is that case.
pub(super) fn oversize(status: Status) -> Status {
    if status.code() == Code::OutOfRange { Status::new(Code::ResourceExhausted, status.message()) } else { status }
}

/// As [`oversize`], for a response whose status tonic has written already.
pub(super) fn oversize_response<B>(mut response: http::Response<B>) -> http::Response<B> {
    let headers = response.headers_mut();
    if headers.get("grpc-status").is_some_and(|status| status == "11") {
        headers.insert("grpc-status", http::HeaderValue::from_static("8"));
    }
    response
}
