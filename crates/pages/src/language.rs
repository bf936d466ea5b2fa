//! The languages pages speak, and which of them a browser gets.

/// A language that every message exists in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, also when nothing else is known.
    English,
    /// German, with *Sie*.
    German,
}

/// Ranges read from one header: a browser sends a handful, the rest is noise.
const RANGES_MAX: usize = 32;

impl Language {
    /// Every language, in the order in which pages offer them.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// The language tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language with exactly this tag, in any case.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The first that we have of `ui_locales` (OpenID Connect Core 1.0 s3.1.2.1, separated by spaces), then the cookie, then `Accept-Language` by its
    /// q-values (RFC 9110 s12.5.4); English otherwise. Each range is looked up by RFC 4647 s3.4.
    pub fn negotiate(ui_locales: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        let asked = ui_locales.and_then(|tags| tags.split_ascii_whitespace().take(RANGES_MAX).find_map(Self::look_up));
        asked
            .or_else(|| cookie.and_then(|tag| Self::look_up(tag.trim())))
            .or_else(|| accept_language.and_then(Self::accepted))
            .unwrap_or(Self::English)
    }

    /// Lookup: the range loses subtags from its end until something matches (RFC 4647 s3.4). `*` alone matches nothing here.
    fn look_up(range: &str) -> Option<Self> {
        if !is_range(range) {
            return None;
        }
        let mut rest = range;
        loop {
            if let Some(language) = Self::from_tag(rest) {
                return Some(language);
            }
            // A single letter that has lost what it introduced goes with it; it never matches a tag of ours, so the next round drops it.
            (rest, _) = rest.rsplit_once('-')?;
        }
    }

    fn accepted(header: &str) -> Option<Self> {
        let mut ranges: Vec<(u16, &str)> = header.split(',').take(RANGES_MAX).filter_map(weighted).collect();
        ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        ranges.into_iter().find_map(|(_, range)| Self::look_up(range))
    }

    /// How the language calls itself, for the links in the footer.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Where a line of text begins (HTML `dir`).
    pub(crate) fn direction(self) -> &'static str {
        match self {
            Self::English | Self::German => "ltr",
        }
    }
}

/// One element of `Accept-Language` with its weight in thousandths; none when it is malformed or not acceptable (`q=0`).
fn weighted(element: &str) -> Option<(u16, &str)> {
    let (range, weight) = match element.split_once(';') {
        None => (element.trim(), 1000),
        Some((range, parameter)) => {
            let (name, value) = parameter.trim().split_once('=')?;
            if !name.eq_ignore_ascii_case("q") {
                return None;
            }
            (range.trim(), thousandths(value)?)
        }
    };
    (weight > 0 && is_range(range)).then_some((weight, range))
}

/// `qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )` (RFC 9110 s12.4.2).
fn thousandths(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1000),
        (_, _) => None,
    }
}

/// A basic or extended language range (RFC 4647 s2), as far as lookup cares: subtags of 1 to 8 letters or digits.
fn is_range(text: &str) -> bool {
    text.split('-')
        .all(|subtag| matches!(subtag.len(), 1..=8) && subtag.bytes().all(|b| b.is_ascii_alphanumeric()))
}
