//! Front matter: the fields that Markdown pages carry above their text, between two lines of dashes.

use super::Found;
use crate::document::page::Page;
use crate::document::{cut, lines};

/// More lines than this are text between two rulers.
const MAX_LINES: usize = 60;

/// Front matter, if the text begins with it.
pub(super) fn find(page: &Page) -> Vec<Found> {
    let text = page.text;
    let mut lines = lines(text).skip_while(|line| cut(text, line.clone()).trim().is_empty());
    let is_ruler = |line: &str| line.trim_end() == "---";
    let Some(first) = lines.next().filter(|line| is_ruler(cut(text, line.clone()))) else { return Vec::new() };
    for line in lines.take(MAX_LINES) {
        let words = cut(text, line.clone());
        if is_ruler(words) {
            return vec![Found { range: first.start..line.end, rule: "front_matter" }];
        }
        if !is_field(words) {
            break;
        }
    }
    Vec::new()
}

/// Whether a line is a field (`title: …`), an item of a list (`- …`), or blank.
fn is_field(line: &str) -> bool {
    let words = line.trim();
    let name = words.split(':').next().unwrap_or_default();
    let named = name.len() < words.len() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    words.is_empty() || words.starts_with("- ") || named && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_between_rulers_go_and_prose_stays() {
        let page = "---\ntitle: 讲话\ntags:\n  - 春灌\ndate: 2003-03-02\n---\n同志们:";
        let found = find(&Page::new(page));
        assert_eq!(
            found.iter().map(|found| cut(page, found.range.clone())).collect::<String>(),
            page.replace("同志们:", "")
        );
        for text in ["---\n同志们:\n---\n", "---\ntitle: 讲话\n", "title: 讲话\n---\n", "---"] {
            assert!(find(&Page::new(text)).is_empty(), "{text}");
        }
    }
}
