//! `speechtag batch`: texts of many speeches in bounded memory, and tables whose last quote is not closed.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::{Value, json};

use crate::bench::{Bench, SPEECHTAG, batch, killed};

/// A text of our own that holds so many speeches, each with so many sentences.
fn shelf(speeches: usize, sentences: usize) -> String {
    let speech = |n: usize| {
        let audience = ["代表", "委员", "领导", "来宾", "同事"][n % 5];
        let work = ["春耕备耕", "安全生产", "招商引资", "防汛抗旱", "义务教育"][n % 5];
        let sentences = format!("要抓好落实，第{n}项任务月底前报政府办公室。").repeat(sentences);
        format!("各位{audience}：\n今天我们召开{work}工作会议，主要任务是部署今年任务。\n{sentences}\n谢谢大家！\n")
    };
    (0..speeches).map(speech).collect()
}

impl Bench {
    /// Records with the same text, as JSON Lines.
    fn repeated(&self, name: &str, count: usize, text: &str) -> String {
        let lines: String = (0..count).map(|n| json!({"id": n.to_string(), "text": text}).to_string() + "\n").collect();
        self.write(name, lines)
    }
}

#[test]
fn the_rows_of_a_text_share_it() {
    const SPEECHES: usize = 400;
    let bench = Bench::new();
    let text = shelf(SPEECHES, 45);
    assert!(text.len() > 1 << 20);
    let input = bench.repeated("in.jsonl", 1, &text);
    // All rows together would take half a gigabyte, and twice that on the way.
    for name in ["out.csv.zst", "out.parquet"] {
        let command = format!("ulimit -v 800000; exec {SPEECHTAG} batch {input} --output {}", bench.path(name));
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
    }

    let packed = zstd::Decoder::new(File::open(bench.path("out.csv.zst")).unwrap()).unwrap();
    let mut rows = csv::Reader::from_reader(packed);
    let header = rows.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (text_column, speech_column) = (column("text"), column("speech"));
    let mut count = 0;
    for row in rows.records() {
        let row = row.unwrap();
        assert!(row[text_column] == text && row[speech_column] == count.to_string(), "row {count}");
        count += 1;
    }
    assert_eq!(count, SPEECHES);

    let parquet = SerializedFileReader::new(File::open(bench.path("out.parquet")).unwrap()).unwrap();
    assert!(parquet.num_row_groups() > 1);
    let mut count = 0;
    for row in parquet.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let field = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
        assert!(matches!(field("text"), Field::Str(cell) if cell == text), "row {count}");
        assert_eq!(field("speech"), Field::Long(i64::try_from(count).unwrap()));
        count += 1;
    }
    assert_eq!(count, SPEECHES);
}

#[test]
fn a_run_killed_within_a_segment_goes_on_to_the_same_bytes() {
    let bench = Bench::new();
    // Three records to a segment, which has some 130 MiB of rows: eight blocks of CSV, four row groups.
    let input = bench.repeated("in.jsonl", 9, &shelf(30, 800));
    for name in ["out.csv.zst", "out.parquet"] {
        let (whole, output) = (bench.path(&format!("whole.{name}")), bench.path(name));
        batch(&[&input, "--output", &whole], 0);
        let arguments = [&*input, "--output", &output, "--resume", "--checkpoint-ms", "0"];
        let (partial, journal) = (format!("{output}.partial"), format!("{output}.journal"));
        let entry = |field: &str| {
            let journal: Option<Value> = fs::read(&journal).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            journal.and_then(|journal| journal.pointer(field)?.as_u64()).unwrap_or(0)
        };
        // More is written than the journal knows of: in the first segment, and in a later one.
        for done in [0, 1] {
            let within = || {
                let written = fs::metadata(&partial).map_or(0, |metadata| metadata.len());
                entry("/summary/records") >= done && written > entry("/output_bytes")
            };
            assert!(killed(&arguments, within), "{name}: done before it could be killed");
            assert_eq!(entry("/summary/records") % 3, 0, "{name}: goes on within a segment");
        }
        batch(&arguments, 0);
        assert!(!Path::new(&journal).exists());
        assert!(fs::read(&whole).unwrap() == fs::read(&output).unwrap(), "{name} differs");
    }
}

const WORDS: [&str; 4] = ["各乡镇要抓好春耕备耕", "各部门要抓好安全生产", "全市要抓好防汛抗旱", "各学校要抓好义务教育"];

#[test]
fn a_quote_left_open_is_a_fault_that_names_its_line() {
    let bench = Bench::new();
    let [a, b, c, d] = WORDS;
    let rest = format!("{b}\n3,{c}\n4,{d}");
    for (content, good, line, since, raw) in [
        // It takes all that follows, with or without a last line break, and whatever line breaks are.
        (format!("id,text\n1,\"{a}\n2,{rest}"), 0, 2, 2, format!("1,{a}\n2,{rest}")),
        (format!("id,text\n1,\"{a}\n2,{rest}\n"), 0, 2, 2, format!("1,{a}\n2,{rest}\n")),
        (format!("id,text\r\n1,\"{a}\r\n2,{b}\r\n"), 0, 2, 2, format!("1,{a}\r\n2,{b}\r\n")),
        // What stands before it stays.
        (format!("id,text\n1,{a}\n\n2,\"{b}\"\n3,\"{c}\n4,{d}\n"), 2, 5, 5, format!("3,{c}\n4,{d}\n")),
        // The quote is in another line than the record's first.
        (format!("id,text,note\n1,\"{a}\n{b}\",\"{c}\n\n2,{d},x\n"), 0, 2, 3, format!("1,{a}\n{b},{c}\n\n2,{d},x\n")),
        // Nothing follows; a doubled quote closes nothing.
        (format!("id,text\n1,{a}\n2,\""), 1, 3, 3, "2,".to_owned()),
        (format!("id,text\n1,\"{a}\"\""), 0, 2, 2, format!("1,{a}\"")),
    ] {
        for (name, delimiter) in [("in.csv", ","), ("in.tsv", "\t")] {
            let input = bench.write(name, content.replace(',', delimiter));
            let (output, errors) = (bench.path("out.jsonl"), bench.path("errors.jsonl"));
            batch(&[&input, "--output", &output, "--errors", &errors], 1);
            let failed = bench.lines("errors.jsonl");
            assert_eq!(failed.len(), 1, "{content}");
            let words = failed[0]["error"]["message"].as_str().unwrap();
            let wanted = format!("line {line}: quote left open since line {since}, ");
            assert!(words.starts_with(&wanted), "{words}; wanted {wanted}: {content}");
            assert_eq!((&failed[0]["record"], &failed[0]["line"]), (&json!(good + 1), &json!(line)), "{content}");
            assert_eq!(failed[0]["raw"], raw.replace(',', delimiter));
            let out = bench.lines("out.jsonl");
            assert!(out.len() == good + 1 && out[..good].iter().all(|line| line["speeches"].is_array()), "{out:?}");
        }
    }
    // A header that takes the whole file has no records to tell.
    let input = bench.write("in.csv", format!("id,\"text\n1,{a}\n2,{b}\n"));
    batch(&[&input, "--output", &bench.path("out.jsonl"), "--errors", &bench.path("errors.jsonl")], 1);
    let failed = bench.lines("errors.jsonl");
    assert_eq!(failed[0]["error"]["message"], "header: quote left open since line 1, to the end of the file");
}

#[test]
fn a_table_whose_quotes_are_closed_is_read_as_it_stands() {
    let bench = Bench::new();
    let [a, b, c, d] = WORDS;
    for (rows, texts) in [
        (vec![], vec![]),
        (
            vec![format!("1,{a}"), format!("2,{b}"), format!("3,{c}"), format!("4,{d}")],
            WORDS.map(str::to_owned).to_vec(),
        ),
        // A last field in quotes: alone, with line breaks, with quotes of its own, at its end too, or with nothing else.
        (vec![format!("1,\"{a}\"")], vec![a.to_owned()]),
        (vec![format!("1,{a}"), format!("2,\"{b}\n{c}\n\"")], vec![a.to_owned(), format!("{b}\n{c}\n")]),
        (vec![format!("1,\"{a}“\"\"{b}\"\"\"")], vec![format!("{a}“\"{b}\"")]),
        (vec![format!("1,{a}\"{b}")], vec![format!("{a}\"{b}")]),
        // Blank lines are no records, at the end as elsewhere.
        (vec![format!("1,{a}"), String::new(), format!("2,{b}"), String::new()], vec![a.to_owned(), b.to_owned()]),
    ] {
        for (line_break, last) in [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", ""), ("\n", "\n\n\n")] {
            let header = [String::from("id,text")];
            let lines: Vec<&str> = header.iter().chain(&rows).map(String::as_str).collect();
            let content = lines.join(line_break) + last;
            let input = bench.write("in.csv", &content);
            batch(&[&input, "--output", &bench.path("out.jsonl")], 0);
            let out = bench.lines("out.jsonl");
            let found: Vec<&str> = out.iter().map(|line| line["text"].as_str().unwrap()).collect();
            assert_eq!(found, texts, "{content:?}");
        }
    }
    let input = bench.write("in.csv", "");
    batch(&[&input, "--output", &bench.path("out.csv")], 0);
    // The break that is read behind the last line is no part of a header.
    assert!(fs::read_to_string(bench.path("out.csv")).unwrap().starts_with("id,text,"));
}
