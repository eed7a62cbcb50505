use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::document::normalize;

/// Pairs of tokens as `site.txt` writes them.
fn written(line: &str) -> Vec<String> {
    let mut names: Vec<String> = vec!["^".to_owned()];
    let mut rest = line;
    // A token's text is what the tokens of the rest begin with.
    while let Some(c) = rest.chars().next() {
        let run = |is: fn(&char) -> bool| rest.chars().take_while(is).map(char::len_utf8).sum::<usize>();
        let length = if c.is_ascii_digit() {
            run(char::is_ascii_digit)
        } else if c.is_ascii_lowercase() {
            run(char::is_ascii_lowercase)
        } else if c == '《' {
            names.push("《".to_owned());
            rest.find('》').unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        if c.is_ascii_digit() {
            names.push("0".to_owned());
        } else if !c.is_whitespace() && c != '《' {
            names.push(token.to_owned());
        }
        rest = behind;
    }
    names.push("$".to_owned());
    names.windows(2).map(<[String]>::concat).collect()
}

fn count(lines: impl Iterator<Item = String>) -> (BTreeMap<String, f64>, f64) {
    let mut counts = BTreeMap::new();
    for line in lines {
        let of_words = |pair: &String| pair.chars().any(char::is_alphabetic) && !pair.contains(MASK);
        let mut pairs: Vec<String> = written(line.trim()).into_iter().filter(of_words).collect();
        pairs.sort();
        pairs.dedup();
        for pair in pairs {
            *counts.entry(pair).or_insert(0.0) += 1.0;
        }
    }
    let total = counts.values().sum();
    (counts, total)
}

const MASK: char = '\u{f8ff}';

/// The lines of a fragment, with what differs from page to page masked.
fn filled(fragment: &str) -> Vec<String> {
    let mut text = fragment.to_owned();
    for masked in ["{title}", "{other}", "{site}", "{user}", "{words}"] {
        text = text.replace(masked, &MASK.to_string());
    }
    text = text.replace("{host}", "www.").replace("{date}", "2010-1-1").replace("{time}", "1:1:1");
    for number in ["{n}", "{count}", "{pages}", "{size}", "{id}", "{year}"] {
        text = text.replace(number, "1");
    }
    normalize(&text).as_str().lines().map(str::to_owned).collect()
}

fn left(text: &str) -> String {
    let text = normalize(text);
    let page = Page::new(text.as_str());
    let mut gone: Vec<Range<usize>> = find(&page).into_iter().map(|found| found.range).collect();
    gone.sort_by_key(|range| range.start);
    let mut out = String::new();
    let mut at = 0;
    for range in gone {
        out += cut(page.text, at..range.start);
        at = range.end;
    }
    out + cut(page.text, at..page.text.len())
}

#[test]
fn lines_around_a_speech_go_though_no_rule_knows_them() {
    let said = "今年以来,全县上下认真落实各项部署,春耕生产进展顺利。\n".repeat(4);
    let speech = format!("在全县春耕生产会议上的讲话\n(2008年3月2日)\n同志们:\n{said}谢谢大家!\n");
    let above = "共享文稿坊 会员中心 我的收藏夹\n本稿由坊友上传,点右侧按钮可免费下载,请登录后评论。\n";
    let below = "全部评论(3) 收藏本文 坊友下载\n在全县防汛会议上的讲话\n在县一中校庆上的致辞\n";
    assert_eq!(left(&format!("{above}{speech}{below}")), speech);
}

#[test]
fn what_a_text_says_of_itself_stays() {
    let said = "今年以来,全县上下认真落实各项部署,春耕生产进展顺利。\n".repeat(4);
    for text in [
        format!(
            "领导讲话\n(根据录音整理,未经本人审阅)\n时间:2008年3月2日\n同志们:\n{said}谢谢大家!\n附件:任务分解表\n"
        ),
        "会员中心 我的收藏\n请登录后下载\n上一篇 下一篇\n用户评论(3)\n在全县春耕生产会议上的讲话\n".to_owned(),
    ] {
        assert_eq!(left(&text), text);
    }
}

#[test]
fn the_weights_are_what_fragments_and_corpus_give() {
    const SMOOTHING: f64 = 0.3;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let fragments: toml::Table = read("src/noise/fragments.toml").parse().unwrap();
    let of = |key: &str| fragments[key].as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned());
    let pools = ["header", "intro", "footer", "paywall"].into_iter().flat_map(of);
    let (sites, all_sites) = count(pools.flat_map(|fragment| filled(&fragment)));
    let mut texts = Vec::new();
    for file in std::fs::read_dir(root.join("corpus")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "jsonl") {
            let records = std::fs::read_to_string(file).unwrap();
            texts.extend(records.lines().map(|line| {
                let record: serde_json::Value = serde_json::from_str(line).unwrap();
                record["text"].as_str().unwrap().to_owned()
            }));
        }
    }
    let lines = texts.iter().flat_map(|text| {
        let text = normalize(text);
        text.as_str().lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let (said, all_said) = count(lines);
    let mut out =
        "# Written by a test of `site.rs`: pairs of characters that sites' lines have, and their weights.\n".to_owned();
    for (pair, times) in &sites {
        let said = said.get(pair).copied().unwrap_or_default();
        let weight = ((times + SMOOTHING) / all_sites).ln() - ((said + SMOOTHING) / all_said).ln();
        writeln!(out, "{pair}\t{:.1}", weight.clamp(f64::from(-MOST), f64::from(MOST))).unwrap();
    }
    let path = root.join("src/document/clean/site.txt");
    if std::env::var_os("UPDATE_SITE").is_some() {
        std::fs::write(&path, &out).unwrap();
    }
    assert!(out == std::fs::read_to_string(path).unwrap(), "run with UPDATE_SITE=1");
}
