//! Texts with a part missing.

use super::collection::greets;
use crate::document::{PieceKind, prepare};

/// What is taken from a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The second half is gone.
    FirstHalf,
    /// The first half is gone, and with it title and greeting.
    SecondHalf,
    /// The title is gone.
    Title,
    /// The greeting is gone: every line up to the tenth that greets an audience.
    Greeting,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::FirstHalf, Self::SecondHalf, Self::Title, Self::Greeting];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstHalf => "first half only 只有前半",
            Self::SecondHalf => "second half only 只有后半",
            Self::Title => "no title 无标题",
            Self::Greeting => "no greeting 无称呼",
        }
    }

    /// What is left of `text`.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        let half = text.chars().count() / 2;
        match self {
            Self::FirstHalf => text.chars().take(half).collect(),
            Self::SecondHalf => text.chars().skip(half).collect(),
            Self::Title => {
                let prepared = prepare(text, true, false);
                let title = prepared.pieces.iter().find(|piece| piece.kind == PieceKind::Title);
                let end = title.and_then(|piece| prepared.text.code_points(piece.range.clone()).last());
                text.chars().skip(end.map_or(0, |last| last + 1)).collect()
            }
            Self::Greeting => {
                let kept = text.lines().enumerate().filter(|(i, line)| *i >= 10 || !greets(line)).map(|(_, line)| line);
                kept.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_gone_and_the_rest_stays() {
        let text = "在全县春耕工作会议上的讲话\n同志们：\n今天我们开会部署春耕。\n一、抓紧备种。\n二、管好用水。";
        assert_eq!(Cut::Title.apply(text).trim_start().chars().next(), Some('同'));
        assert!(!Cut::Greeting.apply(text).contains("同志们") && Cut::Greeting.apply(text).contains("今天"));
        assert_eq!(Cut::FirstHalf.apply(text) + &Cut::SecondHalf.apply(text), text);
    }
}
