//! The texts that the speed benchmarks read: a fixed sample of our corpus, in two lengths.

use speechtag::model::Corpus;

/// Texts of about one length.
#[derive(Clone, Debug)]
pub struct Sample {
    /// About how many characters each has.
    pub chars: usize,
    /// The texts.
    pub texts: Vec<String>,
}

impl Sample {
    /// All texts together, in bytes.
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Neighbouring texts of one document type, joined to about `chars` characters; `count` of them, taken evenly over the
/// corpus and not in its order, so that neighbours are not of a kind.
fn sample(corpus: &Corpus, chars: usize, count: usize) -> Sample {
    let mut texts = Vec::new();
    let (mut text, mut label) = (String::new(), None);
    for record in &corpus.records {
        let own = record.labels.get("document_type");
        if label != own {
            text.clear();
            label = own;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&record.text);
        // A text that is a little short stands for itself, or joining would make "about 500" 1,000.
        if text.chars().count() * 5 >= chars * 4 {
            let whole = std::mem::take(&mut text);
            let end = whole.char_indices().nth(chars * 6 / 5).map_or(whole.len(), |(at, _)| at);
            texts.extend(whole.get(..end).map(str::to_owned));
        }
    }
    let every = (texts.len() / count).max(1);
    let taken: Vec<String> = texts.into_iter().step_by(every).take(count).collect();
    let texts = (0..taken.len()).filter_map(|i| taken.get(i * 797 % taken.len()).cloned()).collect();
    Sample { chars, texts }
}

/// 1,024 texts of about 500 characters and 256 of about 5,000: whole batches of 64, and too much for the processor's caches.
pub fn samples() -> [Sample; 2] {
    let corpus = Corpus::read("corpus".as_ref()).expect("our corpus");
    [sample(&corpus, 500, 1024), sample(&corpus, 5000, 256)]
}
