//! The trace a call belongs to, as its client says in `traceparent` (W3C Trace Context).

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// Metadata, to read from.
struct Metadata<'h>(&'h HeaderMap);

impl Extractor for Metadata<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The caller's span, and its trace's id as 32 hexadecimal digits; nothing if it says none or one that is none.
pub(super) fn of(headers: &HeaderMap) -> Option<(Context, String)> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Metadata(headers));
    let caller = context.span().span_context().clone();
    caller.is_valid().then(|| (context, caller.trace_id().to_string()))
}
