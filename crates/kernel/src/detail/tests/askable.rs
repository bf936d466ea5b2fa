use super::*;
use crate::{client::Client, vectors::facts};

const HERE: &str = "https://pay.example/api";

#[expect(clippy::needless_pass_by_value, reason = "written beside `json!`")]
fn client(further: Value) -> Client {
    let mut body = json!({ "client_id": "app", "token_endpoint_auth_method": "none", "grant_types": [] });
    body.as_object_mut()
        .unwrap()
        .extend(further.as_object().unwrap().clone());
    facts::client(&body)
}

#[test]
fn what_may_be_asked_is_of_a_known_type_in_its_form_for_this_client_and_for_here() {
    let asked = details(json!([{ "type": "payment", "locations": [HERE, "https://b.example"] }, { "type": "files" }]));
    let types = || admitting(vec![kind("payment", json!({})), kind("files", json!({}))], &[&asked]);
    let any = client(json!({}));
    assert_eq!(types().askable(&asked, &any, HERE), Ok(()));
    assert_eq!(
        types().askable(&asked, &any, "https://c.example"),
        Err(Why::DetailElsewhere(0))
    );

    let both = client(json!({ "authorization_details_types": ["files", "payment"] }));
    let one = client(json!({ "authorization_details_types": ["files"] }));
    let none = client(json!({ "authorization_details_types": [] }));
    assert_eq!(types().askable(&asked, &both, HERE), Ok(()));
    assert_eq!(types().askable(&asked, &one, HERE), Err(Why::DetailTypeNotAllowed(0)));
    assert_eq!(types().askable(&asked, &none, HERE), Err(Why::DetailTypeNotAllowed(0)));

    let without = admitting(vec![kind("files", json!({}))], &[&asked]);
    assert_eq!(without.askable(&asked, &any, HERE), Err(Why::DetailTypeUnknown(0)));
    let mut broken = types();
    broken.judge(asked.iter().next().unwrap(), Err(Breach::Unknown(String::new())));
    assert_eq!(
        broken.askable(&asked, &any, HERE),
        Err(Why::DetailRefused(0, Breach::Unknown(String::new())))
    );
    let unjudged = Types::of([kind("payment", json!({})), kind("files", json!({}))]);
    assert_eq!(
        unjudged.askable(&asked, &any, HERE),
        Err(Why::DetailRefused(0, Breach::Value(String::new()))),
        "what no schema was asked about is refused"
    );
}

#[test]
fn a_token_gets_all_that_was_granted_or_what_is_asked_of_it() {
    let pay = |n: i64| json!({ "type": "payment", "n": n });
    let granted = details(json!([pay(5), { "type": "files" }]));
    let (less, more) = (details(json!([pay(4)])), details(json!([pay(6)])));
    let types = || {
        let rules = kind("payment", json!({ "n": "at_most" }));
        admitting(vec![rules, kind("files", json!({}))], &[&granted, &less, &more])
    };
    let app = client(json!({}));
    let of = |asked: Option<&Details>| types().of_granted(asked, &granted, &app, HERE);
    assert_eq!(of(None), Ok(granted.clone()));
    assert_eq!(of(Some(&less)), Ok(less.clone()));
    assert_eq!(of(Some(&more)), Err(Why::DetailNotGranted));

    let gone = admitting(vec![kind("payment", json!({ "n": "at_most" }))], &[&granted, &less]);
    assert_eq!(
        gone.of_granted(None, &granted, &app, HERE),
        Err(Why::GrantEnded),
        "all of it is more than is left"
    );
    assert_eq!(gone.of_granted(Some(&less), &granted, &app, HERE), Ok(less.clone()));
    assert_eq!(gone.counting(&granted, &app, HERE), details(json!([pay(5)])));
    assert!(!gone.still_admit(&granted) && gone.still_admit(&less));
}

#[test]
fn s_30_what_a_page_shows_names_every_detail_and_the_words_it_is_shown_in() {
    let one = details(json!([{ "type": "payment", "n": 1 }]));
    let two = details(json!([{ "type": "payment", "n": 2 }]));
    let types = Types::of([kind("payment", json!({}))]);
    let other_words = vectors::details::kind(&json!({ "type": "payment", "words": { "en": "look at it" } }));
    let shown = types.shown(&one);
    assert_eq!(
        shown,
        format!("{} {}", one.digests()[0], kind("payment", json!({})).basis())
    );
    assert_ne!(types.shown(&two), shown);
    assert_ne!(Types::of([other_words]).shown(&one), shown);
    assert_ne!(Types::default().shown(&one), shown);
    assert_eq!(types.shown(&Details::default()), "");
}
