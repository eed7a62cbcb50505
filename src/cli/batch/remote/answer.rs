//! Between the contract's messages and the library's types: the way back from `service::convert`.

use tonic::Code;

use crate::cli::batch::answer::{Failure, Outcome};
use crate::cli::output::Identity;
use crate::document::Copy;
use crate::service::{canonical_name, pb};
use crate::{Alternative, Evidence, Options, Span, Speech, Tag, Tagging, Times};

/// The library's options as a request's.
pub fn options(options: &Options) -> pb::TagOptions {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    pb::TagOptions {
        model: String::new(),
        axes: options.axes.clone(),
        top_k: number(options.top_k),
        evidence: number(options.evidence),
        skip_cleaning: !options.clean,
        skip_splitting: !options.split,
        include_removals: false,
        min_confidence: options.min_confidence,
        compare_documents: false,
        priors: options
            .priors
            .iter()
            .map(|(axis, shares)| {
                let labels = shares.iter().map(|(label, share)| (label.clone(), *share)).collect();
                (axis.clone(), pb::Priors { labels })
            })
            .collect(),
    }
}

pub fn identity(identity: pb::ModelIdentity) -> Identity {
    let pb::ModelIdentity { name, version, sha256 } = identity;
    Identity { name, version, sha256 }
}

/// A model as errors name it.
pub fn name(identity: &pb::ModelIdentity) -> String {
    format!("{}@{} ({})", identity.name, identity.version, identity.sha256.get(..12).unwrap_or_default())
}

/// What became of a document.
pub fn outcome(outcome: pb::tag_result::Outcome) -> Outcome {
    match outcome {
        pb::tag_result::Outcome::Document(document) => {
            let speeches = document.speeches.into_iter().map(speech).collect();
            Outcome::Tagged(Tagging { speeches, removed: Vec::new(), times: Times::default() })
        }
        pb::tag_result::Outcome::Error(error) => Outcome::Failed(failure(error)),
    }
}

/// A document's error, with the field named as if the document stood alone.
fn failure(error: pb::TagError) -> Failure {
    let alone = |path: String| path.strip_prefix("document.").map(str::to_owned).unwrap_or(path);
    Failure {
        code: canonical_name(Code::from_i32(error.code)).to_owned(),
        field: Some(alone(error.field)).filter(|field| !field.is_empty()),
        message: alone(error.message),
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn span(span: Option<pb::Span>) -> Span {
    let pb::Span { start, end, byte_start, byte_end } = span.unwrap_or_default();
    Span { start: size(start), end: size(end), byte_start: size(byte_start), byte_end: size(byte_end) }
}

fn speech(speech: pb::Speech) -> Speech {
    let similarity = speech.similarity.unwrap_or_default();
    Speech {
        span: span(speech.span),
        title: speech.title.map(|title| (title, span(speech.title_span))),
        duplicate_of: speech.duplicate_of.map(|of| Copy { of: of as usize, similarity }),
        sketch: None,
        tags: speech.tags.into_iter().map(tag).collect(),
    }
}

fn tag(tag: pb::Tag) -> Tag {
    let alternative = |a: pb::Alternative| Alternative { label: a.label, confidence: a.confidence };
    Tag {
        axis: tag.axis,
        label: tag.label,
        abstained: tag.abstained,
        in_scope: tag.in_scope,
        confidence: tag.confidence,
        log_odds: tag.log_odds,
        alternatives: tag.alternatives.into_iter().map(alternative).collect(),
        evidence: tag.evidence.into_iter().map(evidence).collect(),
    }
}

fn evidence(evidence: pb::Evidence) -> Evidence {
    Evidence {
        text: evidence.text,
        span: span(evidence.span),
        feature: evidence.feature,
        count: evidence.count as usize,
        weight: evidence.weight,
    }
}
