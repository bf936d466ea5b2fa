//! The negative vectors of `vectors/negative/`, through the port: each is answered with the status and the code that its rule demands, and nothing is issued.
//!
//! A world for each file; and a test for each rule that only a server can keep, which a mutant of `xtask/mutants.toml` names.

mod place;

use hostile::vectors::{self, Checked, Vector};

use place::Place;

/// The page of errors: which status an error code travels with.
const ERRORS: &str = include_str!("../../../../docs/errors.md");

/// The status of an error code, from the page of errors.
fn status_of(error: &str) -> u16 {
    let row = format!("| `{error}` | ");
    let rest = ERRORS.split(&row).nth(1).unwrap_or_else(|| panic!("no error {error}"));
    rest.split(' ').next().unwrap().parse().unwrap()
}

async fn place_of(file: &str) -> Place {
    match file {
        "redirect" | "pkce" => Place::of_browsers().await,
        _ => Place::of_the_issuer().await,
    }
}

/// Sends every one of these vectors to one world.
async fn all_are_refused(file: &str, vectors: &[Vector]) {
    let mut place = place_of(file).await;
    let inputs: Vec<_> = vectors.iter().map(|vector| &vector.input).collect();
    place.prepare(&inputs).await;
    let before = place.issued().await;
    let mut wrong = Vec::new();
    for vector in vectors {
        let told = place.send(&vector.input).await;
        if (told.status, told.error.as_str()) != (status_of(&vector.error), vector.error.as_str()) {
            wrong.push(format!(
                "{} ({}): {} {} {}",
                vector.name,
                vector.rule,
                told.status,
                told.error,
                told.answer.text.chars().take(200).collect::<String>()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        vectors.len(),
        wrong.join("\n")
    );
    assert_eq!(place.issued().await, before, "something was issued");
}

async fn file_is_refused(file: &str) {
    let vectors: Vec<Vector> = vectors::of_file(file)
        .unwrap()
        .into_iter()
        .filter(|vector| vector.http)
        .collect();
    assert!(!vectors.is_empty(), "{file}");
    all_are_refused(file, &vectors).await;
}

#[tokio::test]
async fn every_vector_of_jose_is_refused() {
    file_is_refused("jose").await;
}

#[tokio::test]
async fn every_vector_of_dpop_is_refused() {
    file_is_refused("dpop").await;
}

#[tokio::test]
async fn every_vector_of_redirects_is_refused() {
    file_is_refused("redirect").await;
}

#[tokio::test]
async fn every_vector_of_pkce_is_refused() {
    file_is_refused("pkce").await;
}

#[tokio::test]
async fn every_vector_of_json_is_refused() {
    file_is_refused("json").await;
}

#[tokio::test]
async fn every_vector_of_forms_is_refused() {
    file_is_refused("form").await;
}

/// Without these, a server that refuses everything would pass.
#[tokio::test]
async fn what_is_right_is_accepted() {
    let mut of_browsers = Place::of_browsers().await;
    let mut of_the_issuer = Place::of_the_issuer().await;
    for control in vectors::controls().unwrap() {
        let place = match &control.input {
            vectors::Input::Token {
                artifact: vectors::TokenKind::AccessToken,
                ..
            } => continue, // of keys that this server has not
            vectors::Input::Redirect { .. } | vectors::Input::Challenge { .. } | vectors::Input::Verifier { .. } => {
                &mut of_browsers
            }
            vectors::Input::Token { .. }
            | vectors::Input::Keys { .. }
            | vectors::Input::Proofs { .. }
            | vectors::Input::Register { .. }
            | vectors::Input::Body(_)
            | vectors::Input::Form(_) => &mut of_the_issuer,
        };
        let told = place.send(&control.input).await;
        assert!(
            told.status < 400 && told.error.is_empty(),
            "{}: {} {} {}",
            control.name,
            told.status,
            told.error,
            told.answer.text
        );
    }
}

/// A test for each rule that only a server can keep, named after it.
macro_rules! rules {
    ($($rule:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($rule)),*];
        $(mod $rule {
            #[tokio::test]
            async fn is_kept() {
                super::run_rule(stringify!($rule)).await;
            }
        })*
    };
}

rules! {
    rule_dpop_once
    rule_dpop_nonce
    rule_pkce_verifier
    rule_pkce_verifier_form
    rule_metadata_keys
    rule_admin_unknown
    rule_admin_types
    rule_form_type
    rule_form_query
    rule_form_query_form
    rule_form_size
    rule_basic_form
    rule_credentials_needed
    rule_secret_right
}

fn id_of(test: &str) -> String {
    test.strip_prefix("rule_").unwrap().replace('_', "-")
}

async fn run_rule(test: &str) {
    let id = id_of(test);
    for (file, _) in vectors::FILES {
        let all = vectors::of_file(file).unwrap();
        let vectors: Vec<Vector> = all.into_iter().filter(|vector| vector.rule == id).collect();
        if !vectors.is_empty() {
            all_are_refused(file, &vectors).await;
        }
    }
}

#[test]
fn every_rule_that_only_a_server_keeps_has_its_test() {
    let mut tested: Vec<String> = TESTED.iter().map(|test| id_of(test)).collect();
    let mut known: Vec<String> = vectors::rules()
        .unwrap()
        .into_iter()
        .filter(|rule| rule.checked == Checked::Http)
        .map(|rule| rule.id)
        .collect();
    tested.sort();
    known.sort();
    assert_eq!(tested, known);
}
