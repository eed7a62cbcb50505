//! What must hold for every text.

use crate::common::TAGGER;
use proptest::prelude::*;
use speechtag::document::{PieceKind, decode, normalize, prepare, split};
use speechtag::{Document, Options};

/// Texts as pages bring them: official phrases, salutations, headings, crumbs, masks, junk, in any order.
fn page() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "今天我们召开全县农业工作会议，主要任务是安排部署春耕生产。", "一年来，办公室办文三百件，现总结如下。", "各位来宾、各位朋友：",
            "同志们：", "谢谢大家！", "讲话稿篇一", "第二篇：工作总结", "范文三", "一、提高认识", "1、", "2、", "\n3、好的", "縣政府辦公室",
            "第1页 / 共9页", "展开阅读全文", "试读结束", "xx市**县20xx年", "<p>", "</p>", "<br/>", "&ldquo;", "&#20010;", "<a href='x'>首页</a>", "<!--", "<script>", "</script>", "<title>", "<nav>", "<svg/>", "<pre>", "<h1>", "<a name=b>", "<html>", "<st1:City>", "&nbsp2", "&#x4e2d", "&nGt;", "\0", "鍚勪綅浠ｈ〃", "Í¬Ö¾ÃÇÉÏÎçºÃÎÒÃÇ", "Ｎｏ．１２，", "\u{200b}\u{feff}", "🎉", "\r\n", "\n\n", "　　", " ",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn splitting_then_joining_loses_nothing(text in page()) {
        let pieces = split(&text);
        let joined: String = pieces.iter().map(|piece| &text[piece.range.clone()]).collect();
        prop_assert_eq!(joined, text);
        prop_assert!(pieces.iter().any(|piece| piece.kind == PieceKind::Speech));
    }

    #[test]
    fn every_prepared_character_stands_in_the_source(source in page()) {
        let prepared = prepare(&source, true, true);
        let text = prepared.text.as_str();
        let mut last = 0;
        for (at, c) in text.char_indices() {
            let span = prepared.text.span(at..at + c.len_utf8());
            prop_assert!(span.start >= last && span.end > span.start);
            last = span.end;
            let original = span.cut(&source);
            prop_assert_eq!(original.chars().count(), span.end - span.start);
            prop_assert_eq!(source[..span.byte_start].chars().count(), span.start);
        }
        for removal in &prepared.removed {
            prop_assert!(removal.span.start < removal.span.end);
        }
    }

    #[test]
    fn tags_are_sane_and_evidence_cuts_the_source(source in page()) {
        let options = Options { evidence: 5, top_k: 64, ..Options::default() };
        let Ok(tagging) = TAGGER.tag(&Document::new(source.as_str()), &options) else {
            // Nothing but white space, or nothing but markup.
            let bare = prepare(&source, true, false).text.as_str().trim().is_empty();
            prop_assert!(bare || normalize(&source).as_str().trim().is_empty());
            return Ok(());
        };
        let chars: Vec<char> = source.chars().collect();
        let mut before = 0;
        for speech in &tagging.speeches {
            prop_assert!(speech.span.start >= before && speech.span.end <= chars.len());
            before = speech.span.end;
            for tag in &speech.tags {
                let sum: f64 = tag.alternatives.iter().map(|a| a.confidence).sum();
                prop_assert!(sum <= 1.0 && (0.0..=1.0).contains(&tag.confidence));
                prop_assert_eq!(tag.abstained, tag.label.is_none());
                for evidence in &tag.evidence {
                    let cut: String = chars[evidence.span.start..evidence.span.end].iter().collect();
                    prop_assert_eq!(&cut, &evidence.text);
                    prop_assert_eq!(evidence.span.cut(&source), evidence.text.as_str());
                    prop_assert!(evidence.weight > 0.0 && evidence.count > 0);
                }
            }
        }
    }

    /// No damage to a page's bytes keeps it from being read.
    #[test]
    fn a_damaged_page_decodes_and_its_spans_stay_inside(
        source in page(), encoding in 0..4_usize, cut in 0.0..1.0_f64, bad in prop::option::of((0.0..1.0_f64, any::<u8>())),
    ) {
        let mut bytes = match encoding {
            0 => source.into_bytes(),
            1 => source.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            2 => encoding_rs::GBK.encode(&source).0.into_owned(),
            _ => encoding_rs::BIG5.encode(&source).0.into_owned(),
        };
        let place = |at: f64| (at * bytes.len() as f64) as usize;
        let (end, bad) = (place(1.0 - cut * cut), bad.map(|(at, byte)| (place(at), byte)));
        if let Some((at, byte)) = bad
            && let Some(slot) = bytes.get_mut(at)
        {
            *slot = byte;
        }
        bytes.truncate(end);
        if let Ok(decoded) = decode(&bytes, None) {
            let prepared = prepare(&decoded.text, true, true);
            let spans = prepared.removed.iter().map(|removal| removal.span).chain([prepared.text.span(0..prepared.text.as_str().len())]);
            for span in spans {
                prop_assert!(span.end <= decoded.text.chars().count());
                prop_assert!(decoded.text.get(span.byte_start..span.byte_end).is_some());
            }
        }
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(decoded) = decode(&bytes, None) {
            // The mark before a text goes, and no other.
            let marked = ["\u{feff}", &decoded.text].concat();
            prop_assert_eq!(decode(marked.as_bytes(), Some("utf-8")).unwrap().text, decoded.text);
        }
    }
}
