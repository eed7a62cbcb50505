//! `speechtag tag`: files, folders or standard input in, tags out.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rayon::prelude::*;
use serde_json::Value;
use walkdir::WalkDir;

use super::asked::{Asked, Fields};
use super::output::{Identity, Original, SpeechTable, json_error, json_lines};
use crate::document::{Copies, decode};
use crate::{Document, Error, Options, Result, Tagging};

/// Tags files, folders or standard input. 标注文件、目录或标准输入。
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  speechtag tag speech.txt\n  speechtag tag archive/ --output-format jsonl --evidence 5 > tags.jsonl\n  speechtag tag archive/ --compare --removals > tags.jsonl\n  cat pages.jsonl | speechtag tag - --input-format jsonl --text-field content"
)]
pub struct Args {
    /// Files or folders; - for standard input (the default). 文件或目录
    paths: Vec<PathBuf>,
    /// How to read: auto takes *.jsonl as JSON Lines, all else as text. 输入格式
    #[arg(long, value_enum, default_value_t)]
    input_format: InputFormat,
    /// How to print (default: a table on a terminal, else jsonl). 输出格式
    #[arg(long, value_enum)]
    output_format: Option<OutputFormat>,
    /// Encoding of text files, a WHATWG label such as gb18030 (default: detected). 编码
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    asked: Asked,
    /// Look for copies of a speech in all documents, not just within each. 跨文档查重
    #[arg(long)]
    compare: bool,
    /// List in the first line of each document what cleaning removed (jsonl). 列出清除内容
    #[arg(long)]
    removals: bool,
    /// Folder or file of the model (default: the shipped one). 模型
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum InputFormat {
    #[default]
    Auto,
    Text,
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    Table,
    Jsonl,
}

/// A document read, or why it could not be.
type Item = (String, Result<Document<'static>>);

/// Documents tagged side by side before their answers are printed.
const CHUNK: usize = 256;

pub fn run(args: &Args) -> Result<ExitCode> {
    let tagger = super::tagger(args.model.as_deref())?;
    let options = Options { sketch: args.compare, ..args.asked.options()? };
    tagger.check(&options)?;
    let model = Identity::of(tagger.model());
    let format =
        args.output_format.unwrap_or(if super::on_terminal() { OutputFormat::Table } else { OutputFormat::Jsonl });
    let mut table = SpeechTable::new(tagger.model(), &options.axes, super::on_terminal());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write = |line: &dyn std::fmt::Display| writeln!(out, "{line}").map_err(Error::io("standard output"));
    let mut failed = false;
    let mut seen = Seen::default();
    for source in sources(&args.paths)? {
        let mut items = items(args, &source)?;
        while !items.is_empty() {
            let rest = items.split_off(CHUNK.min(items.len()));
            let tagged: Vec<(String, Result<(Document, Tagging)>)> = items
                .into_par_iter()
                .map(|(id, document)| {
                    let outcome = document
                        .and_then(|document| tagger.tag(&document, &options).map(|tagging| (document, tagging)));
                    (id, outcome)
                })
                .collect();
            for (id, outcome) in tagged {
                let originals =
                    outcome.as_ref().map_or_else(|_| Vec::new(), |(_, tagging)| seen.originals(&id, tagging));
                match (format, outcome) {
                    (OutputFormat::Table, Ok((document, tagging))) => {
                        table.add(&id, &document.text, &tagging, &originals, tagger.model());
                    }
                    (OutputFormat::Jsonl, Ok((_, tagging))) => {
                        for line in json_lines(&id, &tagging, &originals, args.removals, &model) {
                            write(&line)?;
                        }
                    }
                    (format, Err(e)) => {
                        failed = true;
                        match format {
                            OutputFormat::Table => table.add_error(&id, &e),
                            OutputFormat::Jsonl => write(&json_error(&id, &e))?,
                        }
                    }
                }
            }
            items = rest;
        }
    }
    if format == OutputFormat::Table {
        write(&table)?;
    }
    out.flush().map_err(Error::io("standard output"))?;
    Ok(if failed { ExitCode::from(super::SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// The speeches seen so far that have sketches, and where they stand.
#[derive(Default)]
struct Seen {
    copies: Copies,
    places: Vec<(String, usize)>,
}

impl Seen {
    /// Which speech each speech of a document repeats: one of the same document, else one of an earlier document.
    fn originals(&mut self, id: &str, tagging: &Tagging) -> Vec<Option<Original>> {
        let mut originals = Vec::new();
        for (number, speech) in tagging.speeches.iter().enumerate() {
            let mut original =
                speech.duplicate_of.map(|copy| Original { id: None, speech: copy.of, similarity: copy.similarity });
            if let (None, Some(sketch)) = (&original, &speech.sketch) {
                original = self.copies.add(sketch).and_then(|copy| {
                    let (id, speech) = self.places.get(copy.of)?.clone();
                    Some(Original { id: Some(id), speech, similarity: copy.similarity })
                });
                self.places.push((id.to_owned(), number));
            }
            originals.push(original);
        }
        originals
    }
}

/// Where documents come from.
enum Source {
    Stdin,
    File(PathBuf),
}

/// The paths, with folders unfolded in the order of their names.
fn sources(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut out = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            out.push(Source::Stdin);
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|e| {
                let source = e.into_io_error().unwrap_or_else(|| std::io::Error::other("links in a circle"));
                Error::Io { path: path.clone(), source }
            })?;
            if entry.file_type().is_file() {
                out.push(Source::File(entry.into_path()));
            }
        }
    }
    if paths.is_empty() {
        out.push(Source::Stdin);
    }
    Ok(out)
}

fn items(args: &Args, source: &Source) -> Result<Vec<Item>> {
    let (name, bytes) = match source {
        Source::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(Error::io("standard input"))?;
            ("-".to_owned(), bytes)
        }
        Source::File(path) => {
            let name =
                path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
            (name, fs::read(path).map_err(Error::io(path))?)
        }
    };
    let lines = match args.input_format {
        InputFormat::Jsonl => true,
        InputFormat::Text => false,
        InputFormat::Auto => {
            Path::new(&name).extension().is_some_and(|e| e == "jsonl")
                || (name == "-" && without_mark(&bytes).trim_ascii_start().starts_with(b"{"))
        }
    };
    if lines {
        return Ok(records(args, &bytes));
    }
    let document = decode(&bytes, args.encoding.as_deref()).map(|decoded| Document::new(decoded.text));
    Ok(vec![(name, document)])
}

/// Without the byte-order mark of UTF-8, which no JSON begins with.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The records of a JSON Lines file. A line that is no record is a document that fails.
fn records(args: &Args, bytes: &[u8]) -> Vec<Item> {
    let mut lines_of_ids: BTreeMap<String, usize> = BTreeMap::new();
    without_mark(bytes)
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(number, line)| {
            let number = number + 1;
            let (id, document) = match serde_json::from_slice::<Value>(line) {
                Ok(value) => record(args, &value, number),
                Err(e) => (
                    format!("line {number}"),
                    Err(Error::invalid(format!("line {number}"), format!("is no JSON object: {e}"))),
                ),
            };
            if let Some(first) = lines_of_ids.insert(id.clone(), number) {
                let message = format!("{id:?} in line {number} is also the id in line {first}");
                return (id, Err(Error::invalid(args.fields.id.clone(), message)));
            }
            (id, document)
        })
        .collect()
}

fn record(args: &Args, value: &Value, number: usize) -> Item {
    let id = match value.get(&args.fields.id) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => format!("line {number}"),
    };
    let document = match value.get(&args.fields.text) {
        Some(Value::String(text)) => {
            let title = value.get(&args.fields.title).and_then(Value::as_str).map(|title| title.to_owned().into());
            Ok(Document { text: text.clone().into(), title })
        }
        Some(_) => Err(Error::invalid(args.fields.text.clone(), format!("in line {number} must be a string"))),
        None => Err(Error::invalid(args.fields.text.clone(), format!("is missing in line {number}"))),
    };
    (id, document)
}
