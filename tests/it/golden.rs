//! The shipped model's tags on pages of our own, so that they do not drift unnoticed.
//!
//! After a wanted change: `UPDATE_GOLDEN=1 cargo test --release golden`, then read the difference.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::common::TAGGER;
use speechtag::document::normalize;
use speechtag::features::{Analyzer, Title};
use speechtag::model::Priors;
use speechtag::{Document, Options};

/// One line per speech and axis: file, speech, axis, first label, confidence in thousandths, first evidence.
fn tags_of_examples() -> String {
    let mut out = String::new();
    let mut pages: Vec<_> = fs::read_dir("examples/pages").unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    for page in pages {
        let document = Document::from_bytes(&fs::read(&page).unwrap(), None).unwrap();
        let tagging = TAGGER.tag(&document, &Options { evidence: 3, ..Options::default() }).unwrap();
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        for (i, speech) in tagging.speeches.iter().enumerate() {
            for tag in &speech.tags {
                let evidence: Vec<_> = tag.evidence.iter().map(|e| format!("{}@{}", e.feature, e.span.start)).collect();
                let mark = if tag.abstained { "?" } else { "" };
                writeln!(
                    out,
                    "{name} {i} {} {}{mark} {:.3} {}",
                    tag.axis,
                    tag.alternatives[0].label,
                    tag.confidence,
                    evidence.join(" ")
                )
                .unwrap();
            }
        }
    }
    out
}

#[test]
fn the_shipped_model_says_what_it_said() {
    let golden = Path::new("tests/golden.txt");
    let now = tags_of_examples();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, &now).unwrap();
    }
    let before = fs::read_to_string(golden).unwrap();
    assert!(now == before, "tags drifted from tests/golden.txt; now:\n{now}");
}

#[test]
fn the_examples_are_right() {
    let now = tags_of_examples();
    for (speech, label) in [
        ("collection.txt 0 document_type", "conference_speech"),
        ("collection.txt 1 document_type", "forum_address"),
        ("collection.txt 2 document_type", "annual_work_summary"),
        ("collection.txt 0 speaker_level", "county"),
        ("collection.txt 2 speaker_level", "township"),
        ("collection.txt 0 topic", "agriculture_rural"),
        ("crumbs.txt 0 document_type", "conference_speech"),
        ("crumbs.txt 0 speaker_level", "municipal"),
        ("crumbs.txt 0 topic", "office_administration"),
        ("forum.txt 0 document_type", "forum_address"),
        ("forum.txt 0 speaker_level", "provincial"),
        ("forum.txt 0 topic", "science_digital"),
        ("novel.txt 0 document_type", "other"),
    ] {
        assert!(now.contains(&format!("{speech} {label}")), "{speech} should be {label}:\n{now}");
    }
}

#[test]
fn many_threads_say_what_one_says() {
    let text: &'static str = crate::common::SPEECH;
    let tags = move || {
        format!(
            "{:?}",
            TAGGER.tag(&Document::new(text), &Options { evidence: 5, ..Options::default() }).unwrap().speeches
        )
    };
    let alone = tags();
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(tags)).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == alone));
}

#[test]
fn evidence_adds_up_to_the_confidence() {
    let text =
        "同志们:今天召开全县春耕生产工作会议。会前,县委专门听取了汇报,请各乡镇抓紧备种备肥,大家有什么难处现在就提。";
    let options = Options { clean: false, split: false, evidence: 1000, ..Options::default() };
    let tagging = TAGGER.tag(&Document::new(text), &options).unwrap();
    let normal = normalize(text);
    let analysis = Analyzer::new().unwrap().analyze(normal.as_str(), Title::None, 0..normal.as_str().len());
    let model = TAGGER.model();
    let bag = model.vocabulary().bag(&analysis);
    let mut column = 0;
    for ((axis, posterior), tag) in
        model.catalogue().axes.iter().zip(model.posteriors(&bag, &Priors::new())).zip(&tagging.speeches[0].tags)
    {
        let [first, second, ..] = posterior.ranking[..] else { panic!("two labels") };
        let weight = |row: &[f32]| f64::from(row[column + first]) - f64::from(row[column + second]);
        let weights: BTreeMap<String, f64> = bag
            .values
            .iter()
            .map(|(id, value)| {
                let name = model.vocabulary().entries()[*id as usize].feature.to_string();
                (name, f64::from(*value) * weight(model.scorer().row(*id)) / posterior.temperature)
            })
            .collect();
        let prior = &model.scorer().prior()[column..];
        let sum = weights.values().sum::<f64>() + (prior[first] - prior[second]) / posterior.temperature;
        let odds = tag.log_odds.unwrap();
        assert!((sum - odds).abs() < 1e-6 * odds.abs().max(1.0), "{}: {sum} {odds}", axis.id);
        assert!(tag.evidence.len() > 5);
        for evidence in &tag.evidence {
            assert!((evidence.weight - weights[&evidence.feature]).abs() < 1e-9, "{}", evidence.feature);
        }
        column += axis.labels.len();
    }
}
