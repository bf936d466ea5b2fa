//! The sentences of the pages, by key, in one language. Messages are Fluent files in `messages/`, read once.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::language::Language;
use crate::markup::Markup;
use crate::visible::{NAME_CHARS_MAX, WHOLE_CHARS_MAX, WORDS_CHARS_MAX, visible};

/// What fills a place in a sentence.
pub(crate) enum Filling<'a> {
    /// A name that a stranger chose: cut, isolated, and never empty.
    Name(&'a str),
    /// A host or address: shown to its end, since its end is what tells who it is.
    Whole(&'a str),
    /// How many.
    Count(i64),
    /// A piece made by us.
    Piece(Markup),
}

/// The messages of one language.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    language: Language,
}

impl Words {
    pub(crate) fn new(language: Language) -> Self {
        Self { language }
    }

    /// The message of this key, which has no places to fill.
    pub(crate) fn text(self, key: &str) -> String {
        self.format(key, None).into_owned()
    }

    /// The message with this key as text without tags, for titles and attributes.
    pub(crate) fn line(self, key: &str, fillings: &[(&'static str, Filling<'_>)]) -> String {
        let mut line = String::new();
        self.fill(key, fillings, |part| match part {
            Part::Text(c) => line.push(c),
            Part::Filling(Filling::Name(name)) => line.push_str(&self.name_text(name)),
            Part::Filling(Filling::Whole(text)) => line.push_str(&visible(text, WHOLE_CHARS_MAX)),
            Part::Filling(Filling::Piece(_) | Filling::Count(_)) => {}
        });
        line
    }

    /// The message with this key; what fills it is escaped and isolated (`<bdi>`), so that it cannot reorder the sentence.
    pub(crate) fn rich(self, key: &str, fillings: &[(&'static str, Filling<'_>)]) -> Markup {
        let mut markup = Markup::new();
        self.fill(key, fillings, |part| match part {
            Part::Text(c) => markup.character(c),
            Part::Filling(Filling::Name(name)) => markup.markup(&self.name(name)),
            Part::Filling(Filling::Whole(text)) => markup.markup(&whole(text)),
            Part::Filling(Filling::Piece(piece)) => markup.markup(piece),
            Part::Filling(Filling::Count(_)) => {}
        });
        markup
    }

    /// A name that a stranger chose.
    pub(crate) fn name(self, name: &str) -> Markup {
        isolated(&self.name_text(name))
    }

    /// The message of a key that may not exist.
    pub(crate) fn known(self, key: &str) -> Option<String> {
        bundle(self.language).has_message(key).then(|| self.text(key))
    }

    /// The marks that stand before and behind the words of somebody else, as the language has them.
    pub(crate) fn quotes(self) -> (&'static str, &'static str) {
        match self.language {
            Language::English => ("\u{201C}", "\u{201D}"),
            Language::German => ("\u{201E}", "\u{201C}"),
        }
    }

    fn name_text(self, name: &str) -> String {
        let shown = visible(name, NAME_CHARS_MAX);
        if shown.is_empty() { self.text("nameless") } else { shown }
    }

    /// Walks the formatted message. A filling that is not a number goes through Fluent as one private-use character, which no message contains and no
    /// stranger's text can smuggle in: their text is put in afterwards and not looked at again.
    fn fill(self, key: &str, fillings: &[(&'static str, Filling<'_>)], mut each: impl FnMut(Part<'_>)) {
        let mut arguments = FluentArgs::with_capacity(fillings.len());
        for (place, (name, filling)) in PLACES.zip(fillings) {
            let value = match filling {
                Filling::Count(count) => FluentValue::from(*count),
                Filling::Name(_) | Filling::Whole(_) | Filling::Piece(_) => FluentValue::from(String::from(place)),
            };
            arguments.set(*name, value);
        }
        for c in self.format(key, Some(&arguments)).chars() {
            let filling = PLACES.zip(fillings).find(|(place, _)| *place == c);
            each(filling.map_or(Part::Text(c), |(_, (_, filling))| Part::Filling(filling)));
        }
    }

    /// The formatted message; a key or argument that is missing shows as `⟦key⟧`, and a test looks for that on every page.
    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let bundle = bundle(self.language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return Cow::Owned(format!("⟦{key}⟧"));
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, arguments, &mut errors);
        if errors.is_empty() {
            Cow::Owned(text.into_owned())
        } else {
            Cow::Owned(format!("⟦{key}⟧"))
        }
    }
}

enum Part<'a> {
    Text(char),
    Filling(&'a Filling<'a>),
}

/// Private-use characters that stand for fillings while Fluent arranges the sentence.
const PLACES: std::ops::RangeInclusive<char> = '\u{E000}'..='\u{E00F}';

/// A few sentences of a stranger.
pub(crate) fn said(words: &str) -> Markup {
    isolated(&visible(words, WORDS_CHARS_MAX))
}

/// A host, address or identifier, whole.
pub(crate) fn whole(text: &str) -> Markup {
    isolated(&visible(text, WHOLE_CHARS_MAX))
}

/// The protocol's own words, to the last character.
pub(crate) fn raw(text: &str) -> Markup {
    isolated(&visible(text, usize::MAX))
}

/// Text that cannot reorder what stands around it.
pub(crate) fn isolated(text: &str) -> Markup {
    let mut markup = Markup::new();
    markup.tag("<bdi>");
    markup.text(text);
    markup.tag("</bdi>");
    markup
}

/// Whether a scope of the server's own endpoints is about who somebody is, and lets nobody act.
pub(crate) fn tells_who(scope: &str) -> bool {
    scope.starts_with("claim:") || matches!(scope, "openid" | "profile" | "email" | "address" | "phone")
}

/// A scope of the server's own endpoints in words, as the item of a consent page: "know your name".
pub fn own_scope(language: Language, scope: &str) -> Option<String> {
    if let Some(claim) = scope.strip_prefix("claim:") {
        return Words::new(language).known(&format!("own-claim-{}", claim.replace('_', "-")));
    }
    Words::new(language).known(match scope {
        "openid" => "own-scope-openid",
        "profile" => "own-scope-profile",
        "email" => "own-scope-email",
        "address" => "own-scope-address",
        "phone" => "own-scope-phone",
        _ => return None,
    })
}

/// A value for a query: everything but unreserved characters as `%XX` (RFC 3986 s2.3).
pub(crate) fn percent_encoded(value: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            String::from(char::from(byte))
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(encoded).collect()
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(language: Language) -> &'static Bundle {
    static ENGLISH: OnceLock<Bundle> = OnceLock::new();
    static GERMAN: OnceLock<Bundle> = OnceLock::new();
    match language {
        Language::English => ENGLISH.get_or_init(|| read(language, include_str!("../messages/en.ftl"))),
        Language::German => GERMAN.get_or_init(|| read(language, include_str!("../messages/de.ftl"))),
    }
}

/// A broken message is left out by Fluent and shows as `⟦key⟧`; a test reads both files strictly.
fn read(language: Language, source: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    bundle.set_use_isolating(false); // `<bdi>` does it, visibly
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(rest, _)| rest);
    bundle.add_resource_overriding(resource);
    bundle
}
