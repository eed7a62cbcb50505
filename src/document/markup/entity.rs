//! Characters that a page writes by name or number: `&ldquo;`, `&#65306;`, `&nbsp` without its semicolon.

use html5gum::{Token, Tokenizer};

use crate::document::aligned::AlignedText;

/// The longest name in HTML has 31 letters.
const MAX_NAME_BYTES: usize = 32;

/// The entity that `rest` begins with: what it says, and its length in bytes.
pub(super) fn entity(rest: &str) -> Option<(String, usize)> {
    let name = rest.bytes().skip(1).take(MAX_NAME_BYTES);
    let name = 1 + name.take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    let run = name + usize::from(rest.as_bytes().get(name) == Some(&b';'));
    // The longest name wins (`&notin;` is not `&not`), and letters and digits that follow it are text: `&nbsp2023年`. So
    // what the whole run says tells how far the name goes.
    let run = rest.get(..run)?;
    let all = said(run).filter(|all| all != run)?;
    let (said, len) = (2..=run.len()).find_map(|len| {
        let written = rest.get(..len)?;
        said(written).filter(|said| said != written && all.starts_with(said.as_str())).map(|said| (said, len))
    })?;
    Some((said, len + usize::from(rest.as_bytes().get(len) == Some(&b';'))))
}

fn said(written: &str) -> Option<String> {
    Tokenizer::new(written).flatten().find_map(|token| match token {
        Token::String(said) => Some(String::from_utf8_lossy(&said).into_owned()),
        _ => None,
    })
}

/// A text without tags whose entities are resolved; nothing if it has none. Only a semicolon makes one here: in an address,
/// `&copy=1` is no ©.
pub(crate) fn resolve(text: &AlignedText) -> Option<AlignedText> {
    let found = |at: usize| {
        let (said, len) = entity(text.as_str().get(at..)?)?;
        let whole = text.as_str().get(at..at + len)?.ends_with(';');
        said.chars().next().filter(|_| whole).map(|c| (c, len))
    };
    let mut entities = text.as_str().match_indices('&').filter_map(|(at, _)| Some((at, found(at)?))).peekable();
    entities.peek()?;
    let mut out = AlignedText::with_capacity(text.as_str().len());
    let mut chars = text.chars().peekable();
    while let Some((at, c, original)) = chars.next() {
        let Some((_, (said, len))) = entities.next_if(|(place, _)| *place == at) else {
            out.push(c, original);
            continue;
        };
        let mut end = original;
        while let Some((_, _, next)) = chars.next_if(|(place, ..)| *place < at + len) {
            end = next;
        }
        out.push(said, original.to(end));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_its_character_does() {
        for (rest, said, len) in [
            ("&nbsp2023年", "\u{a0}", 5),
            ("&copy2023", "©", 5),
            ("&nbsp;县", "\u{a0}", 6),
            ("&notin;", "∉", 7),
            ("&notit;", "¬", 4),
            ("&#65306;今天", "：", 8),
            ("&#x4e2d国", "中", 7),
            ("&nGt;", "≫⃒", 5),
        ] {
            assert_eq!(entity(rest), Some((said.to_owned(), len)), "{rest}");
        }
        for none in ["&", "& 县", "&县;", "&xyz;", "&#;"] {
            assert_eq!(entity(none), None, "{none}");
        }
    }

    #[test]
    fn entities_of_a_text_without_tags_know_their_place() {
        let source = "同志们：&nbsp;&nbsp;今天讲&ldquo;三农&rdquo;。见 a?x=1&copy=2 与 R&D";
        let text = resolve(&AlignedText::from_source(source)).unwrap();
        assert_eq!(text.as_str(), "同志们：\u{a0}\u{a0}今天讲“三农”。见 a?x=1&copy=2 与 R&D");
        let at = text.as_str().find('“').unwrap();
        assert_eq!(text.span(at..at + "“三农”".len()).cut(source), "&ldquo;三农&rdquo;");
        assert!(resolve(&AlignedText::from_source("R&D 与 AT&T")).is_none());
    }
}
