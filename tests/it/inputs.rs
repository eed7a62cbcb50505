//! What `tag` and `batch` read: folders with odd things in them, encodings, and options that can't fit.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::bench::{Bench, SPEECHTAG, json_lines};
use crate::cli::speechtag;

/// A short text of our own.
fn text(work: &str) -> String {
    format!("同志们：今天我们召开全县{work}工作会议，总结去年，部署今年，请各乡镇抓好落实。")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Ids of the lines, and of those that failed what is wrong.
fn told(output: &Output) -> Vec<(String, String)> {
    let message = |line: &Value| line["error"]["message"].as_str().unwrap_or_default().to_owned();
    json_lines(&output.stdout).iter().map(|l| (l["id"].as_str().unwrap().to_owned(), message(l))).collect()
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_one_failed_record() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let bench = Bench::new();
    let other = bench.write("other.txt", text("春耕"));
    bench.write("in/a.txt", text("防汛"));
    bench.write("in/shut/b.txt", text("防火"));
    bench.write("in/z.txt", text("招商"));
    let set = |name: &str, mode| fs::set_permissions(bench.path(name), fs::Permissions::from_mode(mode)).unwrap();
    set("", 0o755);
    set("in/shut", 0o000);
    // Root reads everything, so another user does.
    let is_root = fs::read_dir(bench.path("in/shut")).is_ok();
    let program = bench.path("speechtag");
    fs::copy(SPEECHTAG, &program).unwrap();
    for command in ["tag", "batch"] {
        let run = |folder: &str| {
            let mut run = Command::new(&program);
            run.args([command, folder, &other]);
            if is_root {
                run.uid(65_534).gid(65_534);
            }
            run.output().unwrap()
        };
        let output = run(&bench.path("in"));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let lines = told(&output);
        let ids: Vec<_> = lines.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a.txt", "shut", "z.txt", "other.txt"]);
        let path = bench.path("in/shut");
        assert!(lines[1].1.contains(&path) && lines[1].1.contains("Permission denied"), "{lines:?}");
        let output = run(&bench.path("in/shut"));
        let lines = told(&output);
        assert_eq!((output.status.code(), lines[0].0.as_str(), lines.len()), (Some(1), "shut", 2), "{lines:?}");
    }
    set("in/shut", 0o755);
}

#[cfg(unix)]
#[test]
fn what_has_no_id_is_called_by_its_file() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    let record = json!({"text": text("造林")}).to_string() + "\n";
    bench.write("in/a.jsonl", record.clone() + "no json\n");
    bench.write("in/b/c.jsonl", json!({"id": 7, "text": text("造林")}).to_string() + "\n" + &record);
    symlink("nowhere", bench.path("in/gone.txt")).unwrap();
    symlink("loop.csv", bench.path("in/loop.csv")).unwrap();
    bench.write("in/torn.parquet", "PAR1");
    let errors = bench.path("errors.jsonl");
    let folder = bench.path("in");
    let expected =
        ["a.jsonl line 1", "a.jsonl line 2", "7", "b/c.jsonl line 2", "gone.txt", "loop.csv", "torn.parquet"];
    let ids = |told: Vec<(String, String)>| told.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let output = speechtag(&["tag", &folder], b"");
    assert_eq!((output.status.code(), ids(told(&output))), (Some(1), expected.map(str::to_owned).to_vec()));
    let output = speechtag(&["batch", &folder, "--errors", &errors], b"");
    let own = |line: &Value| line.get("speeches").map_or(&line["id"], |speeches| &speeches[0]["id"]).clone();
    let found: Vec<Value> = json_lines(&output.stdout).iter().map(own).collect();
    assert_eq!(found, expected);
    let failed: Vec<Value> = bench.lines("errors.jsonl").iter().map(|line| line["id"].clone()).collect();
    assert_eq!(failed, ["a.jsonl line 2", "gone.txt", "loop.csv", "torn.parquet"]);
    // Standard input has no name.
    let output = speechtag(&["tag", "--input-format", "jsonl"], record.as_bytes());
    assert_eq!(ids(told(&output)), ["line 1"]);
}

#[test]
fn hidden_files_are_read_only_if_they_are_named() {
    let bench = Bench::new();
    bench.write("in/a.txt", text("造林"));
    for name in ["in/.DS_Store", "in/._a.txt", "in/.git/b.txt", "only/.DS_Store"] {
        bench.write(name, text("防火"));
    }
    fs::create_dir(bench.path("empty")).unwrap();
    for command in ["tag", "batch"] {
        let output = speechtag(&[command, &bench.path("in")], b"");
        assert_eq!(told(&output), [("a.txt".to_owned(), String::new())]);
        let output = speechtag(&[command, &bench.path("in/._a.txt"), &bench.path("in/.git")], b"");
        let ids: Vec<_> = told(&output).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["._a.txt", "b.txt"]);
        for folder in ["empty", "only"] {
            let output = speechtag(&[command, &bench.path(folder)], b"");
            let words = said(&output);
            assert_eq!(output.status.code(), Some(66), "{words}");
            assert!(words.contains(&bench.path(folder)) && words.contains("holds no file to read"), "{words}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_if_it_is_named_and_told_of_if_not() {
    let bench = Bench::new();
    bench.write("in/a.txt", text("造林"));
    let pipe = bench.path("in/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for command in ["tag", "batch"] {
        let output = speechtag(&[command, &bench.path("in")], b"");
        assert!(output.status.success());
        assert_eq!(told(&output), [("a.txt".to_owned(), String::new())]);
        let warning = format!("{pipe}: is a pipe, a socket or a device and is passed over");
        assert_eq!(said(&output).matches(&warning).count(), 1, "{}", said(&output));
        // Named, it is a stream like standard input, whose first bytes tell its format.
        let child = Command::new(SPEECHTAG).args([command, &pipe]).stdout(Stdio::piped()).spawn().unwrap();
        let record = json!({"id": "p", "text": text("防汛")}).to_string();
        fs::File::options().write(true).open(&pipe).unwrap().write_all(record.as_bytes()).unwrap();
        assert_eq!(told(&child.wait_with_output().unwrap()), [("p".to_owned(), String::new())]);
    }
}

#[test]
fn tables_and_lines_in_utf_16_are_read() {
    let bench = Bench::new();
    let utf16 = |text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]| {
        let mark = mark.then_some(0xfeff);
        mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let (little, big): (fn(u16) -> [u8; 2], _) = (u16::to_le_bytes, u16::to_be_bytes);
    // 上 and 刊 hold the bytes of a line break and a comma.
    let words = text("上刊");
    let csv = format!("id,text,note\r\n1,{words},上刊\r\n2,\"{words}\",x\r\n");
    let jsonl = format!("{}\n{}\n", json!({"id": 1, "text": words}), json!({"id": 2, "text": words}));
    for (name, content, encoding) in [
        ("a.csv", utf16(&csv, true, little), None),
        ("b.csv", utf16(&csv, true, big), None),
        ("c.csv", utf16(&csv, false, little), Some("utf-16le")),
        ("d.tsv", utf16(&csv.replace(',', "\t"), true, little), Some("utf-16")),
        ("e.jsonl", utf16(&jsonl, true, little), None),
        ("f.jsonl", utf16(&jsonl, false, big), Some("utf-16be")),
        ("g.json", utf16(&format!("[{}]", jsonl.trim().replace('\n', ",")), true, big), None),
    ] {
        let path = bench.write(name, content);
        let encoding = encoding.map(|encoding| ["--encoding", encoding]);
        let options = encoding.as_ref().map(<[_; 2]>::as_slice).unwrap_or_default();
        for command in ["tag", "batch"] {
            let output = speechtag(&[&[command, &*path], options].concat(), b"");
            assert!(output.status.success(), "{name}: {output:?}");
            let lines = json_lines(&output.stdout);
            let id = |line: &Value| line["id"].as_str().map_or_else(|| line["id"].to_string(), str::to_owned);
            assert_eq!(lines.iter().map(id).collect::<Vec<_>>(), ["1", "2"], "{name}");
            if command == "batch" {
                assert!(lines.iter().all(|line| line["text"] == json!(words)), "{name}");
            }
        }
    }
    let gb = bench.write("gb.csv", encoding_rs::GB18030.encode(&csv).0);
    assert!(speechtag(&["tag", &gb, "--encoding", "gb18030"], b"").status.success());
}

#[test]
fn an_option_that_fits_nothing_is_one_error_before_the_first_record() {
    let bench = Bench::new();
    let csv = bench.write("in/a.csv", format!("编号,正文\n1,{}\n2,{}\n", text("防火"), text("防汛")));
    let good = bench.write("good.csv", format!("id,text\n1,{}\n", text("防火")));
    bench.write("empty.csv", "");
    let folder = bench.path("in");
    for command in ["tag", "batch"] {
        for (arguments, words) in [
            (vec![&*good, "--encoding", "klingon"], "--encoding: unknown encoding \"klingon\""),
            (vec![&csv], "a.csv is called \"text\"; there are: 编号, 正文"),
            (vec![&csv, "--text-field", "body"], "--text-field: no column of "),
            (vec![&*good, &csv], "a.csv is called \"text\"; there are: 编号, 正文"),
            (vec![&*good, "--top-k", "0"], "--top-k: must be at least 1, found 0"),
            (vec![&*good, "--min-confidence", "2"], "--min-confidence: must lie between 0 and 1, found 2"),
            (vec![&*good, "--axis", "topic", "--axis", "x"], "--axis: no axis is called \"x\""),
        ] {
            let output = speechtag(&[&[command], &*arguments].concat(), b"");
            let found = said(&output);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0), "{arguments:?}: {found}");
            assert!(found.contains(words) && found.lines().count() == 1, "{arguments:?}: {found}");
        }
        // In a folder it is the file's failure.
        let output = speechtag(&[command, &folder, &good], b"");
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(told.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a.csv", "1"]);
        assert!(told[0].1.contains("there are: 编号, 正文"), "{told:?}");
        assert!(speechtag(&[command, &bench.path("empty.csv")], b"").status.success());
    }
    for (option, value) in [("--evidence", "5"), ("--top-k", "9")] {
        let output = speechtag(&["batch", &good, "-o", &bench.path("out.csv"), option, value], b"");
        assert_eq!(output.status.code(), Some(64));
        assert!(said(&output).contains(&format!("{option}: is for JSON Lines")), "{}", said(&output));
    }
}

#[test]
fn offsets_count_a_second_mark() {
    let bench = Bench::new();
    let words = text("春耕");
    let file = bench.write("two.txt", format!("\u{feff}\u{feff}{words}"));
    let csv = bench.write("two.csv", format!("\u{feff}id,text\n1,\u{feff}{words}\n"));
    // What any decoder makes of it.
    let source: Vec<char> = format!("\u{feff}{words}").chars().collect();
    for input in [&file, &csv] {
        let output = speechtag(&["tag", input, "--output-format", "jsonl", "--evidence", "3"], b"");
        let line = &json_lines(&output.stdout)[0];
        let at = |value: &Value, key: &str| usize::try_from(value[key].as_u64().unwrap()).unwrap();
        assert_eq!((at(&line["span"], "start"), at(&line["span"], "end")), (1, source.len()), "{line}");
        assert_eq!(at(&line["span"], "byte_start"), 3);
        let evidence = line["tags"]["document_type"]["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty());
        for piece in evidence {
            let cut: String = source[at(piece, "start")..at(piece, "end")].iter().collect();
            assert_eq!(piece["text"], json!(cut));
        }
        let output = speechtag(&["batch", input], b"");
        let text: String = source.iter().collect();
        assert_eq!(json_lines(&output.stdout)[0]["text"], json!(text));
    }
}
