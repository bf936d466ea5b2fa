//! Messages: in every language, each used, each there.

#![expect(clippy::string_slice, reason = "tests cut pages at tags, which are ASCII")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_bundle::FluentResource;
use pages::Language;

use crate::{pseudo, specimens, tag};

const SOURCES: [(&str, &str); 2] = [
    ("en", include_str!("../../messages/en.ftl")),
    ("de", include_str!("../../messages/de.ftl")),
];

/// Every message of a file with the places it fills.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    assert!(
        FluentResource::try_new(source.to_owned()).is_ok(),
        "the file reads strictly"
    );
    let mut found = BTreeMap::new();
    let mut key = String::new();
    for line in source.lines() {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            key = line.split(" =").next().unwrap_or_default().to_owned();
            assert!(
                found.insert(key.clone(), BTreeSet::new()).is_none(),
                "{key} stands twice"
            );
        }
        let places = line
            .split("{ $")
            .skip(1)
            .filter_map(|rest| rest.split([' ', '}']).next());
        found.entry(key.clone()).or_default().extend(places.map(str::to_owned));
    }
    found.remove("");
    found
}

fn files(directory: &str, extension: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("the directory reads") {
            let path = entry.expect("the entry reads").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                texts.push(fs::read_to_string(path).expect("the file reads"));
            }
        }
    }
    texts
}

#[test]
fn languages_have_the_same_messages_with_the_same_places() {
    assert_eq!(
        SOURCES.map(|(tag, _)| tag),
        [Language::English.tag(), Language::German.tag()]
    );
    assert_eq!(Language::ALL.len(), SOURCES.len());
    let [english, german] = SOURCES.map(|(_, source)| messages(source));
    assert!(english.len() > 150);
    let keys = |messages: &BTreeMap<String, BTreeSet<String>>| messages.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&english), keys(&german));
    for (key, places) in &english {
        assert_eq!(&german[key], places, "{key}");
    }
}

#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let code = [files("src", "rs"), files("templates", "html")].concat().join("\n");
    let messages = messages(SOURCES[0].1);
    for key in messages.keys() {
        // Details and claims are looked up by the wire's name of a value.
        let looked_up = key.starts_with("detail-") || key.starts_with("own-claim-");
        assert!(looked_up || code.contains(&format!("\"{key}\"")), "{key} is unused");
    }
    for call in ["text(\"", "rich(\"", "line(\""] {
        for key in code
            .split(&format!("say.{call}"))
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert!(messages.contains_key(key), "{key} is missing");
        }
    }
    for language in Language::ALL {
        for page in specimens::all(*language) {
            assert!(!page.html.contains('⟦'), "{}: {}", page.name, page.html);
        }
    }
}

#[test]
fn templates_hold_no_words_of_their_own() {
    for template in files("templates", "html") {
        let mut text = template.clone();
        for (open, close) in [("{%", "%}"), ("{{", "}}"), ("<", ">")] {
            while let Some(start) = text.find(open) {
                let end = start + text[start..].find(close).expect("it closes") + close.len();
                text.replace_range(start..end, " ");
            }
        }
        let words: Vec<&str> = text
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphabetic) && *word != "Prokura")
            .collect();
        assert_eq!(words, Vec::<&str>::new(), "{template}");
    }
}

#[test]
fn german_pages_speak_german() {
    let (english, german) = (specimens::all(Language::English), specimens::all(Language::German));
    for (english, german) in english.iter().zip(&german) {
        let heading =
            |html: &str| html[html.find("<h1").expect("a heading")..html.find("</h1>").expect("its end")].to_owned();
        assert_ne!(heading(&english.html), heading(&german.html), "{}", english.name);
        assert!(!german.html.contains("Details<"), "{}", german.name);
    }
}

#[test]
fn the_pseudo_locale_changes_words_and_nothing_else() {
    for page in specimens::all(Language::English) {
        let pseudo = pseudo::page(&page.html);
        let attributes = |html: &str| {
            tag::tags(html)
                .into_iter()
                .skip(2)
                .map(|tag| (tag.name, tag.attributes))
                .collect::<Vec<_>>()
        };
        assert_eq!(attributes(&pseudo), attributes(&page.html), "{}", page.name);
        assert!(
            pseudo.contains("dir=\"rtl\"") && pseudo.len() > page.html.len(),
            "{}",
            page.name
        );
    }
}
