//! Whether an address begins a speech, or is one that the speaker makes on the way.

use std::sync::LazyLock;

use regex::Regex;

use super::line::{Line, POLITE, TITLE_MAX_CHARS, is_salutation, is_title, letters, matches};

/// What must speak for an address to begin a speech.
const MIN_SCORE: i32 = 4;

/// Whom a line addresses.
pub(super) struct Address<'t> {
    pub words: &'t str,
    kind: Addressed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Addressed {
    /// An audience, on a line of its own: `同志们:`.
    Audience,
    /// An audience, and the speech goes on in the line: `各位领导,现将…`.
    InPassing,
    /// A body, as reports do: `市安全生产委员会:`. Lists of who does what have such lines, too.
    Body,
}

/// Whom a line addresses, if it begins by that.
pub(super) fn address<'t>(line: &Line<'t>) -> Option<Address<'t>> {
    static BODY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[^,。;!?:]{0,40}(委员会|人民政府|办公[厅室]|领导小组|[检督]查组|视察组|考核组|公司|总会|[省市县区州盟旗镇乡]委|厅|局)(并[^,。;!?:]{2,16})?:$").ok()
    });
    // Everyone's heads are greeted, and in lists of who is in charge they have names behind them.
    static HEADS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(各|全[省市县区州旗镇乡]各).{0,50}[、,].{0,30}(负责同志|负责人):$").ok());
    static PASSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?<to>(同志们|(尊敬的|敬爱的|敬重的|各位)[^,。;!?:]{2,20}))[,:!](现将|现在,?我|(大家)?(上午|下午|晚上|早上|中午|新年)?好[!。,]|今天|今日|我代表|我谨代表|受.{1,20}委托|根据|按照)").ok()
    });
    let passing = || PASSING.as_ref().and_then(|pattern| pattern.captures(line.words)?.name("to"));
    if is_salutation(line) {
        Some(Address { words: line.words, kind: Addressed::Audience })
    } else if line.chars <= TITLE_MAX_CHARS
        && line.words.ends_with(':')
        && (matches(&BODY, line.words) || matches(&HEADS, line.words))
    {
        Some(Address { words: line.words, kind: Addressed::Body })
    } else {
        passing().map(|to| Address { words: to.as_str(), kind: Addressed::InPassing })
    }
}

/// Whether the address in line `i` begins a speech; `greeting` is the one that began the text before it.
pub(super) fn restarts(lines: &[Line], i: usize, address: &Address, greeting: Option<&str>) -> bool {
    score(lines, i, address, greeting) >= MIN_SCORE
}

/// Whether a speech ends with this line.
pub(super) fn is_closing(words: &str) -> bool {
    static CLOSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"谢谢(大家|各位)?[!。)]*$|圆满成功[!。]?$|(工作顺利|身体健康|万事如意|阖家幸福|新春愉快|新年快乐|节日快乐)[!。]?$|请.{0,14}(审议|评议|审查|指正|指教|批评|指责|监督)[。!]?$|请.{0,14}(提|提出).{0,8}意见[。!]?$|完毕[!。)]*$|我的(发言|讲话|汇报|演讲|致辞)(到此)?(完了|结束|完毕|为止)|^\(.{0,20}(掌声|鼓掌).{0,6}\)$|宣布.{0,30}(开幕|开工|开始|成立|启动)[!。]?$|[讲谈说](话)?到这里|就[讲谈说](到)?这(么多|些)|散会|^(最后,?|衷心|敬|恭|预)?祝[^贺].{2,60}[!。]$|(再见|干杯)[!。]?$|^(此致|敬礼|特此(报告|汇报|致贺|电贺))[!。]?$",
        )
        .ok()
    });
    matches(&CLOSING, words)
}

/// How much speaks for the address in line `i` to begin a speech.
fn score(lines: &[Line], i: usize, address: &Address, greeting: Option<&str>) -> i32 {
    // Parts of a speech end so, too.
    static RISING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(而|继续)(努力)?奋斗[!。]?$|新的?(更大)?(的)?(贡献|胜利|局面|台阶|辉煌)[!。]?$").ok()
    });
    // What is read out is part of the speech.
    static QUOTES: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(信|电|文章|书|条|如下|写道|写的|念|读).{0,8}:$").ok());
    // A host, who greets again behind each speaker.
    static INVITES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"请[^。!?;]{0,40}(讲话|发言|致辞|汇报|作报告)[^。!?;]{0,12}[。!:]?$|(大家|掌声|鼓掌)欢迎[!。]?$")
            .ok()
    });
    static OPENING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(大家|各位|同志们)?(上午|下午|晚上|早上|新年|过年|中午)?好[!。,]|^.{0,40}(今天|今日|今晚|刚才|这次|本次|此次|首先|近日|值此|在这|我代表|我谨代表|代表.{0,16}向|受.{1,20}委托|根据.{0,40}(安排|要求|部署|通知)|按照.{0,24}(安排|要求|部署)|很高兴|非常高兴|十分高兴|召开|举行|欢聚|相聚|现将|我是|本人|现在,?我|请允许我)|现(在)?[将把].{2,60}(如下|(报告|汇报|总结|述职)[。,])",
        )
        .ok()
    });
    // Who reports to an assembly says in whose name or that it shall decide, and says it once.
    static CHARGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(现在,?)?我?(受.{2,30}委托|代表.{2,30}(政府|法院|检察院|常委会|常务委员会|委员会|党委)),?.{0,12}(向|作|将|把|报告)|^.{0,60}向(大会|全会).{0,30}(报告|汇报)|^[^。]{0,80},请.{0,8}审议").ok()
    });
    // What nobody says on the way.
    static BEGINS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[,:!]现将.{2,60}如下[:。]|^[^。;?]{2,24}[,:!](大家)?.{0,2}好[!。,]").ok());
    static TURN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(让我们|总之|最后|展望|回顾|面对|新的(一年|征程|时代)|.{0,8}(任务|目标)(已经|艰巨|光荣)|以上)")
            .ok()
    });
    // What a title calls its text.
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(讲话|发言|演讲|致辞|致词|祝词|贺词|报告|总结|小结|汇报|述职)(稿|提纲)?(\(.{1,20}\))?$").ok()
    });
    let line = |back: usize| i.checked_sub(back).and_then(|at| lines.get(at));
    let titles = titles_above(lines, i);
    let named = (1..=titles).filter_map(line).any(|line| matches(&NAMED, line.words));
    let mut score = 2 * i32::try_from(titles.min(2)).unwrap_or(2) + i32::from(named);
    let before = titles + 1;
    let ended = line(before).or_else(|| line(1));
    let closed = (before..before + 3).filter_map(line).any(|line| is_closing(line.words));
    let signed = (before..before + 3).filter_map(line).any(is_signature);
    let over = closed || signed;
    let rising = (before..before + 3).filter_map(line).any(|line| matches(&RISING, line.words));
    if ended.is_some_and(|line| (matches(&QUOTES, line.words) || matches(&INVITES, line.words)) && !is_salutation(line))
    {
        return 0;
    }
    score += if over || rising { 2 } else { 0 };
    if ended.is_some_and(|line| !line.words.ends_with(['。', '!', '?', '…', '”', ')']) && line.chars > TITLE_MAX_CHARS)
    {
        // The text before breaks off.
        score += 2;
    }
    score += match address.kind {
        Addressed::Audience if address.words.ends_with(':') => 3,
        Addressed::Audience => 0,
        Addressed::InPassing => 2 + i32::from(lines.get(i).is_some_and(|line| matches(&BEGINS, line.words))),
        Addressed::Body => i32::from(over),
    };
    if address.words.contains("尊敬") {
        score += 1;
    }
    if address.words.trim_end_matches(['!', ':', ',']).ends_with('好') {
        score += 2;
    }
    // The same greeting again is how a long speech turns to its next part, unless a title stands over it.
    match greeting {
        Some(greeting) if !letters(greeting).eq(letters(address.words)) => score += 1,
        // A report to a congress addresses the deputies again and again.
        Some(greeting) if titles == 0 => {
            score -= match greeting.contains("代表") {
                true if over => 2,
                true => 4,
                false => 1,
            };
        }
        _ => {}
    }
    if let Some(next) = lines.get(i + 1).filter(|_| address.kind != Addressed::InPassing) {
        if matches(&TURN, next.words) {
            score -= 3;
        } else if matches(&CHARGE, next.words) {
            score += 5;
        } else if matches(&OPENING, next.words) || is_salutation(next) {
            score += 2;
        }
    }
    score
}

/// The number of title lines right above line `i`. A date and what stands over it sign the text before, unless the date is
/// in brackets, as under a title.
pub(super) fn titles_above(lines: &[Line], i: usize) -> usize {
    static LAST_WORDS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(谢谢|多谢|感谢)|^(述职|报告|汇报|发言|致辞)人|结束语|^完毕|^散会").ok());
    let above = (1..=3).filter_map(|back| lines.get(i.checked_sub(back)?));
    above.take_while(|line| is_title(line) && !is_signature(line) && !matches(&LAST_WORDS, line.words)).count()
}

/// The number of lines right above line `i` that greet, too: guests may be greeted on several.
pub(super) fn greetings_above(lines: &[Line], i: usize) -> usize {
    let greets = |line: &Line| {
        let is_polite = || POLITE.iter().any(|word| word.ends_with('的') && line.words.starts_with(word));
        is_salutation(line) || line.words.ends_with([',', '、']) && line.chars <= TITLE_MAX_CHARS && is_polite()
    };
    lines.iter().take(i).rev().take_while(|line| greets(line)).count()
}

/// Whether a line is a date without brackets.
fn is_signature(line: &Line) -> bool {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{4}|[一二三四五六七八九零〇○xX×*]{4}|[\dxX×*#_]{2,4})\s*年.{0,3}月(.{0,3}[日号])?$|^[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}[日号]$",
        )
        .ok()
    });
    matches(&DATE, line.words)
}
