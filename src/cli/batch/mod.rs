//! `speechtag batch`: whole archives in and out.
//!
//! ```text
//! input ─▶ segments of records ─▶ tagged here (local) or by services (remote) ─▶ encoder ─▶ sink: output, errors, journal
//! ```
//!
//! Each arrow is a channel that holds one segment, so memory does not depend on the input's size. Segments and blocks depend
//! on the input alone, so a run that was killed goes on to the same bytes.

mod answer;
mod journal;
mod local;
mod output;
mod progress;
mod remote;
mod sink;
mod summary;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use self::answer::Tagged;
use self::journal::Journal;
use self::local::Local;
use self::output::{OutputFormat, Writing};
use self::progress::Progress;
use self::remote::Remote;
use self::sink::{Paths, Sink, place};
use self::summary::Summary;
use super::asked::{Asked, Fields, of_option};
use super::compression::Compression;
use super::input::{
    InputFormat, Inventory, PassedOver, Reader, Reading, Segment, canonical, check_reading, say_passed_over, sources,
};
use super::output::Identity;
use crate::{DEFAULT_MAX_BYTES, Error, Options, Result};

/// Tags whole archives, here or through a service. 批量标注整个档案
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // Flags of a command line are what they are.
#[command(after_help = "\
Input: JSON Lines, CSV and TSV with a header, Parquet, texts and HTML pages (a file is a record, its name the id), each also \
.gz or .zst, and folders of all of these. In a folder, links to files are followed; links to folders, pipes and hidden files \
(.name) are passed over. A text may have 4 MiB (or what the service says, with --endpoint), a record 16 MiB. A record without \
an id is called by its file and line.

Output: the input's records in the input's order. JSON Lines add `speeches`, in the format of `tag --output-format jsonl`, or \
`error`. CSV, TSV and Parquet have a row per speech: the input's columns again, then speech, span_start, span_end, \
speech_title, per axis its label, _confidence, _abstained, _in_scope, then duplicate_of, similarity, model_name, \
model_version, model_sha256, error_code, error. A name that the input has already gets an underscore behind it. Fields that \
fit no column stand as JSON in other_fields. docs/output.md lists all fields and columns.

A run that was stopped, even by kill -9, goes on with the same command and --resume: nothing is lost or done twice, and the \
output is the same, byte for byte. 中断后用同一命令加 --resume 续跑。

Examples:
  speechtag batch archive.jsonl --output tags.jsonl --errors failed.jsonl --summary
  speechtag batch archive/ --output tags.parquet --drop-text
  speechtag batch pages.csv.gz --text-field content --output tags.csv.zst --resume
  zcat archive.jsonl.gz | speechtag batch - --input-format jsonl > tags.jsonl
  speechtag batch archive.jsonl --output tags.jsonl --endpoint http://one:50051 --endpoint http://two:50051

Exit codes: 0 done, 1 done but some records failed, 2 usage, 64 bad configuration, 66 no input, 70 internal, or a service that \
does not answer")]
pub struct Args {
    /// Files or folders; - for standard input (the default). 文件或目录
    paths: Vec<PathBuf>,
    /// How to read. 输入格式
    #[arg(long, value_enum, default_value_t)]
    input_format: InputFormat,
    /// Where to write; - for standard output (the default), as JSON Lines if not said. 输出文件
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to write (default: by the name of --output). 输出格式
    #[arg(long, value_enum)]
    output_format: Option<OutputFormat>,
    /// One JSON line for every record that failed, and why. 失败清单
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Leave the text out of the output. 输出不含正文
    #[arg(long)]
    drop_text: bool,
    /// Begin CSV and TSV with a byte-order mark, by which Excel knows UTF-8. 供 Excel 打开
    #[arg(long)]
    bom: bool,
    /// Go on with a run that was stopped, or begin one. 续跑
    #[arg(long, requires = "output", conflicts_with = "restart")]
    resume: bool,
    /// Throw away what a run that was stopped has done. 重新开始
    #[arg(long)]
    restart: bool,
    /// Milliseconds between two moments to go on from; 0 for as often as possible. 记录进度的间隔
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    checkpoint_ms: u64,
    /// Count speeches by label at the end. 按标签汇总
    #[arg(long)]
    summary: bool,
    /// Say nothing on standard error but errors. 不显示进度
    #[arg(long, short)]
    quiet: bool,
    /// Encoding of texts, CSV and JSON Lines, a WHATWG label such as gb18030 (default: texts detected, others UTF-8, or UTF-16 by
    /// its byte-order mark). 编码
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    asked: Asked,
    /// Folder or file of the model (default: the shipped one). 模型
    #[arg(long, value_name = "DIR", conflicts_with = "endpoints")]
    model: Option<PathBuf>,
    #[command(flatten)]
    service: remote::Args,
}

impl Args {
    /// The file to write; nothing for standard output.
    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|output| *output != Path::new("-"))
    }
}

/// What tags: this process or services.
enum Engine {
    Local(Local),
    Remote(Box<Remote>),
}

impl Engine {
    fn new(args: &Args, options: &Options, progress: &Progress) -> Result<Self> {
        if args.service.is_asked() {
            return Remote::connect(&args.service, options, &args.fields, progress.voice())
                .map(|remote| Self::Remote(Box::new(remote)));
        }
        let tagger = super::tagger(args.model.as_deref())?;
        Local::new(tagger, options.clone(), args.fields.clone()).map(Self::Local)
    }

    fn model(&self) -> &Arc<Identity> {
        match self {
            Self::Local(local) => local.model(),
            Self::Remote(remote) => remote.model(),
        }
    }

    fn axes(&self) -> Vec<String> {
        match self {
            Self::Local(local) => local.axes(),
            Self::Remote(remote) => remote.axes(),
        }
    }

    fn max_text_bytes(&self) -> usize {
        match self {
            Self::Local(_) => DEFAULT_MAX_BYTES,
            Self::Remote(remote) => remote.max_text_bytes(),
        }
    }

    fn run(&self, segments: Receiver<Segment>, tagged: &Sender<Tagged>) -> Result<()> {
        match self {
            Self::Local(local) => {
                local.run(segments, tagged);
                Ok(())
            }
            Self::Remote(remote) => remote.run(segments, tagged),
        }
    }
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let ours = ours(args)?;
    let passed_over: PassedOver = if args.quiet { |_, _| () } else { say_passed_over };
    let found = sources(args.paths.clone(), ours.clone(), passed_over);
    let inventory = Inventory::of(found, args.input_format, &args.paths)?;
    let (format, compression) = output_format(args)?;
    let mut progress = Progress::new(inventory.bytes, args.quiet);
    let options = args.asked.options().map_err(of_option)?;
    let engine = Engine::new(args, &options, &progress).map_err(of_option)?;
    let asked = &args.asked.axes;
    let writing = Writing {
        format,
        compression,
        drop_text: args.drop_text,
        bom: args.bom,
        fields: args.fields.clone(),
        axes: engine.axes().into_iter().filter(|axis| asked.is_empty() || asked.contains(axis)).collect(),
        regular: inventory.regular,
    };
    let reading = Reading {
        format: args.input_format,
        encoding: args.encoding.clone(),
        fields: args.fields.clone(),
        max_text_bytes: engine.max_text_bytes(),
    };
    check_reading(&reading, &args.paths)?;
    let errors = args.errors.as_deref();
    let sink = match args.file() {
        None => Sink::stdout(writing, errors)?,
        Some(output) => {
            let paths = Paths::new(output);
            let journal =
                begin(args, &paths, settings(args, &options, &inventory, &reading, &writing, engine.model()))?;
            progress.begin(journal.summary.records);
            if journal.finished {
                place(&paths, &journal, format == OutputFormat::Parquet)?;
                return report(args, &journal.summary, &progress);
            }
            Sink::file(paths, writing, errors, journal, Duration::from_millis(args.checkpoint_ms))?
        }
    };
    let (done, digest) = (sink.summary().records, sink.digest().to_owned());
    let paths = args.paths.clone();
    let reader = move || {
        let mut reader = Reader::new(reading, Box::new(sources(paths, ours, |_, _| ())));
        reader.skip(done, &digest).map(|()| reader)
    };
    let summary = pipeline(engine, reader, sink, &mut progress)?;
    report(args, &summary, &progress)
}

/// Reads, tags and writes, each on its own threads.
fn pipeline(
    engine: Engine,
    reader: impl FnOnce() -> Result<Reader> + Send + 'static,
    mut sink: Sink,
    progress: &mut Progress,
) -> Result<Summary> {
    let (to_engine, segments) = channel(1);
    let (to_sink, mut tagged) = channel(1);
    let reading = spawn("reader", move || {
        let mut reader = reader()?;
        while let Some(segment) = reader.segment() {
            if to_engine.blocking_send(segment).is_err() {
                break;
            }
        }
        Ok(())
    })?;
    let tagging = spawn("tagger", move || engine.run(segments, &to_sink))?;
    // An error leaves the threads to the end of the process: one may wait for standard input.
    while let Some(tagged) = tagged.blocking_recv() {
        sink.add(&tagged)?;
        progress.update(sink.summary(), tagged.position);
    }
    join(tagging)?;
    join(reading)?;
    sink.end()
}

fn spawn(name: &str, work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<JoinHandle<Result<()>>> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::io("thread"))
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| Err(Error::Internal("a thread of the batch panicked".to_owned())))
}

/// The journal to go on with, or a new one.
fn begin(args: &Args, paths: &Paths, settings: Value) -> Result<Journal> {
    match Journal::read(&paths.journal) {
        Ok(Some(journal)) if args.resume => journal.check(&settings).map(|()| journal),
        Ok(Some(_)) if !args.restart => {
            let there = paths.journal.display();
            let message =
                format!("{there} is there from a run that was stopped: --resume goes on, --restart begins anew");
            Err(Error::invalid("--output", message))
        }
        Err(error) if !args.restart => Err(error),
        _ => Ok(Journal { settings, ..Journal::default() }),
    }
}

/// Everything the output's bytes depend on.
fn settings(
    args: &Args,
    options: &Options,
    input: &Inventory,
    reading: &Reading,
    writing: &Writing,
    model: &Identity,
) -> Value {
    json!({
        "speechtag": env!("CARGO_PKG_VERSION"),
        "input": input,
        "reading": reading,
        "writing": writing,
        "errors": args.errors,
        "tagging": {
            "top_k": options.top_k, "evidence": options.evidence, "min_confidence": options.min_confidence,
            "axes": options.axes, "split": options.split, "clean": options.clean, "priors": options.priors,
        },
        "model": model,
    })
}

fn output_format(args: &Args) -> Result<(OutputFormat, Compression)> {
    let (by_name, compression) = match args.file() {
        None => (Some(OutputFormat::Jsonl), Compression::None),
        Some(output) => OutputFormat::by_name(output),
    };
    let format = args.output_format.or(by_name).ok_or_else(|| {
        let name = args.file().unwrap_or(Path::new("-")).display();
        let endings = ".jsonl, .csv, .tsv (with .gz or .zst, if you like) nor in .parquet";
        Error::invalid("--output", format!("{name}: ends neither in {endings}"))
    })?;
    if format == OutputFormat::Parquet && (compression != Compression::None || args.file().is_none()) {
        return Err(Error::invalid("--output-format", "parquet needs an --output FILE.parquet"));
    }
    if args.bom && !matches!(format, OutputFormat::Csv | OutputFormat::Tsv) {
        return Err(Error::invalid("--bom", "is for CSV and TSV"));
    }
    if format != OutputFormat::Jsonl {
        let asked = [("--evidence", args.asked.evidence > 0), ("--top-k", args.asked.top_k.is_some())];
        if let Some((option, _)) = asked.iter().find(|(_, asked)| *asked) {
            return Err(Error::invalid(*option, "is for JSON Lines; CSV, TSV and Parquet have no column for it"));
        }
    }
    Ok((format, compression))
}

/// The files this command writes, which are no input even if they stand in an input's folder.
///
/// # Errors
/// If one is an input by name, or is to be written twice: either would be lost.
fn ours(args: &Args) -> Result<Vec<PathBuf>> {
    if args.resume && args.file().is_none() {
        return Err(Error::invalid("--resume", "needs an --output FILE, not standard output"));
    }
    let beside = ["", ".partial", ".journal", ".journal.new", ".whole"];
    let beside = |output| beside.map(|suffix| canonical(&journal::with_suffix(output, suffix)));
    let output: Vec<PathBuf> = args.file().into_iter().flat_map(beside).collect();
    let errors = args.errors.as_deref().map(|path| (path, canonical(path)));
    if let Some((path, _)) = errors.as_ref().filter(|(_, errors)| output.contains(errors)) {
        return Err(Error::invalid("--errors", format!("{} is written for --output already", path.display())));
    }
    for path in args.paths.iter().filter(|path| *path != Path::new("-")) {
        let input = canonical(path);
        let option = if output.contains(&input) {
            "--output"
        } else if errors.as_ref().is_some_and(|(_, errors)| *errors == input) {
            "--errors"
        } else {
            continue;
        };
        let message =
            "is an input, and would be written over; the folder it stands in, named as the input, is read without it";
        return Err(Error::invalid(option, format!("{} {message}", path.display())));
    }
    // It is written where it is, under all its names. The output is not: it takes another file's place.
    if let Some(errors) = args.errors.as_deref().filter(|errors| has_other_name(errors)) {
        let message = format!("{} has another name (a hard link), which would be written over, too", errors.display());
        return Err(Error::invalid("--errors", message));
    }
    Ok(output.into_iter().chain(errors.map(|(_, errors)| errors)).collect())
}

#[cfg(unix)]
fn has_other_name(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.nlink() > 1)
}

#[cfg(not(unix))]
fn has_other_name(_: &Path) -> bool {
    false
}

/// The last words, and the exit code.
fn report(args: &Args, summary: &Summary, progress: &Progress) -> Result<ExitCode> {
    progress.end(summary);
    if args.summary {
        let table = summary.table();
        match args.file() {
            Some(_) => super::say(table)?,
            None => progress.voice().say(format_args!("summary\n{table}")),
        }
    }
    Ok(if summary.failed > 0 { ExitCode::from(super::SOME_FAILED) } else { ExitCode::SUCCESS })
}
