//! Lines of a text and what they look like: a salutation, a title, a sentence's end.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{cut, lines};

/// A line that is not blank.
pub(super) struct Line<'t> {
    /// Its text without surrounding white space.
    pub words: &'t str,
    /// Where that stands, in bytes.
    pub range: Range<usize>,
    /// Where the whole line stands, with its line break.
    pub whole: Range<usize>,
    /// Length of `words` in characters.
    pub chars: usize,
}

/// The lines of a text that are not blank.
pub(super) fn lines_of(text: &str) -> Vec<Line<'_>> {
    lines(text)
        .filter_map(|whole| {
            let line = cut(text, whole.clone());
            let words = line.trim();
            let start = whole.start + (line.len() - line.trim_start().len());
            (!words.is_empty()).then(|| Line {
                words,
                range: start..start + words.len(),
                whole,
                chars: words.chars().count(),
            })
        })
        .collect()
}

/// A title is at most this long.
pub(super) const TITLE_MAX_CHARS: usize = 60;

/// Whether `words` end a sentence.
pub(super) fn ends_sentence(words: &str) -> bool {
    let inner = words.trim_end_matches(['”', ')', '》', '’', '"', ' ', '*']);
    let is_full_stop =
        || inner.strip_suffix('.').is_some_and(|rest| rest.ends_with(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
    inner.ends_with(['。', '!', '?', ';', ':', '…']) || is_full_stop()
}

/// What a salutation may begin with.
pub(super) const POLITE: [&str; 6] = ["尊敬的", "敬爱的", "敬重的", "亲爱的", "各位", "诸位"];

/// Whether a line greets an audience and says nothing else.
pub(super) fn is_salutation(line: &Line) -> bool {
    static SALUTATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        const PEOPLE: &str = "同志|代表|委员|领导|来宾|嘉宾|贵宾|客人|朋友|挚友|同仁|同事|同行|专家|学者|老师|教授|评委|党员|女士|先生|同学|学员|乡亲|父老|家长|家属|战友|企业家|记者|院士|会长|校长|书记|主任|主席|局长|镇长|县长|市长|省长|部长|厅长|院长|处长|科长|区长|厂长|经理|负责人|职工|员工|工友|师傅|居民|村民|市民|会员|成员|理事|股东|干部|骨干|青年|人员|小伙子|姑娘|校友|客商|选手|运动员|裁判员|教练员|同胞|夫人|阁下|殿下|机手|教练|裁判|友人|亲友|新人|建设者|获奖者|受奖者|街坊|爷们|师生|检查组|考核组|评议组|督导组|视察组";
        let polite = POLITE.join("|");
        Regex::new(&format!(
            r"^(同志们|各位(代表|同志|领导|委员|来宾|朋友)|同学们|朋友们)[:!,]?$|({PEOPLE})(们|代表|团)?(\([^)]{{0,16}}\))?[:!]$|^({polite}|同志|{PEOPLE}).{{0,50}}({PEOPLE})(们|代表|团)?,$|^({polite}).{{2,50}}:$|^(同志们|同学们|老师们|朋友们|乡亲们)[,、].{{2,50}}(:|好!)$|们:$|^({polite}).{{2,50}}[:,!](大家)?(上午|下午|晚上|早上|新年|中午|你们)?好[:!,]?$"
        ))
        .ok()
    });
    static WISH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"谢|祝|欢迎|让我们|希望|致以|告诉|^愿|^向|^请|^对|[说问]:$|[一二三四五六七八九]、|报告|汇报如下")
            .ok()
    });
    // Who takes part or is in charge is listed, not greeted.
    static LIST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:[^位尊敬亲].{0,20})?(参加|参会|与会|列席|出席|到会|组成|责任|负责|主持|联系|牵头|包保|工作)(单位)?(人员|成员|领导|负责人|干部|同志|人):$|成员:$|负责人:$").ok()
    });
    line.chars <= TITLE_MAX_CHARS
        // What the patterns end with, looked at first because most lines fail here.
        && (line.chars <= 5 || line.words.ends_with([':', '!', ',', '好']))
        && !line.words.contains(['。', '?', ';'])
        && matches(&SALUTATION, line.words)
        && !matches(&WISH, line.words)
        && (!line.words.ends_with(':')
            || POLITE.iter().any(|word| line.words.starts_with(word))
            || line.words.contains("们,")
            || !matches(&LIST, line.words))
}

/// Whether a line is short and holds no sentence, no salutation and no inner heading.
pub(super) fn is_title(line: &Line) -> bool {
    static INNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[(]?[一二三四五六七八九十\d]+[)、.,:]|^第[一二三四五六七八九十]+[,、章条节是]").ok()
    });
    line.chars <= TITLE_MAX_CHARS
        && !line.words.ends_with(['。', '.', '!', '?', ';', ',', ':', '、', '…'])
        && !line.words.contains('。')
        && !is_salutation(line)
        && !matches(&INNER, line.words)
        && line.words.chars().any(is_letter)
}

/// Whether a pattern is found in `words`.
pub(super) fn matches(pattern: &LazyLock<Option<Regex>>, words: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(words))
}

/// The letters, characters and digits of `words`.
pub(super) fn letters(words: &str) -> impl Iterator<Item = char> {
    words.chars().filter(|c| is_letter(*c))
}

/// Whether a character is a letter, a digit or a Chinese character; the last are asked for first, as most are.
pub(super) fn is_letter(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_alphanumeric()
}

/// Whether one title repeats the other, or a part of it.
pub(super) fn similar(title: &str, line: &str) -> bool {
    let (a, b): (String, String) = (letters(title).collect(), letters(line).collect());
    !a.is_empty() && !b.is_empty() && (a.contains(&b) || b.contains(&a))
}
