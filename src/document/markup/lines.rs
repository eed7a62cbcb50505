//! The lines of a page, of which those that are nothing but links go.

use crate::document::aligned::{AlignedText, Original};

/// A line of links is at most this long; a longer one is prose in which all is linked.
const LINK_LINE_MAX_CHARS: usize = 60;

/// The text so far, line by line.
#[derive(Default)]
pub(super) struct Lines {
    done: AlignedText,
    line: Vec<(char, Original)>,
    linked: usize,
    blank: Option<Original>,
    /// Within a heading, which is one even if all of it is a link.
    pub heading: bool,
}

impl Lines {
    pub fn push(&mut self, c: char, original: Original, linked: bool) {
        // A line break of the markup parts words only where they are not Chinese.
        if let Some(blank) = self.blank.take()
            && c.is_ascii_alphanumeric()
            && self.line.last().is_some_and(|(last, _)| last.is_ascii_alphanumeric())
        {
            self.line.push((' ', blank));
        }
        self.linked += usize::from(linked && c.is_alphanumeric());
        self.line.push((c, original));
    }

    /// Whether nothing stands in the line so far.
    pub fn is_empty(&self) -> bool {
        self.line.iter().all(|(c, _)| c.is_whitespace())
    }

    pub fn blank(&mut self, original: Original) {
        self.blank.get_or_insert(original);
    }

    pub fn end(&mut self, line_break: Original) {
        self.flush();
        self.done.push('\n', line_break);
    }

    fn flush(&mut self) {
        let words = self.line.iter().filter(|(c, _)| c.is_alphanumeric()).count();
        let sentence = self.line.last().is_some_and(|(c, _)| matches!(c, '。' | '，' | '；' | '：' | '！' | '？'));
        let links =
            !self.heading && words > 0 && words <= LINK_LINE_MAX_CHARS && self.linked * 10 >= words * 9 && !sentence;
        for (c, original) in self.line.drain(..).filter(|_| !links) {
            self.done.push(c, original);
        }
        self.linked = 0;
        self.blank = None;
    }

    pub fn finish(mut self) -> AlignedText {
        self.flush();
        self.done
    }
}
