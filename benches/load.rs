//! The service at twice what it can do: `cargo bench --bench load -- [MINUTES]` (10 if not said).
//!
//! Starts `speechtag serve` as a process and calls it from this one, over eight connections, on the same machine. First one
//! caller at leisure, then as many calls as it takes (the capacity), then calls at twice that rate, come what may. Prints
//! a table; fails if a call ended otherwise than answered or shed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark fails by panicking")]

#[path = "common/server.rs"]
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use server::Server;
use speechtag::model::Corpus;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::service::pb::{Document, TagDocumentRequest, document::Content};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tonic::Code;
use tonic::transport::Channel;

const CONNECTIONS: usize = 8;
const AT_LEISURE: Duration = Duration::from_secs(30);
const MEASURING_CAPACITY: Duration = Duration::from_secs(30);
/// Callers for the capacity: enough to keep the workers busy, below the limit that sheds.
const CALLERS: usize = 16;

type Client = TaggingServiceClient<Channel>;

/// How a call ended, and how long it took.
type Ended = (Result<(), Code>, Duration);

/// The texts of our corpus as they are, and every tenth a long one made of sixteen.
fn texts() -> Vec<String> {
    let records = Corpus::read("corpus".as_ref()).unwrap().records;
    let mut texts: Vec<String> = records.iter().map(|record| record.text.clone()).collect();
    let long: Vec<String> = texts.chunks(16).map(|chunk| chunk.join("\n")).collect();
    for (text, long) in texts.iter_mut().step_by(10).zip(long) {
        *text = long;
    }
    // A fixed walk through them, so that neighbours are not of a kind.
    (0..texts.len()).map(|i| texts.get(i * 797 % texts.len()).cloned().unwrap()).collect()
}

async fn call(mut client: Client, text: String) -> Ended {
    let document = Document { content: Some(Content::Text(text)), ..Default::default() };
    let begun = Instant::now();
    let answer = client.tag_document(TagDocumentRequest { document: Some(document), options: None }).await;
    (answer.map(drop).map_err(|status| status.code()), begun.elapsed())
}

/// Milliseconds below which this share of the times lies.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn answered(ended: &[Ended]) -> Vec<Duration> {
    ended.iter().filter(|(result, _)| result.is_ok()).map(|(_, time)| *time).collect()
}

/// One call after the other, with pauses.
async fn at_leisure(clients: &[Client], texts: &[String]) -> Vec<Ended> {
    let mut ticks = interval(Duration::from_millis(20));
    let begun = Instant::now();
    let mut ended = Vec::new();
    for (client, text) in clients.iter().cycle().zip(texts.iter().cycle()) {
        if begun.elapsed() > AT_LEISURE {
            break;
        }
        ticks.tick().await;
        ended.push(call(client.clone(), text.clone()).await);
    }
    ended
}

/// Calls as fast as answers come; calls per second.
async fn capacity(clients: &[Client], texts: &Arc<Vec<String>>) -> f64 {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let callers = (0..CALLERS).zip(clients.iter().cycle().cloned()).map(|(_, client)| {
        let (texts, next) = (Arc::clone(texts), Arc::clone(&next));
        tokio::spawn(async move {
            while begun.elapsed() < MEASURING_CAPACITY {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let (result, _) = call(client.clone(), texts.get(i % texts.len()).cloned().unwrap()).await;
                result.unwrap();
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    next.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Calls at `rate` per second for `time`, whether or not answers come; and the server's memory, every ten seconds.
async fn overload(
    server: &Server,
    clients: &[Client],
    texts: &[String],
    rate: f64,
    time: Duration,
) -> (Vec<Ended>, Vec<f64>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut ticks = interval(Duration::from_millis(5));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut memory = Vec::new();
    let begun = Instant::now();
    let mut sent = 0;
    while begun.elapsed() < time {
        ticks.tick().await;
        let due = (begun.elapsed().as_secs_f64() * rate) as usize;
        for i in sent..due {
            let (client, text) =
                (clients.get(i % clients.len()).cloned().unwrap(), texts.get(i % texts.len()).cloned().unwrap());
            let sender = sender.clone();
            tokio::spawn(async move {
                let _ = sender.send(call(client, text).await);
            });
        }
        sent = due;
        if begun.elapsed().as_secs() / 10 >= memory.len() as u64 {
            memory.push(server.memory());
        }
    }
    drop(sender);
    let mut ended = Vec::with_capacity(sent);
    while let Some(one) = receiver.recv().await {
        ended.push(one);
    }
    (ended, memory)
}

#[tokio::main]
async fn main() {
    let minutes = std::env::args().skip(1).find_map(|argument| argument.parse::<f64>().ok()).unwrap_or(10.0);
    let texts = Arc::new(texts());
    let server = Server::start("info,speechtag::service::observe=warn").await;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(server.endpoint.clone()).await.unwrap());
    }
    let mut leisure = answered(&at_leisure(&clients, &texts).await);
    let capacity = capacity(&clients, &texts).await;
    let time = Duration::from_secs_f64(minutes * 60.0);
    let (ended, memory) = overload(&server, &clients, &texts, 2.0 * capacity, time).await;

    let mut accepted = answered(&ended);
    let shed = ended.iter().filter(|(result, _)| *result == Err(Code::ResourceExhausted)).count();
    let other = ended.len() - accepted.len() - shed;
    let seconds = time.as_secs_f64();
    let settled = memory.get(memory.len().min(2) - 1).copied().unwrap_or_default();
    let (lowest, highest) = memory.iter().skip(1).fold((settled, settled), |(l, h), m| (l.min(*m), h.max(*m)));
    println!("| | calls/s | p50 ms | p99 ms |\n|---|---|---|---|");
    println!(
        "| one caller at leisure | {:.0} | {:.1} | {:.1} |",
        leisure.len() as f64 / AT_LEISURE.as_secs_f64(),
        quantile(&mut leisure, 0.5),
        quantile(&mut leisure, 0.99)
    );
    println!("| capacity, {CALLERS} callers | {capacity:.0} | | |");
    println!("| {minutes} minutes at twice that: sent | {:.0} | | |", ended.len() as f64 / seconds);
    println!(
        "| … answered | {:.0} | {:.1} | {:.1} |",
        accepted.len() as f64 / seconds,
        quantile(&mut accepted, 0.5),
        quantile(&mut accepted, 0.99)
    );
    println!("| … shed | {:.0} | | |", shed as f64 / seconds);
    println!("| … ended otherwise | {other} in all | | |");
    println!(
        "\nmemory after 10 s {settled:.0} MiB, then {lowest:.0} to {highest:.0} MiB; p99 {:.1} × that at leisure",
        quantile(&mut accepted, 0.99) / quantile(&mut leisure, 0.99)
    );
    assert_eq!(other, 0, "calls ended otherwise than answered or shed");
}
