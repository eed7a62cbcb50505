//! HTML pages to text.
//!
//! html5gum reads the markup by the WHATWG rules and says where every token stands. Text stays; an element that begins or
//! ends a paragraph becomes a line break (its `<` turns into one, so the way back holds); everything else goes: markup,
//! comments, titles, scripts, styles, menus, buttons, and lines that are nothing but links. An element that is never
//! closed takes nothing with it.

mod entity;
mod lines;

use std::iter::Peekable;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::aligned::{AlignedText, Original};
use entity::entity;
pub(crate) use entity::resolve;
use lines::Lines;

/// Elements that no text of a page stands in. The head needs no mention: its text stands in these.
const SKIPPED: [&str; 12] = [
    "title", "script", "style", "noscript", "template", "iframe", "select", "textarea", "button", "svg", "nav",
    "footer",
];
/// Elements in which tags are text, up to their end.
const RAW: [&str; 8] = ["title", "script", "style", "noscript", "iframe", "textarea", "xmp", "noembed"];
/// Elements inside a line; any other begins and ends one. So do not those of Word either, whose names have a colon.
const INLINE: [&str; 30] = [
    "a", "abbr", "b", "bdo", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "label", "mark", "q", "rp",
    "rt", "ruby", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr",
];
/// Elements that end a line and have no end of their own.
const VOID: [&str; 2] = ["br", "hr"];
/// Elements in which a line break is one.
const LINED: [&str; 2] = ["pre", "xmp"];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// Tags by which a page is known; anything else in angle brackets may be prose.
const KNOWN: [&str; 11] =
    ["<!doctype html", "<html", "<body", "<p>", "<p ", "<br", "<div", "<span", "</p>", "<td", "<table"];

/// What the tokenizer saw.
enum Token {
    Open(String),
    /// An attribute by which an anchor is a link.
    Href,
    /// The end of a start tag, and whether it says that the element is empty.
    Opened(bool),
    Close(String),
    Text(String),
    Other,
}

/// Whether a text is a page in HTML, or a piece of one.
pub(crate) fn is_markup(text: &str) -> bool {
    let known = |at: &usize| KNOWN.iter().any(|tag| begins(text, *at, tag));
    text.match_indices('<').filter(|(at, _)| known(at)).nth(1).is_some()
}

fn begins(text: &str, at: usize, with: &str) -> bool {
    text.as_bytes().get(at..at + with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
}

/// The text of a page; nothing if none is left.
pub(crate) fn to_text(page: &AlignedText) -> Option<AlignedText> {
    let walk = walked(page, false);
    // A plain text with a few tags in it: its lines are those that it is written in. Markup may be wrapped once or twice in
    // a paragraph.
    let walk = if walk.line_breaks > 2 * walk.blocks { walked(page, true) } else { walk };
    let text = walk.lines.finish();
    (!text.as_str().trim().is_empty()).then_some(text)
}

/// The tokens of `page` from byte `from`, where text stands.
fn tokens(page: &str, from: usize) -> impl Iterator<Item = (Token, Span<usize>)> {
    let name = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase();
    let mut emitter = CallbackEmitter::new(move |event: CallbackEvent<'_>, span: Span<usize>| {
        let token = match event {
            CallbackEvent::OpenStartTag { name: tag } => Token::Open(name(tag)),
            CallbackEvent::AttributeName { name } if name.eq_ignore_ascii_case(b"href") => Token::Href,
            CallbackEvent::CloseStartTag { self_closing } => Token::Opened(self_closing),
            CallbackEvent::EndTag { name: tag } => Token::Close(name(tag)),
            CallbackEvent::String { value } => Token::Text(String::from_utf8_lossy(value).into_owned()),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => Token::Other,
            CallbackEvent::AttributeName { .. } | CallbackEvent::AttributeValue { .. } | CallbackEvent::Error(_) => {
                return None;
            }
        };
        Some((token, Span { start: from + span.start, end: from + span.end }))
    });
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(page.get(from..).unwrap_or_default(), emitter).flatten()
}

/// Walks `page`; `lined` if its line breaks are line breaks everywhere.
fn walked(page: &AlignedText, lined: bool) -> Walk<'_, impl Iterator<Item = (usize, char, Original)>> {
    let mut walk = Walk {
        page,
        ends: last_ends(page.as_str()),
        chars: page.chars().peekable(),
        lines: Lines::default(),
        skipped: None,
        last: String::new(),
        link: None,
        lined: usize::from(lined),
        blocks: 0,
        line_breaks: 0,
    };
    let mut left = tokens(page.as_str(), 0).peekable();
    while let Some((token, span)) = left.next() {
        match token {
            Token::Open(name) => {
                walk.open(&name, span.start);
                walk.last = name;
            }
            Token::Href if walk.last == "a" && walk.skipped.is_none() => walk.link = Some(0),
            Token::Opened(empty) => {
                let raw = RAW.contains(&walk.last.as_str());
                if raw && !walk.is_closed(&walk.last, span.start) {
                    left = tokens(page.as_str(), span.end).peekable();
                } else if empty && !raw && walk.skipped.as_ref() == Some(&walk.last) {
                    walk.skipped = None;
                }
            }
            Token::Close(name) => walk.close(&name, span.start),
            Token::Text(text) => {
                let end = left.peek().map_or(page.as_str().len(), |(_, next)| next.start);
                walk.text(&text, end);
                continue;
            }
            Token::Href | Token::Other => {}
        }
        walk.skip_to(span.end);
    }
    walk
}

/// Where each of the elements that hide text ends for the last time.
fn last_ends(page: &str) -> Vec<(&'static str, usize)> {
    let names = || SKIPPED.into_iter().chain(RAW);
    let ends = page.match_indices("</").filter_map(|(at, _)| {
        let after = |name: &str| page.as_bytes().get(at + 2 + name.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
        Some((names().find(|name| begins(page, at + 2, name) && after(name))?, at))
    });
    let mut last: Vec<(&'static str, usize)> = Vec::new();
    for (name, at) in ends {
        match last.iter_mut().find(|(known, _)| *known == name) {
            Some((_, end)) => *end = at,
            None => last.push((name, at)),
        }
    }
    last
}

/// A walk over the characters of a page beside its tokens.
struct Walk<'p, I: Iterator<Item = (usize, char, Original)>> {
    page: &'p AlignedText,
    ends: Vec<(&'static str, usize)>,
    chars: Peekable<I>,
    lines: Lines,
    /// The element whose text is not read.
    skipped: Option<String>,
    /// The last start tag.
    last: String,
    /// Within a link: how many blocks have begun there. The end of any other block ends the link, too.
    link: Option<usize>,
    /// In how many elements we are where a line break is one.
    lined: usize,
    /// Lines that tags end, and line breaks within text.
    blocks: usize,
    line_breaks: usize,
}

impl<I: Iterator<Item = (usize, char, Original)>> Walk<'_, I> {
    fn is_closed(&self, name: &str, at: usize) -> bool {
        self.ends.iter().any(|(known, end)| *known == name && *end > at)
    }

    fn open(&mut self, name: &str, at: usize) {
        self.end_unclosed(at);
        if self.skipped.is_some() {
            return;
        }
        // What a page says is prose; what it does, and draws, is none without an end tag either.
        if SKIPPED.contains(&name) && (self.is_closed(name, at) || matches!(name, "script" | "style" | "svg")) {
            self.skipped = Some(name.to_owned());
        } else if name == "a" {
            self.link = None;
        } else if !is_inline(name) && !VOID.contains(&name) {
            self.link = self.link.map(|blocks| blocks + 1);
        }
        self.tag(name, at);
        self.lines.heading |= HEADINGS.contains(&name);
        self.lined += usize::from(LINED.contains(&name));
    }

    fn close(&mut self, name: &str, at: usize) {
        self.end_unclosed(at);
        if let Some(skipped) = &self.skipped {
            if skipped == name {
                self.skipped = None;
            }
            return;
        }
        if name == "a" {
            self.link = None;
        } else if !is_inline(name) {
            self.link = self.link.and_then(|blocks| blocks.checked_sub(1));
        }
        self.tag(name, at);
        self.lines.heading &= !HEADINGS.contains(&name);
        self.lined = self.lined.saturating_sub(usize::from(LINED.contains(&name)));
    }

    /// An element without an end tag is skipped up to the next tag.
    fn end_unclosed(&mut self, at: usize) {
        if self.skipped.as_ref().is_some_and(|name| !self.is_closed(name, at.saturating_sub(1))) {
            self.skipped = None;
        }
    }

    /// The `<` of a tag becomes a line break, unless the tag stands inside a line.
    fn tag(&mut self, name: &str, at: usize) {
        if is_inline(name) {
            return;
        }
        self.blocks += usize::from(!self.lines.is_empty());
        self.skip_to(at);
        if let Some((_, _, original)) = self.chars.next() {
            self.lines.end(original);
        }
    }

    fn skip_to(&mut self, at: usize) {
        while self.chars.next_if(|(place, ..)| *place < at).is_some() {}
    }

    /// Finds the characters of a token's text on the page, before byte `end`; some are written as entities.
    fn text(&mut self, text: &str, end: usize) {
        if self.skipped.is_some() {
            return;
        }
        let written = text.trim().lines().filter(|line| !line.trim().is_empty()).count();
        self.line_breaks += written.saturating_sub(1);
        let mut left = text.chars();
        while let Some(wanted) = left.clone().next() {
            let Some((at, c, original)) = self.chars.next_if(|(at, ..)| *at < end) else { return };
            let rest = if c == '&' { self.page.as_str().get(at..).unwrap_or_default() } else { "" };
            if let Some((said, len)) = entity(rest).filter(|(said, _)| left.as_str().starts_with(said.as_str())) {
                let mut last = original;
                while let Some((_, _, next)) = self.chars.next_if(|(place, ..)| *place < at + len) {
                    last = next;
                }
                if let Some(c) = said.chars().next() {
                    self.lines.push(c, original.to(last), self.link.is_some());
                }
                left = left.as_str().get(said.len()..).unwrap_or_default().chars();
            // html5gum, as HTML wants it, reads a line end as `\n` and in titles a NUL as U+FFFD.
            } else if c == wanted || (c, wanted) == ('\r', '\n') || (c, wanted) == ('\0', '\u{fffd}') {
                left.next();
                match wanted {
                    '\n' if self.lined > 0 => self.lines.end(original),
                    // White space of the markup is not text.
                    '\n' | '\r' | '\t' => self.lines.blank(original),
                    _ => self.lines.push(c, original, self.link.is_some()),
                }
            }
        }
    }
}

fn is_inline(name: &str) -> bool {
    INLINE.contains(&name) || name.contains(':')
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

    fn lines_of(page: &str) -> Vec<String> {
        let text = to_text(&AlignedText::from_source(page)).map(|text| text.as_str().to_owned()).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn an_element_without_end_takes_nothing_with_it() {
        let (first, second) = ("各位代表，现在报告工作。", "请予审议。");
        for before in [
            "<html><head><meta charset=utf-8><title>报告</title><body>",
            "<body><svg class='icon'/>",
            "<body><svg class='icon'/><svg><text>图</text></svg>",
            "<body><nav>",
            "<body><footer>",
            "<body><SELECT>",
            "<body><button type=button>",
            "<body><textarea>",
            "<body><script src='a.js'>",
            "<body><script>if (a < b) { go() }",
            "<body><style>p { margin: 0 }",
            "<body><nav><a href='/'>首页</a></nav><script>a<b</script>",
        ] {
            assert_eq!(lines_of(&format!("{before}<p>{first}</p><p>{second}</p>")), [first, second], "{before}");
        }
        assert_eq!(lines_of("<title>关于防汛工作的报告<body><p>请予审议。</p>"), ["关于防汛工作的报告", "请予审议。"]);
    }

    #[test]
    fn line_breaks_of_plain_text_stay() {
        let text = "同志们：\n今天讲三点。\r\n一、抓春耕\n二、抓防汛\n三、抓安全";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines_of(&format!("<html><body>{text}</body></html>")), lines);
        assert_eq!(
            lines_of(&format!("<div><p>通知</p><p>各镇：</p><pre>{text}</pre><p>此致</p><br>\n</div>"))[2..7],
            lines
        );
        assert_eq!(lines_of("<div>\n<p>请各镇\n认真落实。</p>\n\n</div>"), ["请各镇认真落实。"]);
    }

    #[test]
    fn only_lines_of_links_go() {
        for (page, lines) in [
            ("<p><a name='_Toc1'>一、提高认识</a></p><p>要认真。</p>", &["一、提高认识", "要认真。"][..]),
            ("<div><a name=top><p>一、提高认识</p><p>要认真。</p></div>", &["一、提高认识", "要认真。"]),
            ("<h1><a href='1.html'>春耕工作讲话</a></h1><p>要认真。</p>", &["春耕工作讲话", "要认真。"]),
            ("<p><a href='#'>返回</p><p>一、提高认识</p>", &["一、提高认识"]),
            ("<div><a href='/'><div>首页</div><div>讲话</div></a></div><p>要认真。</p>", &["要认真。"]),
            ("<p><a name=a href='/'>首页</a> | <a href='/2'>讲话</a></p><p>要认真。</p>", &["要认真。"]),
        ] {
            assert_eq!(lines_of(page), lines, "{page}");
        }
    }

    #[test]
    fn words_are_read_as_a_browser_reads_them() {
        for (page, lines) in [
            ("<p>截至&nbsp2023年，&copy2023，&ldquo;三农&rdquo;</p>", &["截至\u{a0}2023年，©2023，“三农”"][..]),
            (
                "<p>在<st1:City w:st='on'>青山市</st1:City>，<mark>增长</mark><del>3</del><ins>4</ins>%</p>",
                &["在青山市，增长34%"],
            ),
            ("<p>盼<ruby>复<rp>（</rp><rt>fu</rt><rp>）</rp></ruby>，<time>三月</time>前</p>", &["盼复（fu），三月前"]),
            ("<div><title>报\0告</title><p>各位代\0表</p></div>", &["各位代\0表"]),
            ("<title>报\0告<p>请\0予审议</p><p>&nGt;</p><p>完</p>", &["报\0告", "请\0予审议", "≫", "完"]),
        ] {
            assert_eq!(lines_of(page), lines, "{page:?}");
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
