//! The command line as a process: outputs, exit codes, bad input.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::bench::{Bench, json_lines};

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
    json_lines(&output.stdout)
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

/// A short text of our own.
fn text(work: &str) -> String {
    format!("同志们：今天我们召开全县{work}工作会议，总结去年，部署今年，请各乡镇抓好落实。")
}

#[test]
fn tag_and_batch_read_the_same_names_alike() {
    let bench = Bench::new();
    let object = |id: &str| json!({"id": id, "text": text("植树造林")}).to_string();
    for (name, content) in [
        ("in/东乡/讲话.txt", text("春耕")),
        ("in/西乡/讲话.txt", text("秋收")),
        ("in/a.ndjson", object("a1") + "\n" + &object("a2")),
        ("in/B.JSONL", object("b1") + "\n"),
        ("in/c.csv", format!("id,text\nc1,{}\n", text("防汛"))),
        ("in/d.json", format!("\u{feff}[ {},\n\n{}\n]\n", object("d1"), object("d2"))),
        ("in/e.json", json!({"id": "e1", "text": text("防火"), "more": {"n": [1, 2]}}).to_string()),
        ("in/f.json", object("f1") + &object("f2")),
        ("in/g.json", " [ ] ".to_owned()),
    ] {
        bench.write(name, content);
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(text("招商").as_bytes()).unwrap();
    bench.write("in/h.txt.gz", gz.finish().unwrap());
    let ids = |arguments: &[&str], input: &[u8]| {
        let output = speechtag(arguments, input);
        assert!(output.status.success(), "{output:?}");
        lines(&output).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let folder = bench.path("in");
    let expected = ["b1", "a1", "a2", "c1", "d1", "d2", "e1", "f1", "f2", "h.txt.gz", "东乡/讲话.txt", "西乡/讲话.txt"];
    assert_eq!(ids(&["tag", &folder], b""), expected);
    assert_eq!(ids(&["batch", &folder, "--quiet"], b""), expected);
    let array = format!("[\n {}, {}]", object("x"), object("y"));
    assert_eq!(ids(&["tag"], array.as_bytes()), ["x", "y"]);
    assert_eq!(ids(&["batch", "--quiet"], array.as_bytes()), ["x", "y"]);
    assert_eq!(ids(&["tag"], "[本刊讯]今天召开全县造林会议。".as_bytes()), ["-"]);
}

#[test]
fn json_that_goes_wrong_says_where() {
    let good = json!({"id": "a", "text": text("造林")}).to_string();
    for (input, said) in [
        (format!("[{good}, 7]"), "object 2: is none"),
        (format!("[{good} {good}]"), "object 2: has no comma before it"),
        (format!("[{good}"), "object 2: is missing: the file ends within its array"),
        (format!("[{good},"), "object 2: is missing: the file ends within its array"),
        (format!("[{good}] {good}"), "object 2: stands behind the end of the array"),
        (format!("[{good}, {{\"id\": }}]"), "object 2: is no JSON object: expected value"),
        (format!("[{good}, {{\"id\": \"b"), "object 2: is no JSON object: EOF"),
        (format!("[{good}, {{}}]"), "text: is missing in line 2"),
    ] {
        let output = speechtag(&["tag", "--input-format", "json"], input.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{input}: {output:?}");
        let lines = lines(&output);
        assert_eq!((lines.len(), &lines[0]["id"]), (2, &json!("a")), "{input}");
        assert!(lines[1]["error"]["message"].as_str().unwrap().contains(said), "{input}: {}", lines[1]);
    }
    let output = speechtag(&["tag", "--input-format", "json", "--encoding", "gb18030"], good.as_bytes());
    assert!(lines(&output)[0]["error"]["message"].as_str().unwrap().contains("JSON is UTF-8"));
}

#[test]
fn files_of_word_processors_are_refused_by_name() {
    let bench = Bench::new();
    for (name, begin) in [
        ("in/a.pdf", &b"%PDF-1.7\n1 0 obj"[..]),
        ("in/b.docx", b"PK\x03\x04\x14\0\x06\0word/document.xml"),
        ("in/c.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"),
        ("in/d.rtf", br"{\rtf1\ansi}"),
    ] {
        // A file beyond the limit of texts is what it is, too.
        bench.write(name, [begin, &vec![b' '; 5 << 20]].concat());
    }
    for command in [&["tag"][..], &["batch", "--quiet"]] {
        let output = speechtag(&[command, &[&bench.path("in")]].concat(), b"");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let lines = lines(&output);
        assert_eq!(lines.len(), 4);
        for (line, kind) in lines.iter().zip(["a PDF", "a ZIP", "a binary Office", "an RTF"]) {
            assert_eq!((&line["error"]["code"], &line["error"]["field"]), (&json!("INVALID_ARGUMENT"), &json!("data")));
            let said = line["error"]["message"].as_str().unwrap();
            assert!(said.contains(kind) && said.ends_with("convert it to text first"), "{said}");
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
        (&[0xff; 4096][..], "are no text in UTF-8"),
        (&big[..], "4194305 bytes or more exceed the limit of 4194304 bytes"),
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
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    for (arguments, code, said) in [
        (&["tag", "--axis", "colour"][..], 64, "no axis is called \"colour\""),
        (&["tag", "--model", "no/such/model"], 66, "no/such/model"),
        (&["tag", "no/such/page.txt"], 66, "no/such/page.txt"),
        (&["tag", "-", "--output-format", "xml"], 2, "xml"),
        (&["train", "examples", "--output", "target/none"], 66, "holds no records"),
        (&["evaluate", "corpus", "--cross-validate", "1"], 2, "1"),
        (
            &["serve", "--listen", "nowhere"],
            64,
            "server.listen: \"nowhere\" is no IP address and port, such as 127.0.0.1:",
        ),
        (&["serve", "--listen", "localhost:50051"], 64, "names of hosts are not looked up"),
        (&["serve", "--listen", &taken], 64, "server.listen: 127.0.0.1:"),
        (&["serve", "--listen", "127.0.0.1:0", "--metrics-listen", &taken], 64, "server.metrics_listen: 127.0.0.1:"),
        (&["batch", "examples/pages", "--output", "no/such/tags.jsonl"], 64, "--output: no/such/tags.jsonl"),
        (&["batch", "examples/pages", "--errors", "no/such/errors.jsonl"], 64, "--errors: no/such/errors.jsonl"),
        (&["batch", "no/such/folder"], 66, "no/such/folder"),
    ] {
        let output = speechtag(arguments, b"");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
        assert!(words.contains(said), "{arguments:?}: {words}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_missing_input() {
    for command in ["tag", "batch"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_speechtag")).args([command, "examples/pages"]).stdout(full).output();
        assert_eq!(output.unwrap().status.code(), Some(70), "{command}");
    }
}

#[test]
fn the_model_can_be_looked_at() {
    let output = speechtag(&["inspect", "models/speechtag-zh"], b"");
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && words.contains("government_work_report") && words.contains("政府工作报告"));
}
