//! book comes
#![forbid(unsafe_code)]
pub mod cli;
pub mod document;
mod error;
pub mod features;
pub mod model;
pub mod service;
mod tagger;
pub use document::Span;
pub use error::{Error, Result};
pub use model::Model;
pub use tagger::*;
