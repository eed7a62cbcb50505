//! The only door to the pipeline: a document goes in, its speeches and their tags ([`Tagging`]) come out.
//!
//! [`Tagger`] knows no transport. It is cheap to clone, can be shared between threads, and gives the same answer on one
//! thread or many.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::answer::{Alternative, Evidence, Speech, Tag, Tagging, Times};
use crate::document::{Copies, PieceKind, Prepared, Sketch, check_kind, cut, decode, normalize, prepare};
use crate::features::{Analyzer, Bag, Occurrence, Title};
use crate::model::{Axis, Model, Posterior, Priors, check_priors};
use crate::{Error, Result};

/// The default of [`Options::max_bytes`]: 4 MiB, a shelf of speeches.
pub const DEFAULT_MAX_BYTES: usize = 4 << 20;

/// The model that ships inside the binary.
const SHIPPED: &[u8] = include_bytes!("../models/speechtag-zh/model.bin");
const SHIPPED_PATH: &str = "models/speechtag-zh/model.bin";

/// The most that [`Document::title`] may hold, in UTF-8 bytes; a longer one is no title.
const MAX_TITLE_BYTES: usize = 4096;

/// A document to tag.
#[derive(Clone, Debug, Default)]
pub struct Document<'d> {
    /// What the page says; spans count its characters.
    pub text: Cow<'d, str>,
    /// A title known from elsewhere, at most 4,096 UTF-8 bytes. It is weighed lightly: titles lie.
    pub title: Option<Cow<'d, str>>,
}

impl<'d> Document<'d> {
    /// A document without a separate title.
    #[must_use]
    pub fn new(text: impl Into<Cow<'d, str>>) -> Self {
        Self { text: text.into(), title: None }
    }

    /// A document from bytes of known (`encoding`, a WHATWG label) or unknown encoding.
    ///
    /// # Errors
    /// As [`decode`], and [`Error::InvalidArgument`] for field `data` if they are a PDF, Word or RTF file.
    pub fn from_bytes(bytes: &[u8], encoding: Option<&str>) -> Result<Self> {
        check_kind(bytes)?;
        Ok(Self::new(decode(bytes, encoding)?.text))
    }
}

/// What to do with a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Remove page noise first.
    pub clean: bool,
    /// Look for several speeches; otherwise the whole text is one.
    pub split: bool,
    /// Alternatives per axis, at least 1.
    pub top_k: usize,
    /// Evidence per axis; 0 for none.
    pub evidence: usize,
    /// The axes to answer, by identifier; empty for all.
    pub axes: Vec<String>,
    /// Confidence below which to abstain, 0 to 1; nothing for the model's own threshold of each axis.
    pub min_confidence: Option<f64>,
    /// How often each label occurs in the archive; nothing said, nothing assumed.
    pub priors: Priors,
    /// Keep a sketch of every speech, by which copies in other documents are found: see [`Copies`].
    pub sketch: bool,
    /// Longest text accepted, in UTF-8 bytes.
    pub max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clean: true,
            split: true,
            top_k: 3,
            evidence: 0,
            axes: Vec::new(),
            min_confidence: None,
            priors: Priors::new(),
            sketch: false,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }
}

impl Options {
    /// Checks what needs no model to be checked.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(p) = self.min_confidence
            && !(0.0..=1.0).contains(&p)
        {
            return Err(Error::invalid("options.min_confidence", format!("must lie between 0 and 1, found {p}")));
        }
        if self.top_k == 0 {
            return Err(Error::invalid("options.top_k", "must be at least 1, found 0"));
        }
        Ok(())
    }
}

/// Tags documents with one model.
#[derive(Clone, Debug)]
pub struct Tagger {
    analyzer: Arc<Analyzer>,
    model: Arc<Model>,
}

impl Tagger {
    /// A tagger with the model that ships inside the binary.
    ///
    /// # Errors
    /// [`Error::Model`] if this build's model is of another format than its code, which CI rules out.
    pub fn shipped() -> Result<Self> {
        Ok(Self::new(Arc::new(Analyzer::new()?), Model::from_bytes(SHIPPED, Path::new(SHIPPED_PATH))?))
    }

    /// A tagger with the model in a folder or file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: &Path) -> Result<Self> {
        let model = Model::load(path)?;
        Ok(Self::new(Arc::new(Analyzer::new()?), model))
    }

    /// A tagger from its parts.
    #[must_use]
    pub fn new(analyzer: Arc<Analyzer>, model: Model) -> Self {
        Self { analyzer, model: Arc::new(model) }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Checks options against the model without tagging.
    ///
    /// # Errors
    /// As [`Tagger::tag`], for `options`.
    pub fn check(&self, options: &Options) -> Result<()> {
        let catalogue = self.model.catalogue();
        for (i, axis) in options.axes.iter().enumerate() {
            catalogue.known(format!("options.axes[{i}]"), axis)?;
        }
        options.check()?;
        check_priors(&options.priors, catalogue)
    }

    /// Tags a document.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an empty text, [`Error::TooLarge`] for one above `options.max_bytes` or a longer title,
    /// [`Error::NotFound`] for an unknown axis.
    pub fn tag(&self, document: &Document, options: &Options) -> Result<Tagging> {
        self.tag_while(document, options, &|| true)
    }

    /// As [`Tagger::tag`], as long as `wanted` says that somebody waits for the answer. It is asked before cleaning and
    /// before each speech.
    ///
    /// # Errors
    /// As [`Tagger::tag`], and [`Error::Interrupted`].
    pub fn tag_while(&self, document: &Document, options: &Options, wanted: &dyn Fn() -> bool) -> Result<Tagging> {
        let go_on = || if wanted() { Ok(()) } else { Err(Error::Interrupted) };
        go_on()?;
        self.check(options)?;
        let title = document.title.as_deref().unwrap_or_default();
        for (field, limit, actual) in
            [("text", options.max_bytes, document.text.len()), ("title", MAX_TITLE_BYTES, title.len())]
        {
            if actual > limit {
                return Err(Error::TooLarge { field: field.to_owned(), limit, actual, unit: "bytes" });
            }
        }
        let begun = Instant::now();
        let prepared = prepare(&document.text, options.clean, options.split);
        let mut times = Times { prepare: begun.elapsed(), ..Times::default() };
        if prepared.text.as_str().trim().is_empty() {
            return Err(Error::invalid("text", "must hold more than white space"));
        }
        let given_title = document.title.as_deref().map(|title| normalize(title).as_str().to_owned());
        let mut speeches = Vec::new();
        let mut title = None;
        for piece in &prepared.pieces {
            match piece.kind {
                PieceKind::Title => title = Some(piece.range.clone()),
                PieceKind::Furniture => {}
                PieceKind::Speech => {
                    go_on()?;
                    let found = title.take();
                    let (speech, [analyze, score]) = self.tag_speech(
                        document,
                        options,
                        &prepared,
                        found,
                        given_title.as_deref(),
                        piece.range.clone(),
                    );
                    times.analyze += analyze;
                    times.score += score;
                    speeches.push(speech);
                }
            }
        }
        let bodies = prepared.pieces.iter().filter(|piece| piece.kind == PieceKind::Speech);
        if options.sketch || speeches.len() > 1 {
            let mut copies = Copies::default();
            for (speech, piece) in speeches.iter_mut().zip(bodies) {
                let sketch = Sketch::of(cut(prepared.text.as_str(), piece.range.clone()));
                speech.duplicate_of = copies.add(&sketch);
                speech.sketch = options.sketch.then_some(sketch);
            }
        }
        Ok(Tagging { speeches, removed: prepared.removed, times })
    }

    /// A tagged speech, and the time of analysing and of scoring it.
    fn tag_speech(
        &self,
        document: &Document,
        options: &Options,
        prepared: &Prepared,
        title: Option<std::ops::Range<usize>>,
        given_title: Option<&str>,
        body: std::ops::Range<usize>,
    ) -> (Speech, [Duration; 2]) {
        let span = |range| prepared.text.span(range);
        let zone = match (&title, given_title) {
            (Some(range), _) => Title::Inside(range.clone()),
            (None, Some(words)) => Title::Given(words),
            (None, None) => Title::None,
        };
        let begun = Instant::now();
        let analysis = self.analyzer.analyze(prepared.text.as_str(), zone, body.clone());
        let analyzed = Instant::now();
        let vocabulary = self.model.vocabulary();
        let (bag, seen) = match options.evidence {
            0 => (vocabulary.bag(&analysis), Vec::new()),
            _ => vocabulary.bag_with_places(&analysis),
        };
        let judge = Judge { tagger: self, options, source: &document.text, prepared, bag: &bag };
        let posteriors = self.model.posteriors(&bag, &options.priors);
        let axes = self.model.columns().zip(&posteriors);
        let axes = axes.filter(|((axis, _), _)| options.axes.is_empty() || options.axes.contains(&axis.id));
        let asked: Vec<_> = axes.map(|((axis, columns), p)| (axis, p, judge.strongest(columns, p))).collect();
        let mut wanted: Vec<u32> =
            asked.iter().flat_map(|(_, _, strongest)| strongest.iter().map(|(f, _)| *f)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let places = if wanted.is_empty() { Vec::new() } else { vocabulary.locate(&seen, &wanted) };
        let place = |feature: u32| places.get(wanted.binary_search(&feature).ok()?)?.as_ref();
        let tags = asked
            .into_iter()
            .map(|(axis, posterior, strongest)| judge.tag(axis, posterior, judge.evidence(strongest, place)))
            .collect();
        let times = [analyzed - begun, analyzed.elapsed()];
        let title = title.map(|range| {
            let span = span(range);
            (span.cut(&document.text).to_owned(), span)
        });
        (Speech { span: span(body), title, duplicate_of: None, sketch: None, tags }, times)
    }
}

/// One speech before the model.
struct Judge<'a> {
    tagger: &'a Tagger,
    options: &'a Options,
    source: &'a str,
    prepared: &'a Prepared,
    bag: &'a Bag,
}

impl Judge<'_> {
    fn tag(&self, axis: &Axis, posterior: &Posterior, evidence: Vec<Evidence>) -> Tag {
        let ranked = || {
            posterior.ranking.iter().filter_map(|i| axis.labels.get(*i).zip(posterior.probabilities.get(*i).copied()))
        };
        let confidence = posterior.confidence();
        let first = ranked().next().map(|(label, _)| label);
        let sure = confidence >= self.options.min_confidence.unwrap_or(axis.threshold);
        let abstained = first.is_none() || !sure;
        Tag {
            axis: axis.id.clone(),
            label: first.filter(|_| !abstained).map(|label| label.id.clone()),
            abstained,
            in_scope: first.is_some_and(|label| label.in_scope),
            confidence: six_digits(confidence),
            log_odds: posterior.log_odds(),
            alternatives: ranked()
                .take(self.options.top_k)
                .map(|(label, confidence)| Alternative { label: label.id.clone(), confidence: six_digits(confidence) })
                .collect(),
            evidence,
        }
    }

    /// The features that speak most for the first-ranked label against the second, each with its weight: a few more than are
    /// asked for, since features of form have no place in the text.
    fn strongest(&self, columns: std::ops::Range<usize>, posterior: &Posterior) -> Vec<(u32, f64)> {
        let [first, second, ..] = *posterior.ranking.as_slice() else { return Vec::new() };
        if self.options.evidence == 0 {
            return Vec::new();
        }
        let scorer = self.tagger.model.scorer();
        let mut weights: Vec<(u32, f64)> = self
            .bag
            .values
            .iter()
            .filter_map(|(feature, value)| {
                let row = scorer.row(*feature).get(columns.clone())?;
                let difference = f64::from(*row.get(first)?) - f64::from(*row.get(second)?);
                Some((*feature, f64::from(*value) * difference / posterior.temperature))
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        let strongest_first = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let wanted = self.options.evidence.saturating_mul(2).saturating_add(8);
        if wanted < weights.len() {
            weights.select_nth_unstable_by(wanted, strongest_first);
            weights.truncate(wanted);
        }
        weights.sort_by(strongest_first);
        weights
    }

    /// Evidence of the features that have a place in the text.
    fn evidence<'p>(&self, strongest: Vec<(u32, f64)>, place: impl Fn(u32) -> Option<&'p Occurrence>) -> Vec<Evidence> {
        strongest
            .into_iter()
            .filter_map(|(feature, weight)| {
                let place = place(feature).filter(|place| !place.range.is_empty())?;
                let span = self.prepared.text.span(place.range.clone());
                let name = self.tagger.model.vocabulary().entries().get(feature as usize)?.feature.to_string();
                Some(Evidence {
                    text: span.cut(self.source).to_owned(),
                    span,
                    feature: name,
                    count: place.count,
                    weight,
                })
            })
            .take(self.options.evidence)
            .collect()
    }
}

/// Six digits are more than a confidence is worth; rounding down keeps sums of probabilities at or below 1.
fn six_digits(confidence: f64) -> f64 {
    (confidence * 1e6).floor() / 1e6
}
