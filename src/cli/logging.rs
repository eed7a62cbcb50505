//! Log lines on standard error, and spans to an OpenTelemetry collector if one is set.

use std::io::IsTerminal;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use super::settings::{Log, LogFormat, Telemetry};
use crate::{Error, Result};

/// Sends what spans are left when the process ends.
pub struct Flush(Option<SdkTracerProvider>);

impl Drop for Flush {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Starts the log. Must be called within the runtime, which sends the spans.
pub fn start(log: &Log, telemetry: &Telemetry) -> Result<Flush> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|e| Error::invalid("log.filter", e.to_string()))?;
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Pretty => lines.boxed(),
        // The innermost span is the last of the list.
        LogFormat::Json => lines.json().with_current_span(false).boxed(),
    };
    let provider = telemetry.otlp_endpoint.as_deref().map(|url| provider(url, telemetry.sample_ratio)).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        // Our own spans alone: the exporter's calls would make spans of their own.
        let ours = Targets::new().with_target("speechtag", LevelFilter::INFO);
        tracing_opentelemetry::layer().with_tracer(provider.tracer("speechtag")).with_filter(ours)
    });
    let started = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
    started.map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Flush(provider))
}

fn provider(endpoint: &str, sample_ratio: f64) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|e| Error::invalid("telemetry.otlp_endpoint", e.to_string()))?;
    let resource = Resource::builder().with_service_name("speechtag").build();
    // A caller's decision to sample or not holds for us too.
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample_ratio)));
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).with_sampler(sampler).build())
}
