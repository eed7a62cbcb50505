//! Tagging in this process, on all processors.

use std::sync::Arc;

use rayon::prelude::*;
use tokio::sync::mpsc::{Receiver, Sender};

use super::answer::{Failure, Outcome, Tagged};
use crate::cli::asked::Fields;
use crate::cli::input::{Record, Segment};
use crate::cli::output::Identity;
use crate::{Options, Result, Tagger};

/// A tagger and what is asked of it.
pub struct Local {
    tagger: Tagger,
    options: Options,
    fields: Fields,
    model: Arc<Identity>,
}

impl Local {
    /// # Errors
    /// If the options don't fit the model.
    pub fn new(tagger: Tagger, options: Options, fields: Fields) -> Result<Self> {
        tagger.check(&options)?;
        let model = Arc::new(Identity::of(tagger.model()));
        Ok(Self { tagger, options, fields, model })
    }

    pub fn model(&self) -> &Arc<Identity> {
        &self.model
    }

    /// All axes of the model, in its order.
    pub fn axes(&self) -> Vec<String> {
        self.tagger.model().catalogue().axes.iter().map(|axis| axis.id.clone()).collect()
    }

    /// Tags segments as they come, in order, until there are no more or nobody takes them.
    pub fn run(&self, mut segments: Receiver<Segment>, tagged: &Sender<Tagged>) {
        while let Some(segment) = segments.blocking_recv() {
            let outcomes = segment.records.par_iter().map(|record| self.tag(record)).collect();
            if tagged.blocking_send(Tagged::new(segment, outcomes, Arc::clone(&self.model))).is_err() {
                break;
            }
        }
    }

    fn tag(&self, record: &Record) -> Outcome {
        if let Some(fault) = &record.fault {
            return Outcome::Failed(Failure::from(fault));
        }
        let tagging = self.tagger.tag(&record.document(&self.fields), &self.options);
        tagging.map_or_else(|error| Outcome::Failed(Failure::from(&error)), Outcome::Tagged)
    }
}
