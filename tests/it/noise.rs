//! The noise laboratory's bars, on a part of the corpus: `speechtag evaluate corpus/ --noise` prints the whole.

use fastrand::Rng;
use speechtag::document::{Copies, Sketch, decode, prepare};
use speechtag::model::{Corpus, Record};
use speechtag::noise::{
    Binding, Fragments, Group, Kind, Laboratory, Page, Part, bind, clean_page, opens_with_salutation, split_page,
};

/// Every tenth text that is a speech or the like.
fn speeches() -> Vec<Record> {
    let in_scope = |record: &Record| {
        let label = record.labels["document_type"].as_deref();
        !matches!(label, Some("other" | "news_report" | "official_notice"))
    };
    Corpus::read("corpus".as_ref()).unwrap().records.into_iter().filter(in_scope).step_by(10).collect()
}

fn laboratory(group: Group) -> Laboratory {
    Laboratory::new(Fragments::of(group).unwrap(), vec!["在全县工作会议上的讲话".into(), "年度工作总结".into()])
}

fn dirty(lab: &Laboratory, text: &str, kind: Option<Kind>, seed: usize) -> Page {
    let mut rng = Rng::with_seed(seed as u64);
    let mut page = Page::clean(text, 0);
    let scene = lab.scene(page.title(), &mut rng);
    match kind {
        Some(kind) => lab.dirty(&mut page, kind, &scene, &mut rng),
        None => lab.mix(&mut page, &scene, &mut rng),
    }
    page
}

#[test]
fn the_truth_of_a_page_is_exact() {
    for group in [Group::Known, Group::Unseen] {
        let lab = laboratory(group);
        for (i, record) in speeches().iter().enumerate() {
            for kind in Kind::ALL
                .into_iter()
                .filter(|kind| kind.adds() && !matches!(kind, Kind::Paywall | Kind::Crumbs | Kind::Html))
            {
                let page = dirty(&lab, &record.text, Some(kind), i);
                assert_eq!(page.text(), dirty(&lab, &record.text, Some(kind), i).text(), "the same seed, another page");
                let speech = |page: &Page| -> String {
                    page.chars().iter().filter(|(_, part)| matches!(part, Part::Speech(_))).map(|(c, _)| c).collect()
                };
                assert_eq!(speech(&page), speech(&Page::clean(&record.text, 0)), "{kind:?}");
            }
        }
    }
}

#[test]
fn dirty_pages_come_out_clean_and_clean_ones_untouched() {
    let lab = laboratory(Group::Known);
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let mut mixed = [0; 4];
    let mut clean = [0; 2];
    for (i, record) in speeches().iter().enumerate() {
        let row = clean_page(&dirty(&lab, &record.text, None, i));
        for (sum, n) in mixed.iter_mut().zip([row.speech_kept, row.speech, row.noise_removed, row.noise]) {
            *sum += n;
        }
        let row = clean_page(&Page::clean(&record.text, 0));
        clean[0] += row.speech_kept;
        clean[1] += row.speech;
    }
    assert!(mixed[3] > 10_000);
    assert!(share(mixed[0], mixed[1]) >= 0.995, "speech kept: {}", share(mixed[0], mixed[1]));
    // The aim is 0.97; what is missed stands in docs/benchmarks.md. This holds what has been reached.
    assert!(share(mixed[2], mixed[3]) >= 0.88, "noise removed: {}", share(mixed[2], mixed[3]));
    assert!(share(clean[0], clean[1]) >= 0.999, "clean texts: {}", share(clean[0], clean[1]));
}

#[test]
fn collections_fall_apart_where_their_speeches_do() {
    let records = speeches();
    let lab = laboratory(Group::Known);
    for binding in [Binding::Headings, Binding::Bare] {
        let pool: Vec<&str> = records
            .iter()
            .map(|r| r.text.as_str())
            .filter(|text| binding == Binding::Headings || opens_with_salutation(text))
            .collect();
        let (mut right, mut found, mut boundaries) = (0, 0, 0);
        for i in 0..60 {
            let mut rng = Rng::with_seed(i as u64);
            let texts = rng.choose_multiple(pool.iter().copied(), i % 12 + 1);
            let row = split_page(&bind(&lab, &texts, binding, false, &mut rng));
            right += row.right;
            found += row.found;
            boundaries += row.boundaries;
        }
        let f1 = 2.0 * right as f64 / (found + boundaries) as f64;
        assert!(f1 >= 0.97, "{binding:?}: {f1}");
    }
    let split = records.iter().filter(|r| split_page(&Page::clean(&r.text, 0)).found > 0).count();
    assert!(split * 200 <= records.len(), "{split} of {} single texts split", records.len());
}

#[test]
fn spun_and_broken_copies_are_found() {
    let lab = laboratory(Group::Unseen);
    let records: Vec<Record> = speeches().into_iter().filter(|r| r.text.chars().count() > 300).collect();
    let sketch = |text: &str| Sketch::of(prepare(text, true, false).text.as_str());
    let mut copies = Copies::default();
    assert!(records.iter().all(|r| copies.add(&sketch(&r.text)).is_none()));
    for (i, record) in records.iter().enumerate() {
        for kind in [Kind::Spins, Kind::BrokenOff, Kind::Header] {
            let copy = copies.add(&sketch(&dirty(&lab, &record.text, Some(kind), i).text())).expect(&record.id);
            assert_eq!(copy.of, i, "{kind:?} of {}", record.id);
        }
    }
}

#[test]
fn files_in_any_encoding_decode_to_their_text() {
    for record in speeches() {
        let text = &record.text;
        let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let gb = encoding_rs::GB18030.encode(text).0;
        for bytes in [text.as_bytes(), &utf16, &gb] {
            assert_eq!(&decode(bytes, None).unwrap().text, text, "{}", record.id);
        }
    }
}
