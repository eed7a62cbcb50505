//! `speechtag batch`: what is read, what is refused to be read or written, and what is not lost.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use crate::bench::{Bench, json_lines};
use crate::cli::speechtag;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// A short text of our own.
fn text(n: usize) -> String {
    let work = ["春耕备耕", "安全生产", "招商引资", "防汛抗旱", "义务教育"][n % 5];
    format!("同志们：今天我们召开全县{work}工作会议，部署今年任务。去年全县办结{n}件实事，今年要抓好落实。\n")
}

fn line(n: usize) -> String {
    json!({"id": format!("r{n}"), "text": text(n)}).to_string() + "\n"
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["id"].as_str().unwrap()).collect()
}

/// Runs `batch` and wants this exit code.
fn batch(arguments: &[&str], input: &[u8], code: i32) -> (Output, String) {
    let output = speechtag(&[&["batch"], arguments].concat(), input);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
    (output, words)
}

#[test]
fn no_input_is_written_over_and_no_file_is_written_twice() {
    let bench = Bench::new();
    let input = bench.write("x.jsonl", line(1));
    let other = bench.write("y.jsonl", line(2));
    // A user's own file, though its name is that of a file beside an output.
    let partial = bench.write("z.jsonl.partial", line(3));
    let before = bench.names();
    let roundabout = format!("{}/./x.jsonl", bench.path(""));
    let (output, errors) = (bench.path("z.jsonl"), bench.path("z.jsonl.journal"));
    for (arguments, option, path) in [
        (vec![&input, "--output", &input], "--output", &input),
        (vec![&other, &input, "--output", &roundabout], "--output", &input),
        (vec![&roundabout, "--output", &input, "--restart"], "--output", &roundabout),
        (vec![&input, "--output", &input, "--resume"], "--output", &input),
        (vec![&partial, "--output-format", "jsonl", "--output", &output], "--output", &partial),
        (vec![&input, "--errors", &input], "--errors", &input),
        (vec![&input, "--output", &output, "--errors", &output], "--errors", &output),
        (vec![&input, "--output", &output, "--errors", &errors], "--errors", &errors),
    ] {
        let (_, words) = batch(&arguments, b"", 64);
        assert!(words.contains(&format!("{option}: {path}")), "{arguments:?}: {words}");
    }
    assert_eq!(bench.names(), before);
    assert_eq!((bench.lines("x.jsonl").len(), bench.lines("y.jsonl").len()), (1, 1));
    assert_eq!(bench.lines("z.jsonl.partial").len(), 1);
}

#[test]
fn an_output_found_in_a_folder_is_no_input() {
    let bench = Bench::new();
    bench.write("in/a.jsonl", line(1) + "not json\n");
    let (output, errors) = (bench.path("in/out.jsonl"), bench.path("in/errors.jsonl"));
    for _ in 0..2 {
        batch(&[&bench.path("in"), "--output", &output, "--errors", &errors], b"", 1);
        assert_eq!(bench.lines("in/out.jsonl").len(), 2);
        assert_eq!(bench.lines("in/errors.jsonl").len(), 1);
    }
    // The same file is refused where it is named beside the folder, as a shell does for in/*.
    let (_, words) = batch(&[&bench.path("in"), &output, "--output", &output], b"", 64);
    assert!(words.contains("is an input") && words.contains("the folder it stands in"), "{words}");
    assert_eq!(bench.lines("in/out.jsonl").len(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_input_is_the_input() {
    let bench = Bench::new();
    let input = bench.write("x.jsonl", line(1));
    let link = bench.path("link.jsonl");
    std::os::unix::fs::symlink(&input, &link).unwrap();
    for arguments in [[&*link, "--output", &*input], [&input, "--output", &link], [&input, "--errors", &link]] {
        let (_, words) = batch(&arguments, b"", 64);
        assert!(words.contains("is an input"), "{arguments:?}: {words}");
        assert_eq!(bench.lines("x.jsonl").len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_two_names_is_not_written_over() {
    let bench = Bench::new();
    let input = bench.write("in/x.jsonl", line(1));
    let errors = bench.path("errors.jsonl");
    fs::hard_link(&input, &errors).unwrap();
    for input in [&input, &bench.path("in")] {
        let (_, words) = batch(&[input, "--output", &bench.path("out.jsonl"), "--errors", &errors], b"", 64);
        assert!(words.contains("--errors") && words.contains("another name"), "{words}");
    }
    // An output takes the place of one name, and the other keeps what it has.
    batch(&[&input, "--output", &errors], b"", 0);
    assert_eq!((bench.lines("in/x.jsonl").len(), bench.lines("errors.jsonl").len()), (1, 1));
    assert!(bench.lines("in/x.jsonl")[0].get("speeches").is_none());
}

#[test]
fn tables_of_excel_are_read_and_written() {
    let bench = Bench::new();
    let text = |n: usize| text(n).trim().to_owned();
    let gb = format!("编号,正文\r\n1,{}\r\n", text(1));
    let gb = bench.write("gb.csv", encoding_rs::GB18030.encode(&gb).0);
    let fields = ["--id-field", "编号", "--text-field", "正文"];
    let errors = bench.path("errors.jsonl");
    let to = ["--output", &bench.path("out.csv"), "--errors", &errors];
    batch(&[&[&*gb], &fields[..], &to].concat(), b"", 1);
    let said = &bench.lines("errors.jsonl")[0]["error"];
    assert_eq!(said["field"], "header");
    assert!(said["message"].as_str().unwrap().contains("--encoding names another one, such as gb18030"), "{said}");
    batch(&[&[&*gb, "--encoding", "gb18030", "--bom"], &fields[..], &to].concat(), b"", 0);
    let out = bench.read("out.csv");
    assert!(out.starts_with(&[MARK, "编号,正文,speech".as_bytes()].concat()), "{}", String::from_utf8_lossy(&out));
    // What was written with a mark is read again.
    let (output, _) = batch(&[&[&*bench.path("out.csv")], &fields[..]].concat(), b"", 0);
    assert_eq!(json_lines(&output.stdout)[0]["编号"], "1");
    let (_, words) = batch(&["--bom"], b"", 64);
    assert!(words.contains("--bom: is for CSV and TSV"), "{words}");
}

#[test]
fn rows_have_the_lines_that_an_editor_shows() {
    let bench = Bench::new();
    let errors = bench.path("errors.jsonl");
    let rows = ["id,text", "1,\"one\nof two\"", "wrong,a,b", "3,three", "wrong,a,b", "5,\"open"];
    for (end, mark) in [("\n", ""), ("\r\n", ""), ("\r\n", "\u{feff}")] {
        let input = bench.write("in.csv", mark.to_owned() + &rows.join(end));
        batch(&[&input, "--output", &bench.path("out.jsonl"), "--errors", &errors], b"", 1);
        let lines: Vec<u64> = bench.lines("errors.jsonl").iter().map(|e| e["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [4, 6, 7], "{end:?}");
    }
}

/// A Parquet file of columns that do not say what their bytes hold.
fn bare_parquet(path: &str, columns: &[(&str, Vec<Vec<u8>>)]) {
    let fields: Vec<String> = columns.iter().map(|(name, _)| format!("REQUIRED BYTE_ARRAY {name}; ")).collect();
    let schema = parse_message_type(&format!("message bare {{ {}}}", fields.concat())).unwrap();
    let mut file =
        SerializedFileWriter::new(fs::File::create(path).unwrap(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    for (_, values) in columns {
        let values: Vec<ByteArray> = values.iter().cloned().map(ByteArray::from).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    file.close().unwrap();
}

#[test]
fn bytes_of_parquet_that_nothing_calls_text_are_text_or_a_fault() {
    let bench = Bench::new();
    let path = bench.path("bare.parquet");
    let of = |values: [&[u8]; 4]| Vec::from(values.map(<[u8]>::to_vec));
    let texts = [text(1), text(2), text(3), text(4)];
    let gb = encoding_rs::GB18030.encode(&texts[1]).0.into_owned();
    bare_parquet(
        &path,
        &[
            ("id", of([b"one", b"two", b"three", b"\xff4"])),
            ("title", of(["讲话".as_bytes(), b"", b"\xfe", b""])),
            ("body", of([texts[0].as_bytes(), &gb, texts[2].as_bytes(), texts[3].as_bytes()])),
            ("note", of([b"one", b"two", b"three", b"four"])),
        ],
    );
    let (output, errors) = (bench.path("out.jsonl"), bench.path("errors.jsonl"));
    batch(&[&path, "--text-field", "body", "--output", &output, "--errors", &errors], b"", 1);
    let out = bench.lines("out.jsonl");
    assert_eq!(out.len(), 4);
    assert_eq!((&out[0]["id"], &out[0]["title"], &out[0]["body"]), (&json!("one"), &json!("讲话"), &json!(texts[0])));
    assert!(out[0]["speeches"].is_array());
    // What is not asked for stays bytes.
    assert_eq!(out[0]["note"], "b25l");
    let failed = bench.lines("errors.jsonl");
    let faults: Vec<_> = failed.iter().map(|f| (f["record"].as_u64().unwrap(), &f["error"]["field"])).collect();
    assert_eq!(faults, [(2, &json!("body")), (3, &json!("title")), (4, &json!("id"))]);
    assert!(
        failed[0]["error"]["message"].as_str().unwrap().contains("line 2 is neither marked as text nor valid UTF-8")
    );
}

#[test]
fn a_mark_before_json_lines_hides_nothing() {
    let bench = Bench::new();
    for head in ["", "\n \n"] {
        let marked = [MARK, head.as_bytes(), line(1).as_bytes(), line(2).as_bytes()].concat();
        let (output, words) = batch(&[], &marked, 0);
        assert_eq!(ids(&json_lines(&output.stdout)), ["r1", "r2"], "{words}");
        let input = bench.write("in.jsonl", &marked);
        let (output, words) = batch(&[&input], b"", 0);
        assert_eq!(ids(&json_lines(&output.stdout)), ["r1", "r2"], "{words}");
    }
    // A pipe that gives the mark alone first.
    let mut child = Command::new(env!("CARGO_BIN_EXE_speechtag"))
        .args(["batch", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    for part in [&MARK[..2], &MARK[2..], b" ", line(1).as_bytes()] {
        pipe.write_all(part).unwrap();
        pipe.flush().unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(pipe);
    assert_eq!(ids(&json_lines(&child.wait_with_output().unwrap().stdout)), ["r1"]);
    // A mark before a text is none of the text, and a text is no JSON Lines.
    let (output, _) = batch(&[], &[MARK, text(1).as_bytes()].concat(), 0);
    let out = json_lines(&output.stdout);
    assert_eq!((ids(&out), &out[0]["text"]), (vec!["-"], &json!(text(1))));
}

#[test]
fn capitals_in_a_name_change_nothing() {
    let bench = Bench::new();
    bench.write("in/DATA.CSV", format!("id,text\nc1,{}\nc2,{}\n", text(1).trim(), text(2).trim()));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(line(3).as_bytes()).unwrap();
    bench.write("in/More.JsonL.GZ", gz.finish().unwrap());
    bench.write("in/Rows.Tsv", format!("id\ttext\nt1\t{}\n", text(4).trim()));
    bench.write("in/Text.TXT", text(5));
    bare_parquet(&bench.path("in/ZZ.PARQUET"), &[("id", vec![b"p1".to_vec()]), ("text", vec![text(6).into_bytes()])]);
    let (output, words) = batch(&[&bench.path("in")], b"", 0);
    assert_eq!(ids(&json_lines(&output.stdout)), ["c1", "c2", "r3", "t1", "Text.TXT", "p1"], "{words}");
}

#[cfg(unix)]
#[test]
fn links_to_files_are_read_and_links_to_folders_are_named() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    bench.write("in/a.txt", text(1));
    bench.write("elsewhere/b.txt", text(2));
    bench.write("elsewhere/c.jsonl", line(3));
    symlink("../elsewhere/b.txt", bench.path("in/b.txt")).unwrap();
    symlink(bench.path("elsewhere/c.jsonl"), bench.path("in/c.jsonl")).unwrap();
    symlink("../elsewhere", bench.path("in/folder")).unwrap();
    symlink(".", bench.path("in/loop")).unwrap();
    let output = bench.path("in/out.jsonl");
    for round in 0..2 {
        let (_, words) = batch(&[&bench.path("in"), "--output", &output], b"", 0);
        assert_eq!(ids(&bench.lines("in/out.jsonl")), ["a.txt", "b.txt", "r3"], "{words}");
        for folder in ["in/folder", "in/loop"] {
            let warning = format!("{}: links to a folder", bench.path(folder));
            assert_eq!(words.matches(&warning).count(), 1, "{words}");
        }
        // A link to the output is no input either.
        if round == 0 {
            symlink("out.jsonl", bench.path("in/latest.jsonl")).unwrap();
        }
    }
    assert_eq!(batch(&[&bench.path("in"), "--output", &output, "--quiet"], b"", 0).1, "");
    // A link that is named is read, whatever it leads to.
    let (read, words) = batch(&[&bench.path("in/folder"), &bench.path("in/b.txt")], b"", 0);
    assert_eq!(ids(&json_lines(&read.stdout)), ["b.txt", "r3", "b.txt"]);
    assert!(!words.contains("links to a folder"), "{words}");
    // One that leads nowhere is a record that failed.
    symlink("nowhere.txt", bench.path("in/gone.txt")).unwrap();
    symlink("self.txt", bench.path("in/self.txt")).unwrap();
    let errors = bench.path("errors.jsonl");
    batch(&[&bench.path("in"), "--output", &output, "--errors", &errors], b"", 1);
    let failed = bench.lines("errors.jsonl");
    let said: Vec<&str> = failed.iter().map(|f| f["error"]["message"].as_str().unwrap()).collect();
    assert!(said.len() == 2 && said[0].contains("gone.txt") && said[1].contains("self.txt"), "{said:?}");
}

#[test]
fn a_text_written_anew_at_its_length_is_not_gone_on_with() {
    let bench = Bench::new();
    // One segment of texts is done, and the next one waits for standard input.
    for n in 0..1_024 {
        bench.write(&format!("in/{n:04}.txt"), text(n));
    }
    let (folder, output) = (bench.path("in"), bench.path("out.jsonl"));
    let arguments = [&*folder, "-", "--output", &output, "--resume", "--checkpoint-ms", "0"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_speechtag"))
        .arg("batch")
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let done = || -> u64 {
        let bytes = fs::read(format!("{output}.journal")).unwrap_or_default();
        serde_json::from_slice(&bytes).map_or(0, |journal: Value| journal["summary"]["records"].as_u64().unwrap())
    };
    let begun = Instant::now();
    while done() < 1_024 {
        assert!(begun.elapsed() < Duration::from_secs(100) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let (was, is) = (text(7), text(7).replace("去年", "前年"));
    assert!(was != is && was.len() == is.len());
    bench.write("in/0007.txt", is);
    let (_, words) = batch(&arguments, text(9).as_bytes(), 64);
    assert!(words.contains("the first 1024 records of the input are not those that were done"), "{words}");
    // Written as it was, whenever that is, it is the text that was done.
    bench.write("in/0007.txt", was);
    let (_, words) = batch(&arguments, text(9).as_bytes(), 0);
    assert!(words.contains("going on after 1024 records"), "{words}");
    batch(&[&folder, "-", "--output", &bench.path("whole.jsonl")], text(9).as_bytes(), 0);
    assert!(fs::read(&output).unwrap() == fs::read(bench.path("whole.jsonl")).unwrap(), "the outputs differ");
    assert_eq!(bench.lines("out.jsonl").len(), 1_025);
}

#[test]
fn a_dash_is_standard_output() {
    let input = line(1) + &line(2);
    let (output, words) = batch(&["--output", "-", "--summary"], input.as_bytes(), 0);
    assert_eq!(ids(&json_lines(&output.stdout)), ["r1", "r2"]);
    assert!(words.contains("speeches ┆"), "{words}");
    let (_, without) = batch(&["--output-format", "parquet"], b"", 64);
    let (_, with) = batch(&["--output-format", "parquet", "--output", "-"], b"", 64);
    assert!(with == without && with.contains("parquet needs an --output FILE"), "{with}");
    let (_, words) = batch(&["--output", "-", "--resume"], b"", 64);
    assert!(words.contains("--resume: needs an --output FILE"), "{words}");
    assert!(!Path::new("-").exists() && !Path::new("-.journal").exists());
}

#[test]
fn a_name_that_promises_compression_gets_it_whoever_says_the_format() {
    let bench = Bench::new();
    let input = bench.write("in.jsonl", line(1) + &line(2));
    batch(&[&input, "--output", &bench.path("plain.jsonl")], b"", 0);
    let plain = fs::read(bench.path("plain.jsonl")).unwrap();
    for name in ["tags.gz", "TAGS.GZ", "tags.json.zst"] {
        batch(&[&input, "--output-format", "jsonl", "--output", &bench.path(name)], b"", 0);
        let packed = fs::read(bench.path(name)).unwrap();
        let mut out = Vec::new();
        if name.ends_with("zst") {
            zstd::stream::copy_decode(&*packed, &mut out).unwrap();
        } else {
            std::io::copy(&mut flate2::read::MultiGzDecoder::new(&*packed), &mut out).unwrap();
        }
        assert!(out == plain, "{name}");
    }
    let (_, words) = batch(&[&input, "--output-format", "parquet", "--output", &bench.path("t.parquet.gz")], b"", 64);
    assert!(words.contains("parquet needs an --output FILE.parquet"), "{words}");
}

#[test]
fn names_of_outputs_are_read_in_capitals_too() {
    let bench = Bench::new();
    let input = bench.write("in.jsonl", line(1));
    for (name, first) in [
        ("a.CSV", &b"id,"[..]),
        ("b.Jsonl", b"{\"id\""),
        ("c.TSV.GZ", &[0x1f, 0x8b]),
        ("d.csv.Zst", &[0x28, 0xb5]),
        ("e.PARQUET", b"PAR1"),
    ] {
        batch(&[&input, "--output", &bench.path(name)], b"", 0);
        assert!(bench.read(name).starts_with(first), "{name}");
    }
    let (_, words) = batch(&[&input, "--output", &bench.path("f.Parquet.GZ")], b"", 64);
    assert!(words.contains("f.Parquet.GZ: ends neither in .jsonl"), "{words}");
}

#[test]
fn a_row_of_parquet_may_be_as_long_as_any_record() {
    let bench = Bench::new();
    let path = bench.path("in.parquet");
    let note = |bytes: usize| vec![b'a'; bytes];
    bare_parquet(
        &path,
        &[("text", vec![text(1).into_bytes(), text(2).into_bytes()]), ("note", vec![note(17 << 20), note(1 << 20)])],
    );
    batch(&[&path, "--output", &bench.path("out.jsonl"), "--drop-text"], b"", 1);
    let lines = bench.lines("out.jsonl");
    let error = &lines[0]["error"];
    assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_ARGUMENT"), &json!("line 1")));
    assert!(error["message"].as_str().unwrap().contains("exceed the limit of 16777216 bytes"), "{error}");
    assert!(lines[1].get("speeches").is_some());
}
