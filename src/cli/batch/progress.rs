//! How far it is, on standard error: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::summary::Summary;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Says things on standard error without tearing the bar. Clones speak to the same one.
#[derive(Clone, Debug)]
pub struct Voice(Option<ProgressBar>);

impl Voice {
    pub fn say(&self, words: impl std::fmt::Display) {
        match &self.0 {
            Some(bar) => bar.println(format!("speechtag: {words}")),
            None => {
                // Nobody may be listening.
                let _ = writeln!(std::io::stderr(), "speechtag: {words}");
            }
        }
    }
}

/// What is shown.
pub struct Progress {
    voice: Voice,
    quiet: bool,
    /// Bytes of the input; 0 if not known.
    total: u64,
    begun: Instant,
    said: Instant,
    /// Records that an earlier run had done.
    done_before: u64,
    /// Bytes of the input at the first word.
    first_position: Option<u64>,
}

impl Progress {
    pub fn new(total: u64, quiet: bool) -> Self {
        let bar = (std::io::stderr().is_terminal() && !quiet).then(|| {
            let bar = if total == 0 { ProgressBar::no_length() } else { ProgressBar::new(total) };
            let template =
                if total == 0 { "{spinner} {elapsed} {msg}" } else { "{bar:30} {percent:>3}% {msg}, {eta} left" };
            bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self {
            voice: Voice(bar),
            quiet,
            total,
            begun: Instant::now(),
            said: Instant::now(),
            done_before: 0,
            first_position: None,
        }
    }

    pub fn voice(&self) -> Voice {
        self.voice.clone()
    }

    /// The work begins, with `done` records done before.
    pub fn begin(&mut self, done: u64) {
        self.begun = Instant::now();
        self.done_before = done;
        if done > 0 && !self.quiet {
            self.voice.say(format!("going on after {done} records"));
        }
    }

    /// So much is done, `position` bytes into the input.
    pub fn update(&mut self, summary: &Summary, position: u64) {
        let first_position = *self.first_position.get_or_insert(position);
        let Summary { records, failed, .. } = summary;
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        let rate = records.saturating_sub(self.done_before) as f64 / seconds;
        let words = format!("{records} records, {failed} failed, {rate:.0}/s");
        if let Some(bar) = &self.voice.0 {
            bar.set_message(words);
            bar.set_position(position.min(self.total));
        } else if !self.quiet && self.said.elapsed() >= BETWEEN_LINES {
            self.said = Instant::now();
            let bytes = position.saturating_sub(first_position) as f64;
            let left = self.total.saturating_sub(position) as f64 * seconds / bytes;
            if left.is_finite() && self.total > 0 {
                let percent = position.saturating_mul(100) / self.total;
                self.voice.say(format!("{words}, {percent}%, {left:.0} s left"));
            } else {
                self.voice.say(words);
            }
        }
    }

    /// The last word.
    pub fn end(&self, summary: &Summary) {
        if let Some(bar) = &self.voice.0 {
            bar.finish_and_clear();
        }
        if !self.quiet {
            let Summary { records, failed, speeches, .. } = summary;
            let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
            let done = records.saturating_sub(self.done_before);
            let rate = done as f64 / seconds;
            self.voice.say(format!(
                "{records} records, {failed} failed, {speeches} speeches; this run {done} in {seconds:.1} s, {rate:.0}/s"
            ));
        }
    }
}
