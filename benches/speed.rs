//! The whole way of a document beside the segmenter alone, on the same texts in one run: `cargo bench --bench speed`.
//!
//! Each contestant walks all texts in turn, round after round, and its fastest round counts: what disturbs a machine only
//! ever adds time. `cargo bench --bench speed -- --stages` also says where a document's time goes.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at what it does not expect"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use speechtag::features::Analyzer;
use speechtag::model::Corpus;
use speechtag::{Document, Model, Options, Tagger, Times};

const ROUNDS: usize = 5;
/// Texts are joined to pages of about this length: what a speech on a real page has.
const PAGE_CHARS: usize = 5000;

/// Pages of texts that belong to one label: what a long speech looks like.
fn pages() -> Vec<String> {
    let corpus = Corpus::read("corpus".as_ref()).expect("our corpus");
    let mut pages = Vec::new();
    let mut page = String::new();
    for record in corpus.records.iter().filter(|r| r.labels.get("speaker_level").is_some_and(Option::is_some)) {
        page.push_str(&record.text);
        page.push('\n');
        if page.chars().count() >= PAGE_CHARS {
            pages.push(std::mem::take(&mut page));
        }
    }
    pages.into_iter().step_by(4).collect()
}

fn fastest(mut run: impl FnMut(), best: &mut Duration) {
    let begin = Instant::now();
    run();
    *best = (*best).min(begin.elapsed());
}

fn main() {
    let begin = Instant::now();
    let analyzer = Analyzer::new().expect("the dictionary");
    let dictionary = begin.elapsed();
    let mut load = Duration::MAX;
    for _ in 0..ROUNDS {
        fastest(|| drop(black_box(Model::load("models/speechtag-zh".as_ref()).expect("the shipped model"))), &mut load);
    }
    drop(analyzer);
    println!("load: dictionary, cues and places {dictionary:.0?}; model beside it {load:.0?}\n");

    let pages = pages();
    let bytes: usize = pages.iter().map(String::len).sum();
    let tagger = Tagger::shipped().expect("the shipped model");
    let jieba = jieba_rs::Jieba::new();
    let plain = Options { split: false, ..Options::default() };
    let whole = Options::default();
    let reasons = Options { evidence: 5, ..Options::default() };
    let tag = |page: &String, options: &Options| tagger.tag(&Document::new(page.as_str()), options).expect("tags");
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");

    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let [bare, unsplit, one, with_evidence, both] = &mut best;
        let cut = || pages.iter().for_each(|page| drop(black_box(jieba.cut(page, false))));
        fastest(cut, bare);
        fastest(|| pages.iter().for_each(|page| drop(black_box(tag(page, &plain)))), unsplit);
        fastest(|| pages.iter().for_each(|page| drop(black_box(tag(page, &whole)))), one);
        fastest(|| pages.iter().for_each(|page| drop(black_box(tag(page, &reasons)))), with_evidence);
        fastest(|| two.install(|| pages.par_iter().for_each(|page| drop(black_box(tag(page, &whole))))), both);
    }
    let [bare, unsplit, one, with_evidence, both] = best.map(|d| d.as_secs_f64());
    println!(
        "{} pages of {:.1} MB; bytes per second beside jieba.cut without its model\n",
        pages.len(),
        bytes as f64 / 1e6
    );
    println!("| | ratio |\n|---|---|");
    println!("| jieba.cut, one thread | 1.00 |");
    println!("| all of it, one thread | {:.2} |", bare / one);
    println!("| all of it but splitting | {:.2} |", bare / unsplit);
    println!("| with five pieces of evidence per axis | {:.2} |", bare / with_evidence);
    println!("| all of it, two threads | {:.2} ({:.2}× of one) |", bare / both, one / both);

    if std::env::args().any(|argument| argument == "--stages") {
        let mut sum = Times::default();
        for page in &pages {
            let times = tag(page, &whole).times;
            sum.prepare += times.prepare;
            sum.analyze += times.analyze;
            sum.score += times.score;
        }
        let share = |part: Duration| 100.0 * part.as_secs_f64() / (sum.prepare + sum.analyze + sum.score).as_secs_f64();
        println!("\n| stage | share of the time |\n|---|---|");
        println!("| decode, clean, split | {:.0} % |", share(sum.prepare));
        println!("| segment, cues, places | {:.0} % |", share(sum.analyze));
        println!("| features, three axes, calibration | {:.0} % |", share(sum.score));
    }
}
