//! Documents per second in process and through the service, on the same texts in one run: `cargo bench --bench throughput`.
//!
//! The service is a process of its own (`speechtag serve` with its defaults), called from this one over loopback, so that
//! callers and service share the processors. Everybody takes turns, round after round, and his best round counts: what
//! disturbs a machine only ever takes speed away. `-- --json` prints the numbers of the round for `benches/peers/speed.py`,
//! `--rounds N` says how many; `--write FOLDER` writes the texts there and stops; `--fasttext-serving URL,URL,…` also calls
//! those services, after jieba has cut the text in this process.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at what it does not expect"
)]

#[path = "common/server.rs"]
mod server;
#[path = "common/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use rayon::prelude::*;
use serde_json::json;
use server::{Server, processor_time};
use speechtag::service::pb;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::{Document, Options, Tagger};
use texts::Sample;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

/// One turn of everybody lasts at least this long.
const TURN: Duration = Duration::from_millis(1500);
/// Callers of unary calls, on one connection.
const CALLERS: usize = 64;
const BATCH: usize = 64;
/// Batches under way at once, so that the service works while the caller reads an answer.
const BATCHES: usize = 2;

type Client = TaggingServiceClient<Channel>;

/// What a turn has shown, per second.
#[derive(Clone, Copy, Default)]
struct Rate {
    documents: f64,
    /// Documents per second of processor time of the process that tags.
    per_processor: f64,
}

/// The best turns of everybody, by name.
type Rates = BTreeMap<&'static str, Rate>;

/// A turn: `work` tags documents until the time is up and says how many; `process` is the one that tags.
fn turn(rates: &mut Rates, name: &'static str, used: impl Fn() -> f64, work: impl FnOnce(Instant) -> usize) {
    let (begun, before) = (Instant::now(), used());
    let documents = work(begun + TURN) as f64;
    let (seconds, used) = (begun.elapsed().as_secs_f64(), used() - before);
    let best = rates.entry(name).or_default();
    best.documents = best.documents.max(documents / seconds);
    best.per_processor = best.per_processor.max(documents / used);
}

/// Whole walks through `texts` until `end`; the number of texts.
fn walks(texts: &[String], end: Instant, mut walk: impl FnMut()) -> usize {
    let mut documents = 0;
    while Instant::now() < end {
        walk();
        documents += texts.len();
    }
    documents
}

fn in_process(rates: &mut Rates, tagger: &Tagger, jieba: &jieba_rs::Jieba, two: &rayon::ThreadPool, sample: &Sample) {
    let texts = &sample.texts;
    let own = || processor_time("self");
    let (plain, reasons) = (Options::default(), Options { evidence: 5, ..Options::default() });
    let tag = |text: &String, options| drop(black_box(tagger.tag(&Document::new(text.as_str()), options)));
    turn(rates, "jieba", own, |end| {
        walks(texts, end, || texts.iter().for_each(|text| drop(black_box(jieba.cut(text, false)))))
    });
    turn(rates, "one_thread", own, |end| walks(texts, end, || texts.iter().for_each(|text| tag(text, &plain))));
    turn(rates, "one_thread_evidence", own, |end| {
        walks(texts, end, || texts.iter().for_each(|text| tag(text, &reasons)))
    });
    turn(rates, "two_threads", own, |end| {
        walks(texts, end, || two.install(|| texts.par_iter().for_each(|text| tag(text, &plain))))
    });
}

fn document(text: &str) -> pb::Document {
    pb::Document { content: Some(pb::document::Content::Text(text.to_owned())), ..Default::default() }
}

fn options(evidence: u32) -> pb::TagOptions {
    pb::TagOptions { evidence, ..Default::default() }
}

/// `callers` take texts in turn, each one call after the other, until `end`; `call` says how many documents it was about.
async fn calls<F: Future<Output = usize> + Send>(
    callers: usize,
    end: Instant,
    call: impl Fn(usize) -> F + Clone + Send + 'static,
) -> usize {
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (next, call) = (Arc::clone(&next), call.clone());
        running.spawn(async move {
            let mut documents = 0;
            while Instant::now() < end {
                documents += call(next.fetch_add(1, Ordering::Relaxed)).await;
            }
            documents
        });
    }
    running.join_all().await.into_iter().sum()
}

async fn unary(client: Client, texts: Arc<Vec<String>>, evidence: u32, end: Instant) -> usize {
    calls(CALLERS, end, move |i| {
        let (mut client, texts) = (client.clone(), Arc::clone(&texts));
        async move {
            let document = texts.get(i % texts.len()).map(|text| document(text));
            let request = pb::TagDocumentRequest { document, options: Some(options(evidence)) };
            let answer = client.tag_document(request).await.expect("an answer");
            usize::from(answer.into_inner().document.is_some())
        }
    })
    .await
}

async fn batches(client: Client, texts: Arc<Vec<String>>, end: Instant) -> usize {
    calls(BATCHES, end, move |i| {
        let (client, texts) = (client.clone(), Arc::clone(&texts));
        async move {
            let documents = texts.iter().cycle().skip(i * BATCH % texts.len()).take(BATCH).map(|text| document(text));
            let request = pb::BatchTagDocumentsRequest { documents: documents.collect(), options: None };
            let answer = client.max_decoding_message_size(usize::MAX).batch_tag_documents(request).await;
            answer.expect("an answer").into_inner().results.len()
        }
    })
    .await
}

async fn streaming(mut client: Client, texts: Arc<Vec<String>>, evidence: u32, end: Instant) -> usize {
    let endless = (0..).map(move |i: usize| {
        let document = texts.get(i % texts.len()).map(|text| document(text));
        pb::StreamTagDocumentsRequest { document, options: Some(options(evidence)) }
    });
    let requests = stream::iter(endless.take_while(move |_| Instant::now() < end));
    let answers = client.stream_tag_documents(requests).await.expect("a stream").into_inner();
    answers.map(|answer| usize::from(answer.expect("an answer").result.is_some())).fold(0, async |n, m| n + m).await
}

fn through_the_service(rates: &mut Rates, runtime: &Runtime, server: &Server, client: &Client, sample: &Sample) {
    let texts = Arc::new(sample.texts.clone());
    let own = || server.processor_time();
    let with = || (client.clone(), Arc::clone(&texts));
    let ((c1, t1), (c2, t2), (c3, t3), (c4, t4), (c5, t5)) = (with(), with(), with(), with(), with());
    turn(rates, "unary", own, |end| runtime.block_on(unary(c1, t1, 0, end)));
    turn(rates, "batch", own, |end| runtime.block_on(batches(c2, t2, end)));
    turn(rates, "stream", own, |end| runtime.block_on(streaming(c3, t3, 0, end)));
    turn(rates, "unary_evidence", own, |end| runtime.block_on(unary(c4, t4, 5, end)));
    turn(rates, "stream_evidence", own, |end| runtime.block_on(streaming(c5, t5, 5, end)));
}

/// Messages of fasttext-serving's contract, as far as we need them.
mod fasttext {
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Request {
        #[prost(string, required, tag = "1")]
        pub text: String,
        #[prost(uint32, optional, tag = "2")]
        pub k: Option<u32>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Response {
        #[prost(message, repeated, tag = "1")]
        pub predictions: Vec<Prediction>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Prediction {
        #[prost(string, repeated, tag = "1")]
        pub labels: Vec<String>,
        #[prost(float, repeated, packed = "false", tag = "2")]
        pub probs: Vec<f32>,
    }
}

/// Cuts texts, sends them to each of `services` in one call, and says how many texts were answered by all.
async fn fasttext_call(services: &[Channel], jieba: &jieba_rs::Jieba, texts: &[&String]) -> usize {
    let cut: Vec<String> = texts
        .iter()
        .map(|text| jieba.cut(&text.replace('\n', " "), false).iter().map(|t| t.word).collect::<Vec<_>>().join(" "))
        .collect();
    let path = http::uri::PathAndQuery::from_static("/fasttext_serving.FasttextServing/predict");
    let ask = services.iter().map(|service| {
        let requests: Vec<_> = cut.iter().map(|text| fasttext::Request { text: text.clone(), k: Some(3) }).collect();
        let (mut service, path) = (tonic::client::Grpc::new(service.clone()), path.clone());
        async move {
            service.ready().await.expect("fasttext-serving is there");
            let codec = tonic_prost::ProstCodec::<fasttext::Request, fasttext::Response>::default();
            let request = tonic::Request::new(stream::iter(requests));
            let answer = service.client_streaming(request, path, codec).await.expect("an answer");
            answer.into_inner().predictions.iter().filter(|prediction| !prediction.labels.is_empty()).count()
        }
    });
    futures_util::future::join_all(ask).await.into_iter().min().unwrap_or_default()
}

fn fasttext_turns(
    rates: &mut Rates,
    runtime: &Runtime,
    services: &[Channel],
    jieba: &Arc<jieba_rs::Jieba>,
    sample: &Sample,
) {
    let texts = Arc::new(sample.texts.clone());
    let one = services.get(..1).unwrap_or_default();
    for (name, services, many) in
        [("fasttext_one_axis", one, 1), ("fasttext_all_axes", services, 1), ("fasttext_one_axis_64", one, BATCH)]
    {
        let (texts, jieba, services) = (Arc::clone(&texts), Arc::clone(jieba), services.to_vec());
        let callers = if many == 1 { CALLERS } else { BATCHES };
        turn(
            rates,
            name,
            || processor_time("self"),
            |end| {
                runtime.block_on(calls(callers, end, move |i| {
                    let (texts, jieba, services) = (Arc::clone(&texts), Arc::clone(&jieba), services.clone());
                    async move {
                        let some: Vec<&String> = texts.iter().cycle().skip(i * many % texts.len()).take(many).collect();
                        fasttext_call(&services, &jieba, &some).await
                    }
                }))
            },
        );
    }
}

/// The value behind a flag.
fn flag(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn write(folder: &Path) {
    for sample in texts::samples() {
        let lines: Vec<String> = sample.texts.iter().map(|text| json!(text).to_string()).collect();
        std::fs::write(folder.join(format!("{}.jsonl", sample.chars)), lines.join("\n")).expect("a folder to write to");
    }
}

fn main() {
    if let Some(folder) = flag("--write") {
        return write(folder.as_ref());
    }
    let json = std::env::args().any(|argument| argument == "--json");
    let rounds = flag("--rounds").map_or(3, |rounds| rounds.parse::<usize>().expect("a number of rounds"));
    let samples = texts::samples();
    let tagger = Tagger::shipped().expect("the shipped model");
    let jieba = Arc::new(jieba_rs::Jieba::new());
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let runtime = Runtime::new().expect("a runtime");

    let (server, client) = runtime.block_on(async {
        let server = Server::start("info").await;
        let client = Client::connect(server.endpoint.clone()).await.expect("a connection");
        (server, client)
    });
    let at_start = server.memory();
    let services: Vec<Channel> = runtime.block_on(async {
        let urls = flag("--fasttext-serving").unwrap_or_default();
        let urls = urls.split(',').filter(|url| !url.is_empty()).map(str::to_owned);
        urls.map(|url| Endpoint::from_shared(url).expect("an address").connect_lazy()).collect()
    });
    let mut rates = [Rates::new(), Rates::new()];
    for _ in 0..rounds {
        for (rates, sample) in rates.iter_mut().zip(&samples) {
            in_process(rates, &tagger, &jieba, &two, sample);
            through_the_service(rates, &runtime, &server, &client, sample);
            if !services.is_empty() {
                fasttext_turns(rates, &runtime, &services, &jieba, sample);
            }
        }
    }
    let (start, memory) = (server.start.as_secs_f64(), server.memory());
    if json {
        let lengths: serde_json::Map<String, serde_json::Value> = samples
            .iter()
            .zip(&rates)
            .map(|(sample, rates)| {
                let of = |what: fn(&Rate) -> f64| {
                    rates.iter().map(|(name, rate)| (*name, what(rate))).collect::<BTreeMap<_, _>>()
                };
                let numbers = json!({
                    "texts": sample.texts.len(),
                    "bytes": sample.bytes(),
                    "documents_per_s": of(|rate| rate.documents),
                    "documents_per_processor_s": of(|rate| rate.per_processor),
                });
                (sample.chars.to_string(), numbers)
            })
            .collect();
        let memory = json!({ "start": at_start, "after": memory });
        println!("{}", json!({ "lengths": lengths, "memory_mib": memory, "start_s": start }));
        return;
    }
    println!("documents per second; one thread in process is 1\n\n| | 500 characters | 5,000 |\n|---|---|---|");
    let [short, long] = &rates;
    for (name, rate) in short {
        let of =
            |rates: &Rates, rate: &Rate| rate.documents / rates.get("one_thread").map_or(f64::NAN, |one| one.documents);
        let other = long.get(name).copied().unwrap_or_default();
        println!("| {name} | {:.2} | {:.2} |", of(short, rate), of(long, &other));
    }
    println!("\n{start:.2} s from start to SERVING; {at_start:.0} MiB resident then, {memory:.0} after the load");
}
