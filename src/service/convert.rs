//! Between the library's types and the contract's messages.

use super::{Entry, Shelf, pb};
use crate::document::{Copies, Removal, Sketch, Span, check_kind, decode};
use crate::{Document, Error, Evidence, Model, Options, Result, Speech, Tag, Tagging};

/// Most alternatives a request may ask for.
const MAX_TOP_K: u32 = 64;
/// Most evidence a request may ask for.
const MAX_EVIDENCE: u32 = 100;

/// Most axes a request may name, and labels of one that it may give priors for.
const MAX_NAMES: usize = 64;

/// The library's options for a request's.
pub(super) fn options(options: &pb::TagOptions, max_text_bytes: usize) -> Result<Options> {
    let bounded = |field: &str, value: u32, max: u32| {
        if value > max {
            return Err(Error::invalid(format!("options.{field}"), format!("must be at most {max}, found {value}")));
        }
        Ok(value as usize)
    };
    let few = |field: &str, actual: usize, unit: &'static str| {
        if actual > MAX_NAMES {
            return Err(Error::TooLarge { field: format!("options.{field}"), limit: MAX_NAMES, actual, unit });
        }
        Ok(())
    };
    few("axes", options.axes.len(), "axes")?;
    few("priors", options.priors.len(), "axes")?;
    for shares in options.priors.values() {
        few("priors", shares.labels.len(), "labels")?;
    }
    let defaults = Options::default();
    Ok(Options {
        clean: !options.skip_cleaning,
        split: !options.skip_splitting,
        top_k: match bounded("top_k", options.top_k, MAX_TOP_K)? {
            0 => defaults.top_k,
            n => n,
        },
        evidence: bounded("evidence", options.evidence, MAX_EVIDENCE)?,
        axes: options.axes.clone(),
        min_confidence: options.min_confidence,
        priors: options
            .priors
            .iter()
            .map(|(axis, shares)| (axis.clone(), shares.labels.iter().map(|(l, p)| (l.clone(), *p)).collect()))
            .collect(),
        sketch: false,
        max_bytes: max_text_bytes,
    })
}

/// Whether a request's options are within the limits of every service.
///
/// # Errors
/// As the service's.
pub(crate) fn check_options(asked: &pb::TagOptions) -> Result<()> {
    options(asked, 0).map(drop)
}

/// A request's document, decoded, and the encoding it was read as.
pub(super) fn document(document: pb::Document, max_text_bytes: usize) -> Result<(Document<'static>, &'static str)> {
    let title = (!document.title.is_empty()).then(|| document.title.into());
    let (text, encoding) = match document.content {
        Some(pb::document::Content::Text(text)) => {
            if !document.encoding.is_empty() {
                return Err(Error::invalid(
                    "encoding",
                    "must be empty for text, which is UTF-8; send other encodings as data",
                ));
            }
            (text, "UTF-8")
        }
        Some(pb::document::Content::Data(data)) => {
            if data.len() > max_text_bytes {
                return Err(Error::TooLarge {
                    field: "data".to_owned(),
                    limit: max_text_bytes,
                    actual: data.len(),
                    unit: "bytes",
                });
            }
            let label = (!document.encoding.is_empty()).then_some(document.encoding.as_str());
            check_kind(&data)?;
            let decoded = decode(&data, label)?;
            if decoded.text.is_empty() {
                let message = format!("must hold text; {} bytes are no character of {}", data.len(), decoded.encoding);
                return Err(Error::invalid("data", message));
            }
            (decoded.text, decoded.encoding)
        }
        None => return Err(Error::invalid("text", "must be set, or data in its place")),
    };
    Ok((Document { text: text.into(), title }, encoding))
}

/// What is wrong with the text of a document that came as data.
pub(super) fn of_data(error: Error) -> Error {
    match error {
        Error::InvalidArgument { field, message } if field == "text" => Error::invalid("data", message),
        Error::TooLarge { field, limit, actual, .. } if field == "text" => {
            Error::TooLarge { field: "data".to_owned(), limit, actual, unit: "bytes of UTF-8" }
        }
        other => other,
    }
}

pub(super) fn tagged(id: String, tagging: Tagging, encoding: &str, include_removals: bool) -> pb::TaggedDocument {
    let removals = if include_removals { tagging.removed.iter().map(removal).collect() } else { Vec::new() };
    pb::TaggedDocument {
        id,
        speeches: (0..).zip(tagging.speeches).map(|(index, speech)| speech_message(index, speech)).collect(),
        removals,
        encoding: encoding.to_owned(),
    }
}

fn removal(removal: &Removal) -> pb::Removal {
    pb::Removal { rule: removal.rule.to_owned(), span: Some(span(removal.span)) }
}

fn span(span: Span) -> pb::Span {
    pb::Span {
        start: span.start as u64,
        end: span.end as u64,
        byte_start: span.byte_start as u64,
        byte_end: span.byte_end as u64,
    }
}

fn speech_message(index: u32, speech: Speech) -> pb::Speech {
    let (title, title_span) = speech.title.unzip();
    pb::Speech {
        index,
        span: Some(span(speech.span)),
        title,
        title_span: title_span.map(span),
        duplicate_of: speech.duplicate_of.map(|copy| index_of(copy.of)),
        similarity: speech.duplicate_of.map(|copy| copy.similarity),
        duplicate_of_document: None,
        tags: speech.tags.into_iter().map(tag).collect(),
    }
}

/// Marks the speeches of a batch that repeat a speech of an earlier document. `sketches` holds those of every result; a
/// result that failed has none.
pub(super) fn compare(results: &mut [pb::TagResult], sketches: &[Vec<Sketch>]) {
    let mut copies = Copies::default();
    let mut places = Vec::new();
    for (document, (result, sketches)) in results.iter_mut().zip(sketches).enumerate() {
        let Some(pb::tag_result::Outcome::Document(tagged)) = &mut result.outcome else { continue };
        for (number, (speech, sketch)) in tagged.speeches.iter_mut().zip(sketches).enumerate() {
            if speech.duplicate_of.is_some() {
                continue;
            }
            if let Some(copy) = copies.add(sketch)
                && let Some((document, number)) = places.get(copy.of)
            {
                speech.duplicate_of = Some(index_of(*number));
                speech.duplicate_of_document = Some(index_of(*document));
                speech.similarity = Some(copy.similarity);
            }
            places.push((document, number));
        }
    }
}

fn index_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn tag(tag: Tag) -> pb::Tag {
    let alternative = |a: crate::Alternative| pb::Alternative { label: a.label, confidence: a.confidence };
    pb::Tag {
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

fn evidence(evidence: Evidence) -> pb::Evidence {
    pb::Evidence {
        text: evidence.text,
        span: Some(span(evidence.span)),
        feature: evidence.feature,
        count: u32::try_from(evidence.count).unwrap_or(u32::MAX),
        weight: evidence.weight,
    }
}

pub(super) fn identity(model: &Model) -> pb::ModelIdentity {
    let catalogue = model.catalogue();
    pb::ModelIdentity {
        name: catalogue.name.clone(),
        version: catalogue.version.clone(),
        sha256: model.sha256().to_owned(),
    }
}

pub(super) fn loaded(shelf: &Shelf) -> Vec<pb::LoadedModel> {
    let model = |entry: &Entry| pb::LoadedModel {
        identity: Some(identity(entry.tagger.model())),
        aliases: entry.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
    };
    shelf.entries().iter().map(model).collect()
}

pub(super) fn model(model: &Model) -> pb::Model {
    let axes = model.catalogue().axes.iter().map(|axis| pb::Axis {
        id: axis.id.clone(),
        name_zh: axis.zh.clone(),
        name_en: axis.en.clone(),
        labels: axis
            .labels
            .iter()
            .map(|label| pb::Label {
                id: label.id.clone(),
                name_zh: label.zh.clone(),
                name_en: label.en.clone(),
                in_scope: label.in_scope,
            })
            .collect(),
        threshold: axis.threshold,
        target_precision: axis.target_precision,
        optional: axis.optional,
    });
    pb::Model {
        identity: Some(identity(model)),
        axes: axes.collect(),
        feature_count: u32::try_from(model.vocabulary().entries().len()).unwrap_or(u32::MAX),
    }
}
