//! The command line as a process: outputs, exit codes, bad input.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub fn speechtag(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_speechtag"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A process that refuses its arguments does not read.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_folder_becomes_json_lines() {
    let output = speechtag(&["tag", "examples/pages", "--output-format", "jsonl", "--evidence", "2"], b"");
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.len(), 6);
    let source = std::fs::read_to_string("examples/pages/collection.txt").unwrap();
    let chars: Vec<char> = source.chars().collect();
    for (i, line) in lines.iter().take(3).enumerate() {
        assert_eq!(line["id"], "collection.txt");
        assert_eq!(line["speech"], i);
        assert!(line["title"].as_str().unwrap().starts_with("农业农村工作讲话篇"));
        assert_eq!(line["model"]["sha256"].as_str().unwrap().len(), 64);
        for axis in ["document_type", "speaker_level", "topic"] {
            let tag = &line["tags"][axis];
            assert_eq!(tag["alternatives"].as_array().unwrap().len(), 3);
            for evidence in tag["evidence"].as_array().unwrap() {
                let at = |key: &str| usize::try_from(evidence[key].as_u64().unwrap()).unwrap();
                let cut: String = chars[at("start")..at("end")].iter().collect();
                assert_eq!(evidence["text"].as_str().unwrap(), cut);
            }
        }
    }
}

#[test]
fn copies_and_removals_are_listed_on_request() {
    let page = std::fs::read_to_string("examples/pages/crumbs.txt").unwrap();
    let record = |id: &str| serde_json::json!({"id": id, "text": page}).to_string() + "\n";
    let input = record("a") + &record("b");
    let arguments = ["tag", "-", "--input-format", "jsonl", "--output-format", "jsonl"];
    let plain = lines(&speechtag(&arguments, input.as_bytes()));
    assert!(plain.iter().all(|line| line["duplicate_of"].is_null() && line.get("removals").is_none()));
    let output = speechtag(&[&arguments[..], &["--compare", "--removals"]].concat(), input.as_bytes());
    let lines = lines(&output);
    assert!(lines[0]["duplicate_of"].is_null());
    assert_eq!((&lines[1]["duplicate_of"], &lines[1]["duplicate_of_id"]), (&Value::from(0), &Value::from("a")));
    let crumb = lines[0]["removals"].as_array().unwrap().iter().find(|r| r["rule"] == "page_crumb").unwrap();
    let at = |key: &str| usize::try_from(crumb[key].as_u64().unwrap()).unwrap();
    let cut: String = page.chars().skip(at("start")).take(at("end") - at("start")).collect();
    assert!(cut.trim().ends_with('、'), "{cut:?}");
}

#[test]
fn records_keep_their_order_and_bad_ones_do_not_stop_the_rest() {
    let good = "今天召开全县安全生产工作会议，各乡镇务必抓好落实，严防事故发生，确保一方平安。";
    let input = format!(
        "{{\"nr\":7,\"body\":\"{good}\"}}\n{{\"nr\":\"a\",\"body\":\"\"}}\nnot json\n{{\"nr\":\"a\",\"body\":\"{good}\"}}\n{{\"nr\":\"b\"}}\n{{\"nr\":\"c\",\"body\":\"{good}\"}}\n"
    );
    let arguments =
        ["tag", "-", "--input-format", "jsonl", "--output-format", "jsonl", "--id-field", "nr", "--text-field", "body"];
    let output = speechtag(&arguments, input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line["id"].as_str().unwrap(), line["error"]["field"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(seen, [("7", "-"), ("a", "text"), ("line 3", "line 3"), ("a", "nr"), ("b", "body"), ("c", "-")]);
    assert!(lines.iter().filter(|l| !l["error"].is_null()).all(|l| l["error"]["code"] == "INVALID_ARGUMENT"));
}

#[test]
fn strange_documents_get_a_clear_answer() {
    let big = vec![b'a'; 64 << 20];
    for (input, said) in [
        (&b""[..], "white space"),
        ("\u{feff} \r\n\u{3000}".as_bytes(), "white space"),
        (&[0xff; 4096][..], "not valid"),
        (&big[..], "exceed the limit of 4194304 bytes"),
    ] {
        let output = speechtag(&["tag", "-", "--output-format", "jsonl"], input);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let lines = lines(&output);
        assert!(lines[0]["error"]["message"].as_str().unwrap().contains(said), "{lines:?}");
    }
    for input in [
        "🎉🎊🎉",
        "2024 3.14 100%",
        "The quick brown fox jumps over the lazy dog.",
        "これは日本語の文章です。カタカナもあります。",
    ] {
        let output = speechtag(&["tag", "-", "--output-format", "jsonl"], input.as_bytes());
        assert!(output.status.success());
        let tag = &lines(&output)[0]["tags"]["document_type"];
        assert!(tag["in_scope"] == false, "{input}: {tag}");
    }
}

#[test]
fn wrong_use_has_its_exit_code_and_words() {
    for (arguments, code, said) in [
        (&["tag", "--axis", "colour"][..], 64, "no axis is called \"colour\""),
        (&["tag", "--model", "no/such/model"], 66, "no/such/model"),
        (&["tag", "no/such/page.txt"], 66, "no/such/page.txt"),
        (&["tag", "-", "--output-format", "xml"], 2, "xml"),
        (&["train", "examples", "--output", "target/none"], 66, "holds no records"),
        (&["evaluate", "corpus", "--cross-validate", "1"], 2, "1"),
        (&["serve", "--listen", "nowhere"], 64, "server.listen"),
    ] {
        let output = speechtag(arguments, b"");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
        assert!(words.contains(said), "{arguments:?}: {words}");
    }
}

#[test]
fn the_model_can_be_looked_at() {
    let output = speechtag(&["inspect", "models/speechtag-zh"], b"");
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && words.contains("government_work_report") && words.contains("政府工作报告"));
}
