//! A text by its lines, for all who look at them.

use std::cell::OnceCell;

use super::headings::headings;
use super::line::{Line, lines_of};

/// A text with its lines and headings, which are looked for when first asked for.
pub(super) struct Page<'t> {
    pub text: &'t str,
    lines: OnceCell<Vec<Line<'t>>>,
    headings: OnceCell<Vec<usize>>,
}

impl<'t> Page<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, lines: OnceCell::new(), headings: OnceCell::new() }
    }

    /// The lines that are not blank.
    pub fn lines(&self) -> &[Line<'t>] {
        self.lines.get_or_init(|| lines_of(self.text))
    }

    /// Numbers of the lines that are headings of a collection, rising.
    pub fn headings(&self) -> &[usize] {
        self.headings.get_or_init(|| headings(self.lines()))
    }

    pub fn is_heading(&self, line: usize) -> bool {
        self.headings().binary_search(&line).is_ok()
    }
}
