//! Golden vectors: one question and the whole answer to it, as a file that a reviewer and a program in another language can read.
//!
//! | member | what it is |
//! |---|---|
//! | `claim` | the sentence the vector proves |
//! | `request` | the request as it came over the wire (`method`, `url`, `headers`, `body`; a JSON body as what it says), or an administrator's command, what somebody signs in with, or what a person wants done, by its name |
//! | `facts` | what was loaded for it: rows in the words of the admin API, and the digests and epochs that only rows have |
//! | `moment` | `now` in Unix seconds, and the `seed` in hex that every identifier and secret is drawn from (see [`Moment`]) |
//! | `expect` | the answer; where a refusal through the browser goes (`delivery`); what must be signed (`sign`); what must hold when it is committed (`guards`); what is written in any case (`writes`); notes that may get lost (`touches`); the audit entries (`events`) |
//!
//! A request that is refused before it is decided (a broken body, a caller that is not proved) changes nothing, and such an `expect` has the answer alone.
//! Every proof stands there as it is sent, signed elsewhere with published keys: those of RFC 8037 App. A.1 (Ed25519) and RFC 7515 App. A.3 (P-256), or as WebAuthn Level 3 s16.2 prints it.
//! The test checks it with `proof` against the keys among the facts, since nothing else can make a `Verified` value.
//!
//! `PROKURA_GOLDEN=write cargo test -p kernel golden` rewrites `expect`; the difference is read like code.

mod answer;
pub(crate) mod approvals;
mod command;
pub(crate) mod credentials;
pub(crate) mod details;
pub(crate) mod facts;
mod ledger;
pub(crate) mod people;
pub(crate) mod policies;
mod presented;
mod rows;
pub(crate) mod signer;

use std::{
    fs,
    path::{Path, PathBuf},
};

use proof::{Time, json};
use serde_json::Value;

pub(crate) use self::{
    answer::Outcome,
    command::{administrator, command},
    ledger::booking,
    presented::{Presented, token_in_question},
};
use crate::Moment;

/// One file.
pub(crate) struct Vector {
    pub(crate) request: Value,
    pub(crate) facts: json::Object,
    pub(crate) at: Moment,
    claim: String,
    expect: Value,
}

/// Runs every vector of a flow and compares the whole answer.
pub(crate) fn golden(flow: &str, run: impl Fn(&Vector) -> Outcome) {
    let mut wrong = Vec::new();
    for file in files(flow) {
        let text = fs::read_to_string(&file).unwrap();
        let vector = Vector::parse(&text);
        let answer = run(&vector).value();
        if rewriting() {
            fs::write(&file, with_expect(&text, &answer)).unwrap();
        } else if answer != vector.expect {
            let (name, claim) = (file.display(), &vector.claim);
            wrong.push(format!(
                "{name}: {claim}\nexpected {:#}\nanswered {answer:#}",
                vector.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

impl Vector {
    fn parse(text: &str) -> Self {
        let mut file = json::parse_object_to_depth(text.as_bytes(), 16).unwrap();
        let mut take = |name: &str| file.remove(name).unwrap_or_else(|| panic!("{name} is missing"));
        let (claim, request, facts, moment, expect) = (
            take("claim"),
            take("request"),
            take("facts"),
            take("moment"),
            take("expect"),
        );
        assert!(file.is_empty(), "unknown members: {file:?}");
        let seed = moment["seed"].as_str().unwrap().as_bytes().chunks(2);
        let byte = |hex: &[u8]| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap();
        let seed: Vec<u8> = seed.map(byte).collect();
        Self {
            request,
            facts: facts.as_object().unwrap().clone(),
            at: Moment {
                now: Time::from_unix(moment["now"].as_i64().unwrap()),
                seed: seed.try_into().expect("a seed of 32 bytes in hex"),
            },
            claim: claim.as_str().unwrap().to_owned(),
            expect,
        }
    }

    /// The facts, which may have these members only: a misspelt one would be a fact that nobody reads.
    pub(crate) fn facts(&self, members: &[&str]) -> &json::Object {
        let unknown = self.facts.keys().find(|name| !members.contains(&name.as_str()));
        assert_eq!(unknown, None, "no such fact: {}", self.claim);
        &self.facts
    }
}

fn files(flow: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(flow)
        .join("vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!files.is_empty(), "{flow} has no vectors");
    files.sort();
    files
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch of the test run itself; no rule reads the environment"
)]
fn rewriting() -> bool {
    std::env::var("PROKURA_GOLDEN").is_ok_and(|mode| mode == "write")
}

/// The file with another `expect`, which is its last member; what people wrote above it stays as it is.
fn with_expect(text: &str, expect: &Value) -> String {
    const MEMBER: &str = "\n  \"expect\": ";
    let (before, _) = text.split_once(MEMBER).unwrap();
    let mut expect = expect.clone();
    expect.sort_all_objects();
    let indented = format!("{expect:#}").replace('\n', "\n  ");
    format!("{before}{MEMBER}{indented}\n}}\n")
}

#[test]
fn rewriting_changes_nothing_but_expect() {
    let text = "{\n  \"claim\": \"c\",\n  \"expect\": {\"old\": [1]}\n}\n";
    let new = serde_json::json!({ "answer": "issue", "sign": [] });
    let rewritten = with_expect(text, &new);
    assert_eq!(
        rewritten,
        "{\n  \"claim\": \"c\",\n  \"expect\": {\n    \"answer\": \"issue\",\n    \"sign\": []\n  }\n}\n"
    );
    assert_eq!(with_expect(&rewritten, &new), rewritten);
}
