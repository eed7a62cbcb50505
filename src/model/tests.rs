//! What training must withstand: corpora as people bring them, small and lopsided.

use super::*;
use crate::features::Analyzer;
use crate::{Error, Result};

const RECIPE: &str = r#"name = "n"
version = "1"
[[axis]]
id = "kind"
zh = "类"
en = "kind"
target_precision = 0.9
label = [{ id = "farm", zh = "农", en = "farm" }, { id = "school", zh = "学", en = "school" }, { id = "letter", zh = "信", en = "letter" }]
"#;

/// A text of its own: twelve sentences out of the words of `kind`, and now and then of the other.
fn text(kind: &str, number: usize) -> String {
    let words = |kind: &str| match kind {
        "farm" => ["粮食", "农田", "水库", "果园", "蔬菜", "农民", "林场"],
        _ => ["学校", "老师", "学生", "课程", "考试", "教室", "作业"],
    };
    let sentence = |i: usize| {
        let kind = if (number * 7 + i * 5) % 4 > 0 { kind } else { ["farm", "school"][(number + i) % 2] };
        format!("今天讨论{}和{}的安排。", words(kind)[(number + i) % 7], words(kind)[(number * 3 + i * 2) % 7])
    };
    (0..12).map(sentence).collect()
}

fn record(id: &str, family: Option<&str>, text: &str, label: &str) -> Record {
    let labels = serde_json::json!({ "kind": label });
    serde_json::from_value(serde_json::json!({ "id": id, "family": family, "text": text, "labels": labels })).unwrap()
}

/// Forty texts each of two labels, and letters that all have one family.
fn corpus(letters: usize) -> Corpus {
    let kind = |label: &'static str| (0..40).map(move |i| record(&format!("{label}{i}"), None, &text(label, i), label));
    let letter = |i: usize| {
        let words = format!("亲爱的妈妈:见字如面。我在城里一切都好,等到腊月第{i}天我就回去看您。");
        record(&format!("letter{i}"), Some("letters"), &words, "letter")
    };
    let records = kind("farm").chain(kind("school")).chain((0..letters).map(letter)).collect();
    Corpus { records, recipe: Some(toml::from_str(RECIPE).unwrap()) }
}

fn trained(corpus: &Corpus) -> Result<Trained> {
    train(corpus, &Analyzer::new().unwrap())
}

#[test]
fn a_label_of_one_family_costs_the_others_nothing() {
    for letters in [1, 20] {
        let corpus = corpus(letters);
        let trained = trained(&corpus).unwrap();
        assert!(trained.warnings.len() == 1 && trained.warnings[0].contains("letter"), "{:?}", trained.warnings);
        assert!(trained.model.scorer().table().iter().any(|cell| cell.abs() > 0.01), "all weights are gone");
        let figures = &figures_of_folds(&corpus, &trained)[0];
        assert!(figures.labels[0].recall > 0.9 && figures.labels[1].recall > 0.9, "{letters}: {:?}", figures.labels);
        // Nor are they made unsure of by letters that no fold could know.
        let calibration = trained.model.axes()[0].calibration;
        assert!(calibration.temperature(40) < 5.0, "{letters}: {calibration:?}");
    }
}

#[test]
fn what_nothing_can_be_learnt_from_is_refused() {
    type Change = fn(&mut Corpus);
    let cases: [(Change, &str); 5] = [
        (|c| c.recipe.as_mut().unwrap().training.folds = 2, "between 3 and 100, found 2"),
        (|c| c.records.iter_mut().for_each(|r| r.family = Some("x".to_owned())), "texts of 1 families; 5 folds"),
        (|c| c.recipe.as_mut().unwrap().training.min_documents = 100_000, "stands in 100000 texts"),
        (
            |c| {
                let axes = "kind.weights = { words = 0, pairs = 0, opening = 0, closing = 0, title = 0, rank = 0, act = 0, topic = 0, place = 0, form = 0 }";
                c.recipe.as_mut().unwrap().training.axes = toml::from_str(axes).unwrap();
            },
            "no feature with a weight above 0",
        ),
        (|c| c.records.retain(|r| r.family.is_none()), "axis[kind].label[letter]"),
    ];
    for (change, reason) in cases {
        let mut corpus = corpus(3);
        change(&mut corpus);
        let error = trained(&corpus).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let recipe: Recipe =
        toml::from_str(&RECIPE.replace("target_precision", "optional = true\ntarget_precision")).unwrap();
    assert!(
        matches!(recipe.catalogue.check(), Err(Error::InvalidArgument { field, .. }) if field == "axis[kind].optional")
    );
}

#[test]
fn a_model_is_judged_by_what_it_says_to_everyone() {
    let trained = trained(&corpus(3)).unwrap();
    let farm = record("a", None, &text("farm", 50), "farm");
    let mut either = record("b", None, &text("school", 51), "farm");
    either.acceptable = Acceptable::Bare(vec!["school".to_owned()]);
    let few = record("c", None, "谢谢大家!", "school");
    let mut titled = record("d", None, "谢谢大家!", "school");
    titled.title = Some("老师和学生在学校教室里讨论课程与考试的作业安排".to_owned());
    let judged = |records: Vec<Record>| {
        let corpus = Corpus { records, recipe: None };
        evaluate(&trained.model, &corpus, &Analyzer::new().unwrap()).map(|mut figures| figures.remove(0))
    };

    let figures = judged(vec![farm, either]).unwrap();
    let of = |l: usize| (figures.labels[l].records, figures.labels[l].recall);
    assert_eq!(
        (figures.accuracy, of(0), of(1)),
        (1.0, (2, 1.0), (0, 0.0)),
        "an acceptable answer is a hit of the label"
    );
    let figures = judged(vec![few, titled]).unwrap();
    assert_eq!((figures.records, figures.labels[1].records), (2, 2), "{figures:?}");
    let unjudged: Vec<&str> =
        figures.mistakes.iter().filter(|m| m.answer.is_none() && m.abstained).map(|m| m.id.as_str()).collect();
    assert_eq!(unjudged, ["c"], "a title that says enough is judged by");

    let foreign = record("e", None, &text("farm", 52), "农");
    let error = judged(vec![foreign]).unwrap_err().to_string();
    assert!(error.contains("kind (farm, school, letter)"), "{error}");
}
