//! Each room of a document's way by itself, in bytes of the source per second: `cargo bench --bench rooms`.
//!
//! criterion keeps what it measured before and says what has changed. `cargo bench --bench rooms -- 5000/segment` measures
//! one room.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark stops at what it does not expect")]

#[path = "common/texts.rs"]
mod texts;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use speechtag::document::{AlignedText, Prepared, clean, normalize, prepare, split};
use speechtag::features::{Analysis, Analyzer, Bag, Segmenter, Title, Token};
use speechtag::model::Priors;
use speechtag::{Document, Options, Tagger};

/// As many texts of each length as have this many bytes: a few would stay in the processor's caches, and the words they use.
const BYTES: usize = 1 << 20;

fn rooms(criterion: &mut Criterion) {
    let tagger = Tagger::shipped().expect("the shipped model");
    let analyzer = Analyzer::new().expect("the analyzer");
    let (segmenter, jieba) = (Segmenter::new(), jieba_rs::Jieba::new());
    let (model, priors) = (tagger.model(), Priors::new());
    let (plain, reasons) = (Options::default(), Options { evidence: 5, ..Options::default() });
    for mut sample in texts::samples() {
        let mut left = BYTES;
        sample.texts.retain(|text| {
            left = left.saturating_sub(text.len());
            left > 0
        });
        let texts = &sample.texts;
        // What each room gets from the one before; a text is one speech here.
        let normal: Vec<AlignedText> = texts.iter().map(|text| normalize(text)).collect();
        let cleaned: Vec<AlignedText> = normal.iter().map(|text| clean(text.clone()).text).collect();
        let prepared: Vec<Prepared> = texts.iter().map(|text| prepare(text, true, true)).collect();
        let words: Vec<&str> = prepared.iter().map(|prepared| prepared.text.as_str()).collect();
        let analyze = |text| analyzer.analyze(text, Title::None, 0..text.len());
        let tokens: Vec<Vec<Token>> = words.iter().map(|text| segmenter.segment(text)).collect();
        let analyses: Vec<Analysis> = words.iter().map(|text| analyze(text)).collect();
        let bags: Vec<Bag> = analyses.iter().map(|analysis| model.vocabulary().bag(analysis)).collect();

        let mut group = criterion.benchmark_group(sample.chars.to_string());
        group.throughput(Throughput::Bytes(sample.bytes() as u64)).sample_size(20);
        let mut room = |name: &str, pass: &dyn Fn()| {
            group.bench_function(name, |bencher| bencher.iter(pass));
        };
        room("jieba alone", &|| words.iter().for_each(|text| drop(black_box(jieba.cut(text, false)))));
        room("normalise", &|| texts.iter().for_each(|text| drop(black_box(normalize(text)))));
        room("clean", &|| normal.iter().for_each(|text| drop(black_box(clean(text.clone())))));
        room("split", &|| cleaned.iter().for_each(|text| drop(black_box(split(text.as_str())))));
        room("prepare (all three)", &|| texts.iter().for_each(|text| drop(black_box(prepare(text, true, true)))));
        room("segment", &|| words.iter().for_each(|text| drop(black_box(segmenter.segment(text)))));
        room("cues and places", &|| {
            for (text, tokens) in words.iter().zip(&tokens) {
                drop(black_box(analyzer.cues().find(text, 0..text.len(), tokens)));
            }
        });
        room("analyze (segment, cues, places, form)", &|| {
            for text in &words {
                drop(black_box(analyze(text)));
            }
        });
        room("bag", &|| analyses.iter().for_each(|analysis| drop(black_box(model.vocabulary().bag(analysis)))));
        room("posteriors", &|| bags.iter().for_each(|bag| drop(black_box(model.posteriors(bag, &priors)))));
        for (name, options) in [("tag (all of it)", &plain), ("tag with 5 pieces of evidence", &reasons)] {
            room(name, &|| {
                for text in texts {
                    drop(black_box(tagger.tag(&Document::new(text.as_str()), options)));
                }
            });
        }
        group.finish();
    }
}

criterion_group!(benches, rooms);
criterion_main!(benches);
