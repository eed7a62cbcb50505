//! Counts of what was tagged.

use std::collections::BTreeMap;

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};

use super::answer::{Outcome, Tagged};

/// Records, failures, and speeches by label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub records: u64,
    pub failed: u64,
    pub speeches: u64,
    /// Speeches by axis and label; abstentions have the empty label.
    labels: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Summary {
    pub fn add(&mut self, tagged: &Tagged) {
        for outcome in &tagged.outcomes {
            self.records += 1;
            let Outcome::Tagged(tagging) = outcome else {
                self.failed += 1;
                continue;
            };
            for speech in &tagging.speeches {
                self.speeches += 1;
                for tag in &speech.tags {
                    let label = tag.label.as_deref().unwrap_or_default();
                    *self.labels.entry(tag.axis.clone()).or_default().entry(label.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// A table: for every axis, its labels from the most frequent to the least.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["axis", "label", "speeches", "share"]);
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        for (axis, counts) in &self.labels {
            let mut counts: Vec<_> = counts.iter().collect();
            counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            for (label, count) in counts {
                let label = if label.is_empty() { "(abstained)" } else { label };
                let percent = *count as f64 * 100.0 / self.speeches.max(1) as f64;
                table.add_row([
                    Cell::new(axis),
                    Cell::new(label),
                    right(count.to_string()),
                    right(format!("{percent:.1}%")),
                ]);
            }
        }
        table
    }
}
