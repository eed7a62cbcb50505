//! Figures, curves and the report, over texts so few that a person can count them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::cli::speechtag;

/// Three pages that the shipped model is sure of; the last carries a wrong label.
fn three_pages(folder: &Path) -> String {
    let record = |page: &str, label: &str| {
        let text = fs::read_to_string(format!("examples/pages/{page}.txt")).unwrap();
        json!({ "id": page, "text": text, "labels": { "document_type": label } }).to_string() + "\n"
    };
    let file = folder.join("pages.jsonl");
    let lines =
        record("crumbs", "conference_speech") + &record("forum", "forum_address") + &record("novel", "news_report");
    fs::write(&file, lines).unwrap();
    file.display().to_string()
}

#[test]
fn the_report_and_the_json_count_alike() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let corpus = three_pages(folder.path());
    let arguments = ["evaluate", &corpus, "--output-format", "json", "--report", page.to_str().unwrap()];
    let output = speechtag(&arguments, b"");
    assert!(output.status.success(), "{output:?}");

    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let axis = &figures[0];
    assert_eq!((&axis["axis"], &axis["records"]), (&json!("document_type"), &json!(3)));
    let sum =
        |key: &str| axis["reliability"].as_array().unwrap().iter().map(|bin| bin[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("answers"), sum("right")), (3, 2));
    let last = axis["risk_coverage"].as_array().unwrap().last().unwrap();
    assert_eq!((last["coverage"].as_f64(), last["precision"].as_f64()), (Some(1.0), Some(2.0 / 3.0)));
    assert_eq!(axis["accuracy"], last["precision"]);

    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("准确率") && html.contains("66.7 %"));
    let sections: Vec<&str> = html.split("<section").skip(1).collect();
    assert_eq!(sections.len(), 1, "axes without labelled texts have no section");
    let (confusion, _) = sections[0].split_once("confusion\">").unwrap().1.split_once("</table>").unwrap();
    let cells: Vec<&str> =
        confusion.split("<td style=").skip(1).map(|cell| cell.split(['>', '<']).nth(1).unwrap()).collect();
    assert_eq!(cells, ["1", "1", "1"]);
    assert_eq!(html.matches("<svg").count(), 2);
    let elsewhere = html.replace("http://www.w3.org/2000/svg", "");
    for foreign in ["http", "<script", "<link", "src=", "@import", "url("] {
        assert!(!elsewhere.contains(foreign), "the page reaches out: {foreign}");
    }
}

#[test]
fn answers_to_texts_without_a_label_are_mistakes_and_labels_without_texts_have_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    let record = |page: &str, level: Option<&str>| {
        let text = fs::read_to_string(format!("examples/pages/{page}.txt")).unwrap();
        json!({ "id": page, "text": text, "labels": { "speaker_level": level } }).to_string() + "\n"
    };
    let (corpus, list) = (folder.path().join("pages.jsonl"), folder.path().join("mistakes.jsonl"));
    fs::write(&corpus, record("crumbs", None) + &record("forum", Some("provincial"))).unwrap();
    let page = folder.path().join("report.html");
    let paths = [&corpus, &list, &page].map(|path| path.display().to_string());
    let output = speechtag(&["evaluate", &paths[0], "--mistakes", &paths[1], "--report", &paths[2]], b"");
    assert!(output.status.success(), "{output:?}");
    let mistakes: Vec<Value> =
        fs::read_to_string(list).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    let found = ["id", "axis", "truth", "answer", "abstained"].map(|key| mistakes[0][key].clone());
    assert_eq!(found, [json!("crumbs"), json!("speaker_level"), json!(null), json!("municipal"), json!(false)]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("1 / 1"), "{table}");
    let row = |label: &str| table.lines().find(|line| line.contains(label)).unwrap();
    assert_eq!((row("county").matches('–').count(), row("provincial").matches('–').count()), (3, 0), "{table}");
    assert!(fs::read_to_string(page).unwrap().contains("<td>0</td><td>–</td><td>–</td><td>–</td>"));
}

/// Of every text in the files of a folder.
fn families(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let family = |line: &str| serde_json::from_str::<Value>(line).unwrap()["family"].as_str().unwrap().to_owned();
    files.flat_map(|file| fs::read_to_string(file).unwrap().lines().map(family).collect::<Vec<_>>()).collect()
}

#[test]
fn the_kinds_to_test_by_are_not_learnt_from() {
    let shared: Vec<_> = families("corpus").intersection(&families("corpus/unseen")).cloned().collect();
    assert!(shared.is_empty(), "in corpus/ and in corpus/unseen/: {shared:?}");
}
