//! HTML pages to text.
//!
//! html5gum reads the markup by the WHATWG rules and says where every token stands. Text stays; an element that begins or
//! ends a paragraph becomes a line break (its `<` turns into one, so the way back holds); everything else goes: markup,
//! comments, scripts, styles, the head, forms, and lines that are nothing but links.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::aligned::{AlignedText, Original, SourcePosition};

/// Elements that no text of a page stands in.
const SKIPPED: [&[u8]; 12] = [
    b"head",
    b"script",
    b"style",
    b"noscript",
    b"template",
    b"iframe",
    b"select",
    b"textarea",
    b"button",
    b"svg",
    b"nav",
    b"footer",
];
/// Elements inside a line; any other begins and ends one.
const INLINE: [&[u8]; 27] = [
    b"a", b"abbr", b"b", b"bdo", b"big", b"cite", b"code", b"em", b"font", b"i", b"img", b"ins", b"label", b"o:p",
    b"q", b"rt", b"ruby", b"s", b"small", b"span", b"strike", b"strong", b"sub", b"sup", b"tt", b"u", b"wbr",
];
/// Tags by which a page is known; anything else in angle brackets may be prose.
const KNOWN: [&str; 11] =
    ["<!doctype html", "<html", "<body", "<p>", "<p ", "<br", "<div", "<span", "</p>", "<td", "<table"];
/// A line of links is at most this long; a longer one is prose in which all is linked.
const LINK_LINE_MAX_CHARS: usize = 60;

/// What the tokenizer saw.
enum Token {
    Open(Vec<u8>),
    Close(Vec<u8>),
    Text(String),
    Other,
}

/// Whether a text is a page in HTML, or a piece of one.
pub(crate) fn is_markup(text: &str) -> bool {
    let known = |from: usize| {
        text.as_bytes().get(from..).is_some_and(|rest| {
            KNOWN
                .iter()
                .any(|tag| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes())))
        })
    };
    text.match_indices('<').filter(|(at, _)| known(*at)).nth(1).is_some()
}

/// The text of a page; nothing if none is left.
pub(crate) fn to_text(page: &AlignedText) -> Option<AlignedText> {
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        let token = match event {
            CallbackEvent::OpenStartTag { name } => Token::Open(name.to_ascii_lowercase()),
            CallbackEvent::EndTag { name } => Token::Close(name.to_ascii_lowercase()),
            CallbackEvent::String { value } => Token::Text(String::from_utf8_lossy(value).into_owned()),
            CallbackEvent::CloseStartTag { .. } | CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => {
                Token::Other
            }
            CallbackEvent::AttributeName { .. } | CallbackEvent::AttributeValue { .. } | CallbackEvent::Error(_) => {
                return None;
            }
        };
        Some((token, span))
    });
    emitter.naively_switch_states(true);
    let mut reader = Reader { page, chars: page.chars().peekable(), lines: Lines::default() };
    let (mut skipping, mut linking) = (None::<Vec<u8>>, false);
    for (token, span) in Tokenizer::new_with_emitter(page.as_str(), emitter).flatten() {
        let after = (!matches!(token, Token::Text(_))).then_some(span.end);
        match token {
            Token::Open(name) if skipping.is_none() => {
                linking |= name == b"a";
                if !INLINE.contains(&name.as_slice()) {
                    reader.line_break(span.start);
                }
                if SKIPPED.contains(&name.as_slice()) {
                    skipping = Some(name);
                }
            }
            Token::Close(name) if skipping.as_ref().is_none_or(|s| *s == name) => {
                linking &= name != b"a";
                if skipping.take().is_none() && !INLINE.contains(&name.as_slice()) {
                    reader.line_break(span.start);
                }
            }
            Token::Text(text) if skipping.is_none() => reader.text(&text, linking),
            Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::Other => {}
        }
        if let Some(after) = after {
            reader.skip_to(after);
        }
    }
    let text = reader.lines.finish();
    (!text.as_str().trim().is_empty()).then_some(text)
}

/// Walks the page beside the tokens.
struct Reader<'p, I: Iterator<Item = (usize, char, Original)>> {
    page: &'p AlignedText,
    chars: std::iter::Peekable<I>,
    lines: Lines,
}

impl<I: Iterator<Item = (usize, char, Original)>> Reader<'_, I> {
    fn skip_to(&mut self, at: usize) {
        while self.chars.next_if(|(place, ..)| *place < at).is_some() {}
    }

    /// The `<` of a tag becomes a line break.
    fn line_break(&mut self, at: usize) {
        self.skip_to(at);
        if let Some((_, _, original)) = self.chars.next() {
            self.lines.end(original);
        }
    }

    /// Finds the characters of a token's text on the page, where some are written as entities. White space of the markup
    /// is not text.
    fn text(&mut self, text: &str, linked: bool) {
        let mut left = text.chars();
        while let Some(wanted) = left.clone().next() {
            let Some((at, c, original)) = self.chars.next() else { return };
            let entity = if c == '&' { self.entity(at, left.as_str()) } else { None };
            if let Some((written, len)) = entity {
                let mut end = original;
                while let Some((_, _, next)) = self.chars.next_if(|(place, ..)| *place < at + len) {
                    end = next;
                }
                let len = SourcePosition {
                    byte: end.at.byte + end.len.byte - original.at.byte,
                    code_point: end.at.code_point + end.len.code_point - original.at.code_point,
                };
                if let Some(c) = written.chars().next() {
                    self.lines.push(c, Original { at: original.at, len }, linked);
                }
                left = left.as_str().get(written.len()..).unwrap_or_default().chars();
            } else if c == wanted || c == '\r' && wanted == '\n' {
                left.next();
                if matches!(c, '\n' | '\r' | '\t') {
                    self.lines.blank(original);
                } else {
                    self.lines.push(c, original, linked);
                }
            }
        }
    }

    /// The entity at byte `at` of the page: what it says, if `text` goes on with that, and its length in bytes.
    fn entity(&self, at: usize, text: &str) -> Option<(String, usize)> {
        let rest = self.page.as_str().get(at..)?;
        let name = rest.bytes().skip(1).take(32).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count() + 1;
        let len = name + usize::from(rest.as_bytes().get(name) == Some(&b';'));
        let said: String = Tokenizer::new(rest.get(..len)?)
            .flatten()
            .filter_map(|token| match token {
                html5gum::Token::String(said) => Some(String::from_utf8_lossy(&said).into_owned()),
                _ => None,
            })
            .collect();
        (said.len() < len && text.starts_with(&said)).then_some((said, len))
    }
}

/// The text so far, line by line.
#[derive(Default)]
struct Lines {
    done: AlignedText,
    line: Vec<(char, Original)>,
    linked: usize,
    blank: Option<Original>,
}

impl Lines {
    fn push(&mut self, c: char, original: Original, linked: bool) {
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

    fn blank(&mut self, original: Original) {
        self.blank.get_or_insert(original);
    }

    fn end(&mut self, line_break: Original) {
        self.flush();
        self.done.push('\n', line_break);
    }

    fn flush(&mut self) {
        let words = self.line.iter().filter(|(c, _)| c.is_alphanumeric()).count();
        let sentence = self.line.last().is_some_and(|(c, _)| matches!(c, '。' | '，' | '；' | '：' | '！' | '？'));
        let links = words > 0 && words <= LINK_LINE_MAX_CHARS && self.linked * 10 >= words * 9 && !sentence;
        for (c, original) in self.line.drain(..).filter(|_| !links) {
            self.done.push(c, original);
        }
        self.linked = 0;
        self.blank = None;
    }

    fn finish(mut self) -> AlignedText {
        self.flush();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html><html><head><title>标题_某网</title><style>p { a > b }</style></head><body>\n<ul><li><a href='/'>首页</a>\n<li><a href='/2'>讲话</a></ul><script>if (a<b) document.write('<p>广告</p>')</script><!-- 正文 --><div><P>同志们&#65306;</P>\n<p>&nbsp;今天开会，讲<b>3</b>点&ldquo;意\n见&rdquo;。<br/>R&amp;D 与 AT&T</p></div>";

    #[test]
    fn text_stays_and_knows_its_place() {
        let text = to_text(&AlignedText::from_source(PAGE)).unwrap();
        let lines: Vec<&str> = text.as_str().split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["同志们：", "今天开会，讲3点“意见”。", "R&D 与 AT&T"]);
        for (words, source) in
            [("讲3", "讲<b>3"), ("们：", "们&#65306;"), ("“意见”", "&ldquo;意\n见&rdquo;"), ("AT&T", "AT&T")]
        {
            let at = text.as_str().find(words).unwrap();
            assert_eq!(text.span(at..at + words.len()).cut(PAGE), source);
        }
    }

    #[test]
    fn angle_brackets_alone_are_no_markup() {
        assert!(is_markup(PAGE) && is_markup("<p>同志们</p>"));
        for prose in ["增长<3%,利润>5%", "<关于春耕的通知>和<关于防汛的通知>", "a<b", "<<<<"] {
            assert!(!is_markup(prose));
        }
    }
}
