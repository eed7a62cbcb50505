//! speechtag reads Chinese official texts and tags each with its *document type*, the *speaker's level* and its *topic*.
//!
//! This page walks one document through the house. Each room is a module; nothing looks back upstairs.
//!
//! ```text
//! bytes ─▶ decode ─▶ normalise ─▶ clean ─▶ split ─▶ segment ─▶ features ─▶ naive Bayes ─▶ calibrate ─▶ tags + evidence
//!          └──────────── document ────────────┘    └─── features ───┘     └──────── model ───────┘    └─ tagger
//! ```
//!
//! 1. [`document`]: bytes become text ([`document::decode`]), one spelling ([`document::normalize`]), page noise goes
//!    ([`document::clean`]), one file becomes its speeches ([`document::split`]). Every step keeps the way back to the source
//!    ([`document::AlignedText`]).
//! 2. [`features`]: a speech becomes words, pairs, zones and cues ([`features::Analyzer`]) and, through a
//!    [`features::Vocabulary`], a bag of weighted features.
//! 3. [`model`]: a [`Model`] scores the bag by naive Bayes, one per axis, and turns scores into calibrated probabilities.
//!    [`model::train`] makes models from labelled texts through linfa-bayes.
//! 4. [`Tagger`] is the only door: it knows no transport. [`service`] and [`cli`] stand outside and hand documents in.
//!
//! For most programs this is the whole library:
//!
//! ```
//! use speechtag::{Document, Options, Tagger};
//!
//! let tagger = Tagger::shipped()?;
//! let document = Document::new("同志们：今天我们召开全县春季农业生产动员会，主要任务是安排部署当前的春耕备耕工作。各乡镇务必抓好落实。");
//! let tagging = tagger.tag(&document, &Options { evidence: 3, ..Options::default() })?;
//! for tag in &tagging.speeches[0].tags {
//!     println!("{}: {:?} ({:.2})", tag.axis, tag.label, tag.confidence);
//!     for evidence in &tag.evidence {
//!         assert_eq!(evidence.text, evidence.span.cut(&document.text));
//!     }
//! }
//! # Ok::<(), speechtag::Error>(())
//! ```

mod answer;
pub mod cli;
pub mod document;
mod error;
pub mod features;
pub mod model;
pub mod noise;
pub mod service;
mod tagger;

pub use answer::{Alternative, Evidence, Speech, Tag, Tagging, Times};
pub use document::Span;
pub use error::{Error, Result};
pub use model::Model;
pub use tagger::{DEFAULT_MAX_BYTES, Document, Options, Tagger};
