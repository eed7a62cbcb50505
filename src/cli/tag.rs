//! `speechtag tag`: files, folders or standard input in, tags out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use rayon::prelude::*;

use super::asked::{Asked, Fields, of_option};
use super::input::{InputFormat, Inventory, Reader, Reading, Record, check_reading, say_passed_over, sources};
use super::output::{Identity, Original, SpeechTable, json_error, json_lines};
use crate::document::Copies;
use crate::{DEFAULT_MAX_BYTES, Error, Options, Result, Tagging};

/// Tags files, folders or standard input. 标注文件、目录或标准输入。
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Input: texts and HTML pages of up to 4 MiB each, JSON Lines and JSON, CSV and TSV with a header, Parquet (a text in these: up to 4 MiB, too), .gz or .zst of them, and folders. The id of a file's only text is its path within the folder; a record without an id is called by its file and line. Within folders, hidden files, pipes and links to folders are passed over.\n\nOutput: docs/output.md lists all fields.\n\nExamples:\n  speechtag tag speech.txt\n  speechtag tag archive/ --output-format jsonl --evidence 5 > tags.jsonl\n  speechtag tag archive/ --compare --removals > tags.jsonl\n  cat pages.jsonl | speechtag tag - --input-format jsonl --text-field content"
)]
pub struct Args {
    /// Files or folders; - for standard input (the default). 文件或目录
    paths: Vec<PathBuf>,
    /// How to read. 输入格式
    #[arg(long, value_enum, default_value_t)]
    input_format: InputFormat,
    /// How to print (default: a table on a terminal, else jsonl). 输出格式
    #[arg(long, value_enum)]
    output_format: Option<OutputFormat>,
    /// Encoding of texts, CSV and JSON Lines, a WHATWG label such as gb18030 (default: texts detected, others UTF-8, or UTF-16 by
    /// its byte-order mark). 编码
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    Table,
    Jsonl,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let tagger = super::tagger(args.model.as_deref())?;
    let options = Options { sketch: args.compare, ..args.asked.options()? };
    tagger.check(&options).map_err(of_option)?;
    let model = Identity::of(tagger.model());
    let format =
        args.output_format.unwrap_or(if super::on_terminal() { OutputFormat::Table } else { OutputFormat::Jsonl });
    let mut table = SpeechTable::new(tagger.model(), &options.axes, super::on_terminal());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write = |line: &dyn std::fmt::Display| writeln!(out, "{line}").map_err(Error::io("standard output"));
    let mut failed = false;
    let mut seen = Seen::default();
    let mut reader = reader(args)?;
    let mut ids = Ids::default();
    while let Some(segment) = reader.segment() {
        let records: Vec<Record> =
            segment.records.into_iter().map(|record| ids.checked(record, &args.fields.id)).collect();
        let tagged: Vec<(Record, Result<Tagging>)> = records
            .into_par_iter()
            .map(|mut record| {
                let outcome = match record.fault.take() {
                    Some(fault) => Err(fault),
                    None => tagger.tag(&record.document(&args.fields), &options),
                };
                (record, outcome)
            })
            .collect();
        for (record, outcome) in tagged {
            let id = &record.id;
            let originals = outcome.as_ref().map_or_else(|_| Vec::new(), |tagging| seen.originals(id, tagging));
            match (format, outcome) {
                (OutputFormat::Table, Ok(tagging)) => {
                    let text = record.document(&args.fields).text;
                    table.add(id, &text, &tagging, &originals, tagger.model());
                }
                (OutputFormat::Jsonl, Ok(tagging)) => {
                    for line in json_lines(id, &tagging, &originals, args.removals, &model) {
                        write(&line)?;
                    }
                }
                (format, Err(e)) => {
                    failed = true;
                    match format {
                        OutputFormat::Table => table.add_error(id, &e),
                        OutputFormat::Jsonl => write(&json_error(id, &e))?,
                    }
                }
            }
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
            let mut original = Original::within(speech);
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

/// The input, with all paths there, and the options for it right.
fn reader(args: &Args) -> Result<Reader> {
    Inventory::of(sources(args.paths.clone(), Vec::new(), say_passed_over), args.input_format, &args.paths)?;
    let reading = Reading {
        format: args.input_format,
        encoding: args.encoding.clone(),
        fields: args.fields.clone(),
        max_text_bytes: DEFAULT_MAX_BYTES,
    };
    check_reading(&reading, &args.paths)?;
    Ok(Reader::new(reading, Box::new(sources(args.paths.clone(), Vec::new(), |_, _| ()))))
}

/// The ids of a file, each with its line.
#[derive(Default)]
struct Ids {
    source: Option<Arc<str>>,
    lines: BTreeMap<String, u64>,
}

impl Ids {
    /// The record, as one that fails if an earlier one of its file has its id: their answers could not be told apart.
    fn checked(&mut self, mut record: Record, field: &str) -> Record {
        if self.source.as_ref() != Some(&record.source) {
            *self = Self { source: Some(Arc::clone(&record.source)), lines: BTreeMap::new() };
        }
        if let Some(first) = self.lines.insert(record.id.clone(), record.line)
            && record.fault.is_none()
        {
            let message = format!("{:?} in line {} is also the id in line {first}", record.id, record.line);
            record.fault = Some(Error::invalid(field, message));
        }
        record
    }
}
