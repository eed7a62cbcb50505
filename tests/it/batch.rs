//! `speechtag batch`: formats, order, failures, kills, services, memory.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{Bench, SPEECHTAG, batch, json_lines, killed};
use crate::cli::speechtag;
use crate::common::{Service, config, eventually};
use speechtag::service::{Config, Limits};

/// A short text of our own; no two numbers give the same.
fn text(n: usize) -> String {
    let place = ["县", "市", "省", "镇"][n % 4];
    let work = ["春耕备耕", "安全生产", "招商引资", "防汛抗旱", "义务教育"][n % 5];
    format!(
        "同志们：今天我们召开全{place}{work}工作会议，主要任务是总结去年工作，部署今年任务。\n一要认清形势。去年全{place}办结{n}件实事。\n二要抓好落实，第{}项任务月底前报{place}政府办公室。\n",
        n % 97
    )
}

impl Bench {
    /// `count` records, each of `repeat` texts.
    fn records(&self, name: &str, count: usize, repeat: usize) -> String {
        let mut out = String::new();
        for n in 0..count {
            let text: String = (0..repeat).map(|i| text(n * repeat + i)).collect();
            out += &json!({"id": format!("r{n}"), "year": 2000 + n % 20, "share": n as f64 / 8.0, "text": text})
                .to_string();
            out.push('\n');
        }
        self.write(name, out)
    }
}

fn unpacked(bytes: &[u8], name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    match Path::new(name).extension().unwrap().to_str().unwrap() {
        "gz" => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
        "zst" => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut out).unwrap(),
        _ => bytes.to_vec().as_slice().read_to_end(&mut out).unwrap(),
    };
    out
}

#[test]
fn every_format_holds_the_same_rows_in_order() {
    let bench = Bench::new();
    let input = bench.records("in.jsonl", 2_500, 1);
    for name in ["out.jsonl", "out.jsonl.gz", "out.csv", "out.csv.zst", "out.tsv", "out.parquet"] {
        batch(&[&input, "--output", &bench.path(name)], 0);
        assert!(!Path::new(&bench.path(&format!("{name}.journal"))).exists());
        assert!(!Path::new(&bench.path(&format!("{name}.partial"))).exists());
    }
    let lines = bench.lines("out.jsonl");
    let records = bench.lines("in.jsonl");
    assert_eq!(lines.len(), records.len());
    for (line, record) in lines.iter().zip(&records) {
        for field in ["id", "year", "share", "text"] {
            assert_eq!(line[field], record[field]);
        }
        assert_eq!(line["speeches"][0]["id"], record["id"]);
        assert_eq!(line["speeches"][0]["model"]["sha256"].as_str().unwrap().len(), 64);
    }
    assert_eq!(unpacked(&bench.read("out.jsonl.gz"), "out.jsonl.gz"), bench.read("out.jsonl"));
    assert_eq!(unpacked(&bench.read("out.csv.zst"), "out.csv.zst"), bench.read("out.csv"));

    // Parquet, read back, has the rows of the CSV and keeps its kinds.
    batch(&[&bench.path("out.parquet"), "--output", &bench.path("again.jsonl"), "--top-k", "1"], 0);
    batch(&[&bench.path("out.csv"), "--output", &bench.path("again.csv")], 0);
    let mut rows = csv::Reader::from_path(bench.path("out.csv")).unwrap();
    let header = rows.headers().unwrap().clone();
    let from_parquet = bench.lines("again.jsonl");
    assert_eq!(from_parquet.len(), 2_500);
    for (row, line) in rows.records().zip(&from_parquet) {
        for (column, cell) in header.iter().zip(row.unwrap().iter()) {
            let same = match &line[column] {
                Value::Null => cell.is_empty(),
                Value::String(text) => text == cell,
                other => cell == format!("{other}"),
            };
            assert!(same, "{column}: {} and {cell}", line[column]);
        }
    }
    assert!(from_parquet[0]["year"].is_i64() && from_parquet[0]["document_type_abstained"].is_boolean());
    // Columns of an earlier run stay; the new ones stand beside them.
    let again = String::from_utf8(bench.read("again.csv")).unwrap();
    assert!(again.lines().next().unwrap().contains("document_type,") && again.contains(",document_type_,"));
}

#[test]
fn folders_tables_and_encodings_are_read() {
    let bench = Bench::new();
    bench.write("in/a.txt", text(1));
    bench.write("in/b/page.html", format!("<html><body><p>{}</p><p>{}</p></body></html>", text(2), text(3)));
    bench.write("in/c.txt", encoding_rs::GB18030.encode(&text(4)).0);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(text(5).as_bytes()).unwrap();
    bench.write("in/d.txt.gz", gz.finish().unwrap());
    bench.write("in/e.csv", format!("编号,内容\n7,\"{}\"\n8,\"{}\"\n", text(6), text(7)));
    bench.write("in/f.txt", " \n");
    // The output may stand in the input's folder.
    let output = bench.path("in/out.csv");
    batch(&[&bench.path("in"), "--output", &output, "--text-field", "内容", "--id-field", "编号"], 1);
    let mut rows = csv::Reader::from_path(&output).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let ids: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(ids, ["a.txt", "b/page.html", "c.txt", "d.txt.gz", "7", "8", "f.txt"]);
    assert_eq!(&rows[2][1], text(4).as_str());
    assert!(rows[6].iter().any(|cell| cell.contains("white space")));

    let gb = format!("id,text\n1,\"{}\"\n", text(9));
    let table = bench.write("gb.csv", encoding_rs::GB18030.encode(&gb).0);
    assert!(batch(&[&table, "--output", &bench.path("gb.jsonl")], 1).contains("1 failed"));
    batch(&[&table, "--output", &bench.path("gb.jsonl"), "--encoding", "gb18030"], 0);
    assert_eq!(bench.lines("gb.jsonl")[0]["text"], text(9).as_str());
}

#[test]
fn standard_input_goes_to_standard_output() {
    let bench = Bench::new();
    let input = fs::read(bench.records("in.jsonl", 50, 1)).unwrap();
    let output = speechtag(&["batch", "--quiet", "--drop-text", "--axis", "topic", "--summary"], &input);
    assert!(output.status.success());
    let lines = json_lines(&output.stdout);
    assert_eq!(lines.len(), 50);
    assert!(lines.iter().all(|line| line.get("text").is_none() && line["speeches"][0]["tags"].get("topic").is_some()));
    assert!(lines.iter().all(|line| line["speeches"][0]["tags"].get("document_type").is_none()));
    assert!(String::from_utf8(output.stderr).unwrap().contains("speeches ┆"));
    for arguments in [&["--output-format", "parquet"][..], &["--output", "tags.docx"]] {
        assert!(batch(arguments, 64).contains("parquet"));
    }
    assert!(batch(&["no/such/folder"], 66).contains("no/such/folder"));
    assert!(batch(&["--resume"], 2).contains("--output"));
}

#[test]
fn what_fails_is_listed_and_the_rest_goes_on() {
    let bench = Bench::new();
    let long = format!("{{\"id\":\"long\",\"text\":\"{}\"}}", "长".repeat(6 << 20));
    let good = |id: &str| json!({"id": id, "text": text(1), "error": "from before"}).to_string();
    let lines = [&good("a"), "not json", "", r#"{"id":"b"}"#, r#"{"id":"c","text":7}"#, &long, &good("d")];
    let input = bench.write("in.jsonl", lines.join("\n"));
    bench.write("broken.jsonl.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3][..]);
    bench.write("open.csv", format!("id,text\n1,{}\n2,\"never closed\n3,x\n", text(2).replace('\n', " ")));
    bench.write("wide.csv", "id,text\n1,a,b,c\n");
    bench.write("broken.parquet", b"PAR1 broken \x08\0\0\0PAR1");
    let paths = ["broken.jsonl.gz", "broken.parquet", "open.csv", "wide.csv"].map(|name| bench.path(name));
    let [broken, parquet, open, wide] = paths.each_ref().map(String::as_str);
    let (output, errors) = (bench.path("out.jsonl"), bench.path("errors.jsonl"));
    batch(&[&input, broken, parquet, open, wide, "--output", &output, "--errors", &errors], 1);
    let failed = bench.lines("errors.jsonl");
    let said: Vec<(u64, &str)> =
        failed.iter().map(|f| (f["record"].as_u64().unwrap(), f["error"]["message"].as_str().unwrap())).collect();
    for ((record, said), (wanted, words)) in said.iter().zip([
        (2, "line 2: is no JSON object"),
        (3, "text: is missing in line 4"),
        (4, "text: in line 5 must be a string"),
        (5, "exceed the limit of 16777216 bytes"),
        (7, "broken.jsonl.gz"),
        (8, "broken.parquet"),
        (10, "line 3: quote left open since line 3"),
        (11, "4 fields, where the header has 2"),
    ]) {
        assert!(*record == wanted && said.contains(words), "record {record}: {said}; wanted {wanted}: {words}");
    }
    assert_eq!(failed[0]["raw"], "not json");
    assert_eq!(failed.len(), 8);
    let out = bench.lines("out.jsonl");
    assert_eq!(out.len(), 11);
    assert_eq!((&out[1]["id"], &out[1]["error"]["code"]), (&json!("in.jsonl line 2"), &json!("INVALID_ARGUMENT")));
    // A name that the input has already stays the input's.
    assert_eq!((&out[0]["error"], &out[5]["error"]), (&json!("from before"), &json!("from before")));
    assert!(out[5]["speeches"].is_array());
}

#[test]
fn nothing_in_gives_an_empty_output() {
    let bench = Bench::new();
    let input = bench.write("in.jsonl", "");
    for name in ["out.jsonl", "out.jsonl.gz", "out.csv.zst", "out.parquet"] {
        batch(&[&input, "--output", &bench.path(name)], 0);
        if name == "out.parquet" {
            batch(&[&bench.path(name), "--output", &bench.path("again.jsonl")], 0);
            assert_eq!(bench.read("again.jsonl"), b"");
        } else {
            let bytes = unpacked(&bench.read(name), name);
            assert_eq!(bytes.is_empty(), name.contains("jsonl"), "{name}");
        }
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let bench = Bench::new();
    // A row group of Parquet takes 16 MiB.
    let (small, large) = (bench.records("small.jsonl", 6_000, 2), bench.records("large.jsonl", 3_000, 24));
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for (name, input) in
        [("out.jsonl", &small), ("out.csv.gz", &small), ("out.jsonl.zst", &small), ("out.parquet", &large)]
    {
        let (whole, output) = (bench.path(&format!("whole.{name}")), bench.path(name));
        let begun = Instant::now();
        batch(&[input, "--output", &whole], 0);
        let time = begun.elapsed();
        let arguments = [input, "--output", &output, "--resume", "--checkpoint-ms", "0"];
        let journal = PathBuf::from(format!("{output}.journal"));
        let done = || -> u64 {
            let journal: Option<Value> = fs::read(&journal).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            journal.map_or(0, |journal| journal["summary"]["records"].as_u64().unwrap())
        };
        // Once after some records are surely done, and three times whenever.
        assert!(killed(&arguments, || done() > 0), "{name}: done before it could be killed");
        for _ in 0..3 {
            let (begun, wait) = (Instant::now(), time.mul_f64(random.f64()));
            killed(&arguments, || begun.elapsed() > wait);
        }
        let before = done();
        let words = batch(&arguments, 0);
        assert!(before == 0 || words.contains(&format!("going on after {before} records")), "{name}: {words}");
        assert!(bench.read(name) == bench.read(&format!("whole.{name}")), "{name} differs, seed {seed}");
    }
}

#[test]
fn a_run_goes_on_only_as_it_was_begun() {
    let bench = Bench::new();
    let input = bench.records("in.jsonl", 5_000, 8);
    let output = bench.path("out.jsonl");
    let begun = || Path::new(&bench.path("out.jsonl.journal")).exists();
    assert!(killed(&[&input, "--output", &output], begun));
    assert!(batch(&[&input, "--output", &output], 64).contains("--resume goes on"));
    let words = batch(&[&input, "--output", &output, "--resume", "--top-k", "2"], 64);
    assert!(words.contains("tagging.top_k was 3 when the run was begun and is 2"), "{words}");
    let other = bench.records("other.jsonl", 5_001, 8);
    assert!(batch(&[&other, "--output", &output, "--resume"], 64).contains("input.bytes was"));
    batch(&[&input, "--output", &output, "--restart"], 0);
    assert_eq!(bench.lines("out.jsonl").len(), 5_000);
}

#[test]
fn an_input_larger_than_the_memory_is_tagged() {
    let bench = Bench::new();
    // 1.5 GB of records, which a good part is blank, so that they stay small on the disk.
    let mut packed = zstd::Encoder::new(fs::File::create(bench.path("in.jsonl.zst")).unwrap(), 1).unwrap();
    let blank = " ".repeat(1 << 20);
    for n in 0..1_500 {
        writeln!(packed, "{}", json!({"id": n, "text": text(n), "note": blank})).unwrap();
    }
    packed.finish().unwrap();
    let command = format!(
        "ulimit -v 800000; exec {SPEECHTAG} batch {} --output {}",
        bench.path("in.jsonl.zst"),
        bench.path("out.jsonl.zst")
    );
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let packed = zstd::Decoder::new(fs::File::open(bench.path("out.jsonl.zst")).unwrap()).unwrap();
    assert_eq!(BufReader::new(packed).split(b'\n').count(), 1_500);
}

/// `speechtag serve` on a port of its own, which stays the same when it is started again.
struct Restartable {
    child: Child,
    port: u16,
}

impl Restartable {
    fn start(port: Option<u16>) -> Self {
        let port = port.unwrap_or_else(|| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        let child = Command::new(SPEECHTAG)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--metrics-listen", "127.0.0.1:0"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn kill(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.port
    }
}

impl Drop for Restartable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn services_give_the_bytes_that_the_process_gives() {
    let bench = Bench::new();
    bench.records("in/a.jsonl", 2_000, 2);
    bench.write("in/b.jsonl", format!("{}\nnot json\n{}\n", json!({"id": "blank", "text": " "}), json!({"id": "x"})));
    bench.write("in/c.txt", encoding_rs::GB18030.encode(&(text(1) + &text(2))).0);
    bench.write("in/d.txt", "长".repeat(2 << 20));
    let (one, two) = (Restartable::start(None), Restartable::start(None));
    let services = ["--endpoint", &one.url(), "--endpoint", &two.url()];
    // Tables have no columns for evidence.
    for (name, evidence) in [("out.jsonl", "2"), ("out.csv", "0")] {
        let (here, there) = (bench.path(name), bench.path(&format!("there.{name}")));
        let common = [&*bench.path("in"), "--evidence", evidence, "--title-field", "id"];
        batch(&[&common[..], &["--output", &here, "--errors", &bench.path("here.errors")]].concat(), 1);
        let errors = bench.path("there.errors");
        batch(&[&common[..], &services, &["--output", &there, "--errors", &errors]].concat(), 1);
        assert!(bench.read(name) == bench.read(&format!("there.{name}")), "{name} differs");
        assert!(bench.read("here.errors") == bench.read("there.errors"));
        assert_eq!(bench.lines("here.errors").len(), 4);
    }
}

#[test]
fn a_service_that_dies_and_comes_back_loses_and_repeats_nothing() {
    let bench = Bench::new();
    let input = bench.records("in.jsonl", 6_000, 8);
    batch(&[&input, "--output", &bench.path("here.jsonl")], 0);
    let service = Restartable::start(None);
    let output = bench.path("there.jsonl");
    let mut run = Command::new(SPEECHTAG)
        .args(["batch", &input, "--output", &output, "--endpoint", &service.url(), "--checkpoint-ms", "0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let partial = format!("{output}.partial");
    let written = || fs::metadata(&partial).map_or(0, |metadata| metadata.len());
    let mut service = Some(service);
    for _ in 0..2 {
        let before = written();
        while written() == before && run.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let port = service.take().unwrap().kill();
        std::thread::sleep(Duration::from_millis(300));
        service = Some(Restartable::start(Some(port)));
    }
    let output = run.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words}");
    assert!(words.contains("documents to be sent again"), "{words}");
    assert!(bench.read("here.jsonl") == bench.read("there.jsonl"), "the outputs differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_busy_is_asked_again_when_it_says_so() {
    let limits = Limits { workers: 1, max_streams: 1, ..Limits::default() };
    let service = Service::with(Config { limits, ..config() }).await;
    let (sender, mut requests) = tokio::sync::mpsc::channel(1);
    let requests = futures_util::stream::poll_fn(move |context| requests.poll_recv(context));
    let mut open = service.tagging().await.stream_tag_documents(requests).await.unwrap().into_inner();
    let bench = Bench::new();
    let input = bench.records("in.jsonl", 20, 1);
    let url = format!("http://{}", service.address);
    let mut run = Command::new(SPEECHTAG)
        .args(["batch", &input, "--output", &bench.path("out.jsonl"), "--endpoint", &url])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(run.stderr.take().unwrap()).lines();
    let first = tokio::task::spawn_blocking(move || (words.next().unwrap().unwrap(), words)).await.unwrap();
    assert!(first.0.contains("ResourceExhausted") && first.0.contains("sent again"), "{}", first.0);
    drop(sender);
    assert!(open.message().await.unwrap().is_none());
    eventually(|| run.try_wait().unwrap().is_some_and(|status| status.success())).await;
    assert_eq!(bench.lines("out.jsonl").len(), 20);
}

#[test]
fn a_service_that_refuses_or_is_not_there_ends_the_run() {
    let bench = Bench::new();
    let input = bench.records("in.jsonl", 20, 1);
    let begun = Instant::now();
    let output = bench.path("out.jsonl");
    let nobody = ["--endpoint", "http://127.0.0.1:1", "--patience", "0"];
    let words = batch(&[&[&*input, "--output", &output], &nobody[..]].concat(), 70);
    assert!(words.contains("http://127.0.0.1:1") && begun.elapsed() < Duration::from_secs(20), "{words}");
    let service = Restartable::start(None);
    let unknown = ["--endpoint", &service.url(), "--service-model", "nobody"];
    let words = batch(&[&[&*input, "--output", &output], &unknown[..]].concat(), 70);
    assert!(words.contains("nobody"), "{words}");
    let words = batch(&[&input, "--output", &output, "--endpoint", &service.url(), "--axis", "colour"], 64);
    assert!(words.contains("no axis is called \"colour\""), "{words}");
}
