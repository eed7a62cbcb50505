//! What pages do to a text, one function a kind.

use fastrand::Rng;

use super::Page;
use super::dirt::{
    TRADITIONAL, above, anti_copy, below, break_off, crumbs, digits, each, half_width, html, intro, junk, lines, masks,
    mojibake, page_ends, paywall, readings, spin, titles, wraps,
};
use super::fragments::{Fragments, Scene, one};

/// A kind of page noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `N、` of the site's page counter, cut into words and numbers; paragraphs run together.
    Crumbs,
    /// Lines broken at a fixed width, as OCR and PDF extraction leave them.
    Wraps,
    /// Page numbers and running footers where a printed page ended.
    PageEnds,
    /// The site's lines above the text.
    Header,
    /// An editor's introduction.
    Intro,
    /// The site's lines below the text.
    Footer,
    /// The text breaks off, and what follows sells the rest.
    Paywall,
    /// The title several times over, or glued to the body.
    Titles,
    /// Addresses and names of sites inside sentences.
    AntiCopy,
    /// Zero-width characters, emoji, private-use characters.
    Junk,
    /// Readings after characters.
    Readings,
    /// Markup, with its navigation, scripts and entities.
    Html,
    /// GBK or UTF-8 bytes read as Latin-1.
    Mojibake,
    /// Traditional characters.
    Traditional,
    /// Full-width digits and letters.
    FullWidth,
    /// Half-width punctuation.
    HalfWidth,
    /// Names and numbers masked.
    Masks,
    /// Digits stripped or misread.
    Digits,
    /// Words replaced by synonyms.
    Spins,
    /// The text breaks off, and nothing follows: what a paywall costs before its noise.
    BrokenOff,
    /// A title, given beside the text, that contradicts it.
    LyingTitle,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 21] = [
        Self::Crumbs,
        Self::Wraps,
        Self::PageEnds,
        Self::Header,
        Self::Intro,
        Self::Footer,
        Self::Paywall,
        Self::Titles,
        Self::AntiCopy,
        Self::Junk,
        Self::Readings,
        Self::Html,
        Self::Mojibake,
        Self::Traditional,
        Self::FullWidth,
        Self::HalfWidth,
        Self::Masks,
        Self::Digits,
        Self::Spins,
        Self::BrokenOff,
        Self::LyingTitle,
    ];

    /// Its name in tables, in English and Chinese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crumbs => "page crumbs 页码碎屑",
            Self::Wraps => "line wraps 硬换行",
            Self::PageEnds => "page ends 页脚页码",
            Self::Header => "site header 站点页眉",
            Self::Intro => "editor's introduction 编者按",
            Self::Footer => "site footer 站点页脚",
            Self::Paywall => "paywall 试读截断",
            Self::Titles => "titles repeated, glued 标题重复粘连",
            Self::AntiCopy => "anti-copy strings 防复制串",
            Self::Junk => "invisible and emoji 隐形字符表情",
            Self::Readings => "pinyin readings 拼音夹注",
            Self::Html => "HTML",
            Self::Mojibake => "mojibake 乱码",
            Self::Traditional => "traditional 繁体",
            Self::FullWidth => "full width 全角",
            Self::HalfWidth => "half width 半角",
            Self::Masks => "masks 打码",
            Self::Digits => "digits lost 数字缺损",
            Self::Spins => "synonyms 同义替换",
            Self::BrokenOff => "broken off 断篇",
            Self::LyingTitle => "lying title 文题不符",
        }
    }

    /// Whether the kind adds characters that cleaning should remove; the others change what is there.
    #[must_use]
    pub fn adds(self) -> bool {
        self <= Self::Html
    }
}

/// A workbench for pages of one group of fragments.
#[derive(Clone, Debug)]
pub struct Laboratory {
    pub(super) fragments: Fragments,
    pub(super) titles: Vec<String>,
}

impl Laboratory {
    /// A laboratory; `titles` stand in lists of other pages, over untitled texts and as titles that lie.
    #[must_use]
    pub fn new(fragments: Fragments, titles: Vec<String>) -> Self {
        Self { fragments, titles }
    }

    /// The scene of a page whose own title is `title`, if it has one.
    #[must_use]
    pub fn scene(&self, title: Option<String>, rng: &mut Rng) -> Scene<'_> {
        let title = title.unwrap_or_else(|| one(rng, &self.titles).to_owned());
        Scene::new(&self.fragments, title, &self.titles, rng)
    }

    /// Does to a page what pages of that kind do.
    pub fn dirty(&self, page: &mut Page, kind: Kind, scene: &Scene, rng: &mut Rng) {
        match kind {
            Kind::Crumbs => crumbs(page, rng),
            Kind::Wraps => wraps(page, rng),
            Kind::PageEnds => page_ends(page, scene, rng),
            Kind::Header => above(page, &lines(scene, &scene.fragments.header, 1..5, rng), rng),
            Kind::Intro => intro(page, scene, rng),
            Kind::Footer => below(page, &lines(scene, &scene.fragments.footer, 1..6, rng)),
            Kind::Paywall => paywall(page, scene, rng),
            Kind::Titles => titles(page, scene, rng),
            Kind::AntiCopy => anti_copy(page, scene, rng),
            Kind::Junk => junk(page, scene, rng),
            Kind::Readings => readings(page, scene, rng),
            Kind::Html => html(page, scene, rng),
            Kind::Mojibake => mojibake(page, rng),
            Kind::Traditional => each(page, |c| TRADITIONAL.get(&c).copied().unwrap_or(c)),
            Kind::FullWidth => each(page, |c| match c {
                '0'..='9' | 'A'..='Z' | 'a'..='z' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
                _ => c,
            }),
            Kind::HalfWidth => each(page, half_width),
            Kind::Masks => masks(page, rng),
            Kind::Digits => digits(page, rng),
            Kind::Spins => spin(page, scene.fragments, rng),
            Kind::BrokenOff => break_off(page, rng),
            Kind::LyingTitle => {}
        }
    }

    /// Does a handful of kinds to a page, in the order in which they happen to real ones.
    pub fn mix(&self, page: &mut Page, scene: &Scene, rng: &mut Rng) {
        // Words and characters first, then what is put between them, then what is put around, then the page's format.
        const ORDER: [Kind; 18] = [
            Kind::Spins,
            Kind::Masks,
            Kind::Digits,
            Kind::HalfWidth,
            Kind::FullWidth,
            Kind::Traditional,
            Kind::Paywall,
            Kind::Titles,
            Kind::Readings,
            Kind::AntiCopy,
            Kind::Junk,
            Kind::Intro,
            Kind::Crumbs,
            Kind::Wraps,
            Kind::PageEnds,
            Kind::Header,
            Kind::Footer,
            Kind::Html,
        ];
        let crumbs = rng.bool();
        for kind in ORDER {
            let chosen = match kind {
                Kind::Header | Kind::Footer => rng.u8(0..10) < 6,
                // A page comes through a page counter or through OCR, not both.
                Kind::Crumbs => crumbs && rng.u8(0..10) < 5,
                Kind::Wraps | Kind::PageEnds => !crumbs && rng.u8(0..10) < 4,
                Kind::Html => rng.u8(0..10) < 1,
                _ => rng.u8(0..10) < 2,
            };
            if chosen {
                self.dirty(page, kind, scene, rng);
            }
        }
    }

    /// A title from elsewhere.
    #[must_use]
    pub fn lying_title(&self, rng: &mut Rng) -> String {
        one(rng, &self.titles).to_owned()
    }
}
