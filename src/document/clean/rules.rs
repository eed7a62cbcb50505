//! Noise that is known by its words: the rules of `rules.toml`.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use regex_syntax::hir::HirKind;
use serde::Deserialize;

use super::hints::Hints;
use super::{Found, site};
use crate::document::cut;
use crate::document::line::{Line, ends_sentence, is_salutation, matches};
use crate::document::page::Page;
use crate::document::strings::Strings;

/// What goes where a rule's pattern is found; see `rules.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Line,
    Tail,
    Editor,
    Inline,
    /// The line may be one of a site's own words: no rule of the file, but its vocabulary.
    #[serde(skip)]
    Site,
}

#[derive(Debug, Deserialize)]
struct Rule {
    name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "stated for the reader; a test holds it non-empty"))]
    why: String,
    scope: Scope,
    pattern: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the tests"))]
    catches: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the tests"))]
    spares: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Vocabulary {
    strong: Vec<String>,
    weak: Vec<String>,
    own: Vec<String>,
    strong_fields: Vec<String>,
    weak_fields: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    rule: Vec<Rule>,
    vocabulary: Vocabulary,
}

/// Rules of some scopes, ready to run. Each branch of a pattern is a pattern of its own: the patterns stay small, and only
/// the branch is tried that has something to find.
struct Ready {
    hints: Hints,
    branches: Vec<Branch>,
}

struct Branch {
    rule: &'static str,
    scope: Scope,
    pattern: Regex,
}

impl Ready {
    fn new(scopes: &[Scope]) -> Self {
        let branches: Vec<Branch> = FILE
            .rule
            .iter()
            .filter(|rule| scopes.contains(&rule.scope))
            .flat_map(|rule| {
                let branch = |pattern: String| {
                    Some(Branch { rule: rule.name.as_str(), scope: rule.scope, pattern: Regex::new(&pattern).ok()? })
                };
                branches(&rule.pattern).into_iter().filter_map(branch)
            })
            .chain(scopes.contains(&Scope::Site).then(site_words).flatten())
            .collect();
        Self { hints: Hints::new(branches.iter().map(|branch| branch.pattern.as_str())), branches }
    }

    /// The branches worth trying on a line.
    fn candidates(&self, line: &str) -> Vec<&Branch> {
        self.hints.patterns(line).into_iter().filter_map(|number| self.branches.get(number)).collect()
    }
}

/// What no line of a site's own words is without: a strong word or a strong field.
fn site_words() -> Option<Branch> {
    let words = FILE.vocabulary.strong.iter().chain(&FILE.vocabulary.strong_fields);
    let pattern = words.map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    Some(Branch { rule: "site_line", scope: Scope::Site, pattern: Regex::new(&pattern).ok()? })
}

/// The branches of a pattern, each as a pattern.
fn branches(pattern: &str) -> Vec<String> {
    match regex_syntax::parse(pattern).as_ref().map(regex_syntax::hir::Hir::kind) {
        Ok(HirKind::Alternation(branches)) => branches.iter().map(ToString::to_string).collect(),
        _ => vec![pattern.to_owned()],
    }
}

/// The rules ship inside the binary; that they parse is held by a test, so an empty file can stand for the impossible.
static FILE: LazyLock<File> = LazyLock::new(|| toml::from_str(include_str!("rules.toml")).unwrap_or_default());
static LINES: LazyLock<Ready> = LazyLock::new(|| Ready::new(&[Scope::Line, Scope::Tail, Scope::Editor, Scope::Site]));
static INLINE: LazyLock<Ready> = LazyLock::new(|| Ready::new(&[Scope::Inline]));

/// Longer lines are prose, whatever words stand in them.
const NOISE_LINE_MAX_CHARS: usize = 300;
/// Longer lines are not lists of a site's words.
const SITE_LINE_MAX_CHARS: usize = 150;
/// A tail is what stands below a text: this much must be left of it.
const TAIL_MIN_CHARS_BEFORE: usize = 80;
/// A line of prose, at which a tail ends, has at least this many characters.
const PROSE_MIN_CHARS: usize = 60;
/// A sentence has a comma, or more characters than this.
const SENTENCE_MIN_CHARS: usize = 15;
/// A speaker's sentence of this length ends a tail, too.
const SAID_MIN_CHARS: usize = 25;
/// Editors greet nobody, and a site's lists do not.
const GREETINGS: [&str; 5] = ["各位", "尊敬的", "敬爱的", "同志们", "亲爱的"];
/// An editor's introduction is at most this long; after more text, only the sentence goes.
const EDITOR_MAX_CHARS: usize = 400;

/// Noise inside lines.
pub(super) fn inline(page: &Page) -> Vec<Found> {
    let mut out = Vec::new();
    for Line { whole: line, .. } in page.lines() {
        let words = cut(page.text, line.clone());
        for Branch { rule, pattern, .. } in INLINE.candidates(words) {
            // The last character of a match may be the context of the next one, so go on right after the noise.
            let mut from = 0;
            while let Some(found) = pattern.captures_at(words, from) {
                let named = ["noise", "light", "bare"].into_iter().find_map(|name| found.name(name));
                let part = named.or_else(|| found.get(0));
                let Some(noise) = part.filter(|noise| !noise.is_empty()) else {
                    break;
                };
                out.push(Found { range: line.start + noise.start()..line.start + noise.end(), rule });
                from = noise.end();
            }
        }
    }
    out
}

/// Lines that are noise, and editors' introductions.
pub(super) fn by_line(page: &Page) -> Vec<Found> {
    let mut out = Vec::new();
    let mut tail = None;
    let mut kept = 0;
    for (i, line) in page.lines().iter().enumerate() {
        if page.is_heading(i) || is_salutation(line) {
            tail = None;
            kept += line.chars;
            continue;
        }
        let said = is_said(line.words);
        // No rule is tried on what is said.
        let candidates = if said { Vec::new() } else { LINES.candidates(line.words) };
        let rule = if line.chars <= NOISE_LINE_MAX_CHARS { line_rule(line, &candidates) } else { None };
        match (rule, tail) {
            // Put into what a speaker says.
            (Some((rule, _)), _) if line.chars >= PROSE_MIN_CHARS && !site::may_say(line.words) => {
                let tried = candidates.iter().filter(|branch| matches!(branch.scope, Scope::Line | Scope::Tail));
                let found = tried.flat_map(|branch| branch.pattern.find_iter(line.words));
                let within = |found: &Range<usize>| line.range.start + found.start..line.range.start + found.end;
                out.extend(found.map(|found| Found { range: within(&found.range()), rule }));
                kept += line.chars;
            }
            (Some((rule, scope)), _) => {
                if scope == Scope::Tail && kept >= TAIL_MIN_CHARS_BEFORE {
                    tail = Some(rule);
                }
                out.push(Found { range: line.whole.clone(), rule });
            }
            (None, Some(rule)) if !is_prose(line, said) && !greets(line.words) => {
                out.push(Found { range: line.whole.clone(), rule });
            }
            (None, _) => {
                tail = None;
                let introduction = editor(line, &candidates);
                kept += if introduction.is_none() { line.chars } else { 0 };
                out.extend(introduction);
            }
        }
    }
    out
}

fn is_prose(line: &Line, said: bool) -> bool {
    let is_long = line.chars >= PROSE_MIN_CHARS && line.words.contains(',') && ends_sentence(line.words);
    is_long || line.chars >= SAID_MIN_CHARS && said
}

/// Whether a line begins by greeting an audience; its end may stand on the next one.
pub(super) fn greets(words: &str) -> bool {
    GREETINGS.iter().any(|greeting| words.starts_with(greeting))
}

/// Whether a line is a sentence, and not the site's.
fn is_said(words: &str) -> bool {
    let is_sentence =
        words.ends_with(['。', '!', '?']) && (words.contains(',') || words.chars().nth(SENTENCE_MIN_CHARS).is_some());
    is_sentence && !has_own_words(words)
}

/// Whether something is said that only sites say.
pub(super) fn has_own_words(words: &str) -> bool {
    OWN.are_in(words)
}

fn line_rule(line: &Line, candidates: &[&Branch]) -> Option<(&'static str, Scope)> {
    let tried = candidates.iter().filter(|branch| matches!(branch.scope, Scope::Line | Scope::Tail));
    let found = tried.filter(|branch| branch.pattern.is_match(line.words));
    let by_rule = found.map(|branch| (branch.rule, branch.scope)).max_by_key(|(_, scope)| *scope == Scope::Tail);
    let may_be_site = || candidates.iter().any(|branch| branch.scope == Scope::Site);
    by_rule.or_else(|| (may_be_site() && is_site_line(line)).then_some(("site_line", Scope::Line)))
}

/// The words of `rules.toml` that sites say about themselves, and which of them are strong.
static VOCABULARY: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = FILE.vocabulary.strong.iter().chain(&FILE.vocabulary.weak);
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).match_kind(MatchKind::LeftmostLongest).build(words).ok()
});

/// What no sentence is without that is the site's.
static OWN: LazyLock<Strings> = LazyLock::new(|| Strings::new(&FILE.vocabulary.own));

static FIELDS: LazyLock<Option<[Regex; 2]>> = LazyLock::new(|| {
    let any = |fields: &[String]| fields.join("|");
    let (strong, weak) = (any(&FILE.vocabulary.strong_fields), any(&FILE.vocabulary.weak_fields));
    Some([
        Regex::new(&format!(r"^\W{{0,3}}({strong})\s*:")).ok()?,
        Regex::new(&format!(r"(^|[\s|【\[(\d])({strong}|{weak})\s*:")).ok()?,
    ])
});

/// Whether a line is made of the words that sites say about themselves, or of their fields.
fn is_site_line(line: &Line) -> bool {
    if line.chars > SITE_LINE_MAX_CHARS {
        return false;
    }
    let (mut strong, mut covered) = (false, 0);
    for found in VOCABULARY.iter().flat_map(|words| words.find_iter(line.words)) {
        strong |= found.pattern().as_usize() < FILE.vocabulary.strong.len();
        covered += chinese(cut(line.words, found.range()));
    }
    let all = chinese(line.words);
    if strong && covered * 2 >= all && !ends_sentence(line.words) && !is_inner_heading(line.words) {
        return true;
    }
    let Some([strong_field, field]) = FIELDS.as_ref() else { return false };
    if !line.words.contains(':') {
        return false;
    }
    let short = line.chars <= 40;
    strong_field.is_match(line.words) && (short || field.find_iter(line.words).nth(1).is_some())
        || strong && field.find_iter(line.words).nth(1).is_some()
}

/// Whether a line counts the parts of a text, or names the occasion it was read at: `四、投诉和服务`.
fn is_inner_heading(words: &str) -> bool {
    static HEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[(]?[一二三四五六七八九十]{1,3}[)、.]|^第[一二三四五六七八九十]{1,3}[章节条]|^在.{4,40}(会|式)上的(讲话|发言|致辞|报告)").ok()
    });
    matches(&HEADING, words)
}

fn chinese(words: &str) -> usize {
    words.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count()
}

/// What an editor says in a line: from its beginning to the end of the last sentence that is an editor's.
fn editor(line: &Line, candidates: &[&Branch]) -> Option<Found> {
    let editors = || candidates.iter().filter(|branch| branch.scope == Scope::Editor);
    editors().next()?;
    if greets(line.words) {
        return None;
    }
    let mut end = None;
    let mut chars = 0;
    let mut first = None;
    for sentence in sentences(line.words) {
        let words = cut(line.words, sentence.clone());
        let said = |branch: &&Branch| Some((last_end(&branch.pattern, words)?, branch.rule));
        let rule = editors().copied().filter_map(|branch| said(&branch)).max_by_key(|(end, _)| *end);
        if let Some((said, rule)) = rule
            && (chars <= EDITOR_MAX_CHARS || first.is_some())
        {
            // Without a full stop the speech may follow in the same breath.
            let stop = if words.ends_with(['。', '!', '?']) { sentence.end } else { sentence.start + said };
            first.get_or_insert(rule);
            end = Some(stop);
        }
        chars += words.chars().count();
    }
    let end = end?;
    let rest = cut(line.words, end..line.words.len());
    let range = if rest.trim().is_empty() { line.whole.clone() } else { line.range.start..line.range.start + end };
    Some(Found { range, rule: first? })
}

/// Where the last match of `pattern` in `words` ends.
fn last_end(pattern: &Regex, words: &str) -> Option<usize> {
    pattern.find_iter(words).last().map(|found| found.end())
}

/// Sentences of one line, each with its final punctuation.
pub(super) fn sentences(line: &str) -> impl Iterator<Item = Range<usize>> {
    line.split_inclusive(['。', '!', '?']).scan(0, |at, sentence| {
        let start = *at;
        *at += sentence.len();
        Some(start..*at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::normalize;

    #[test]
    fn every_rule_catches_and_spares_its_examples() {
        assert!(!FILE.rule.is_empty() && VOCABULARY.is_some() && FIELDS.is_some());
        let ready = LINES.branches.iter().chain(&INLINE.branches).filter(|branch| branch.scope != Scope::Site);
        assert_eq!(ready.count(), FILE.rule.iter().map(|rule| branches(&rule.pattern).len()).sum::<usize>());
        for rule in &FILE.rule {
            let pattern = Regex::new(&rule.pattern).unwrap();
            assert!(!rule.why.is_empty() && !rule.catches.is_empty() && !rule.spares.is_empty(), "{}", rule.name);
            for example in &rule.catches {
                assert!(pattern.is_match(normalize(example).as_str()), "{} must catch {example:?}", rule.name);
            }
            for example in &rule.spares {
                assert!(!pattern.is_match(normalize(example).as_str()), "{} must spare {example:?}", rule.name);
            }
        }
    }

    #[test]
    fn what_a_speaker_says_stays() {
        let said = "我们要把各项任务抓实抓细,确保年底前全面完成。\n谢谢大家!";
        for line in [
            "大厅要推行扫码支付,方便群众缴费。",
            "剩余工程款要在年底前支付到位,不得拖欠。",
            "对涉嫌侵犯农民工合法权益的行为,发现一起、处理一起。",
            "前一条讲的是思想问题,后一条讲的是作风问题。",
            "群众只要打开手机点击查看,就能知道办理进度。",
            "各单位的材料统一用word文档报送。",
            "工作时间不得擅自关闭窗口,不得推诿扯皮。",
            "各位领导、各位同仁,下面我把我镇的做法向大家作个汇报,供大家参考借鉴。",
            "以上是我们的一些粗浅体会,希望对大家有所帮助。",
            "四、投诉和服务",
            "评分:每条五分,缺一个数字扣一分。",
        ] {
            let text = format!(
                "同志们:\n{0}\n{0}\n{line}\n{said}",
                "今年以来,全县上下认真落实各项部署,工作取得了新的进展。".repeat(3)
            );
            let text = normalize(&text);
            assert!(by_line(&Page::new(text.as_str())).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_greeting_ends_a_list_of_links_where_it_is_broken() {
        let body = "今年以来,全县上下认真落实各项部署,工作取得了新的进展。".repeat(4);
        let text = normalize(&format!("{body}\n相关文章:\n春耕总结\n尊敬的各位专家、各位院士,设计院的同\n志们:"));
        let page = Page::new(text.as_str());
        let gone: String = by_line(&page).into_iter().map(|found| cut(page.text, found.range)).collect();
        assert_eq!(gone, "相关文章:\n春耕总结\n");
    }

    #[test]
    fn lines_of_a_sites_words_go_and_headings_of_speeches_stay() {
        let is_noise = |words: &str| is_site_line(&Page::new(normalize(words).as_str()).lines()[0]);
        for noise in [
            "下载 打印 收藏 【字号:大 中 小】",
            "贡献者:某人 | 评分:4.5 | 33次下载",
            "责任编辑:小王",
            "时间:2010-01-02 来源:某网 点击:55",
        ] {
            assert!(is_noise(noise), "{noise}");
        }
        for speech in
            ["三、档案和文件管理工作", "时间:三月五日 地点:县政府会议室", "编辑部的同志们", "一是学习。二是交流。"]
        {
            assert!(!is_noise(speech), "{speech}");
        }
    }
}
