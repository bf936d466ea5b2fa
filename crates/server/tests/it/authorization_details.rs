//! Authorization details (RFC 9396): asked in words, given one by one, carried into tokens and what is told of them, narrowed and never widened (S-15, S-30, S-31).

use proof::jws::Compact;
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Client, Page};

use crate::{
    front::{Front, WEB, code, grants, problem, refused_at, says},
    setup::MCP,
};

/// The type of a payment: at most this much, to this payee.
pub(crate) fn payment() -> Value {
    json!({
        "type": "payment", "name": "Payment", "words": { "en": "pay {amount.value} {amount.currency} to {payee}", "de": "{amount.value} {amount.currency} an {payee} zahlen" },
        "narrowing": { "amount.value": "at_most" },
        "schema": {
            "type": "object",
            "properties": {
                "type": { "const": "payment" }, "locations": { "type": "array", "items": { "type": "string" } },
                "amount": {
                    "type": "object", "required": ["value", "currency"], "additionalProperties": false,
                    "properties": { "value": { "type": "string" }, "currency": { "type": "string", "pattern": "^[A-Z]{3}$" } },
                },
                "payee": { "type": "string" }, "purpose": { "type": "string" },
            },
            "required": ["amount", "payee"], "additionalProperties": false,
        },
    })
}

/// The type of an address that a path cannot name: hours of a calendar.
pub(crate) const CALENDAR: &str = "https://calendar.example/hours";

fn calendar() -> Value {
    json!({
        "type": CALENDAR, "name": "Calendar", "words": { "en": "use your calendar: {actions}" }, "narrowing": { "actions": "subset" },
        "schema": {
            "properties": { "type": { "const": CALENDAR }, "actions": { "type": "array", "items": { "enum": ["look", "enter"] } } },
            "required": ["actions"], "additionalProperties": false,
        },
    })
}

/// A payment.
pub(crate) fn pay(value: &str, payee: &str) -> Value {
    json!({ "type": "payment", "amount": { "value": value, "currency": "EUR" }, "payee": payee })
}

/// Hours of a calendar.
pub(crate) fn hours(actions: &[&str]) -> Value {
    json!({ "type": CALENDAR, "actions": actions })
}

/// A world with both types.
pub(crate) async fn front() -> Front {
    let front = Front::new().await;
    for kind in [payment(), calendar()] {
        front.admin("POST", "/admin/v1/detail-types", &kind).await;
    }
    front
}

fn asking(app: &App, scope: Option<&str>, details: &Value) -> Asking {
    Asking::new(app, Some(MCP), scope).with("authorization_details", Some(&details.to_string()))
}

/// The boxes of details on a page.
pub(crate) fn detail_boxes(page: &Page) -> Vec<String> {
    let pieces = page.answer.text.split("name=\"without_detail\" value=\"").skip(1);
    pieces
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn claims(answer: &Answer) -> Value {
    let token = answer.text_of("access_token");
    Value::Object(Compact::parse(token).unwrap().claims_unverified().unwrap())
}

/// What a token says of details, which the answer beside it says too (RFC 9396 s7, s9.1).
pub(crate) fn detailed(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    let claims = claims(answer);
    assert_eq!(
        claims.get("authorization_details"),
        answer.body.get("authorization_details")
    );
    answer.body.get("authorization_details").cloned().unwrap_or_default()
}

/// From a request to a code, with a yes to everything.
pub(crate) async fn agreed(front: &Front, browser: &mut Browser, asking: &Asking) -> String {
    code(&browser.agree(&front.world, &front.alice, asking).await)
}

async fn redeem_for(front: &Front, asking: &Asking, code: &str, details: &Value) -> Answer {
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("code_verifier", asking.verifier.clone()),
        ("authorization_details", details.to_string()),
    ];
    front.world.as_app(&front.app, &form, &[]).await
}

#[tokio::test]
async fn a_person_reads_what_is_asked_and_the_token_says_the_same() {
    let front = front().await;
    let mut alice = front.browser().await;
    let mut asked = pay("29.99", "Acme");
    asked["purpose"] = "desk lamp".into();
    asked["locations"] = json!([MCP]);
    let asking = asking(&front.app, Some("read"), &json!([asked, hours(&["look", "enter"])]));
    let page = front.consent_page(&mut alice, &asking).await;
    for text in [
        "pay <b><bdi>29.99</bdi></b> <b><bdi>EUR</bdi></b> to <b><bdi>Acme</bdi></b>",
        "The app adds, in its own words:",
        "<dt>purpose</dt><dd>\u{201C}<bdi>desk lamp</bdi>\u{201D}</dd>",
        "<dt>places</dt>",
        "use your calendar: <b><bdi>look</bdi></b>, <b><bdi>enter</bdi></b>",
        "Payment",
        "Read things",
        "{&quot;amount&quot;:{&quot;currency&quot;:&quot;EUR&quot;,&quot;value&quot;:&quot;29.99&quot;}",
    ] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    assert_eq!(detail_boxes(&page).len(), 2);
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&page), &[]).await;
    assert_eq!(detailed(&answer), json!([asked, hours(&["look", "enter"])]));
    assert_eq!(answer.text_of("scope"), "read");

    // The page of agents says what stands, in the same words.
    let agents = alice.visit(&front.world, "/agents").await;
    assert!(says(&agents, "pay <b><bdi>29.99</bdi></b>"), "{agents:?}");
    let listed = front.world.admin("GET", "/admin/v1/grants", None).await;
    let with_details = listed.body["grants"].as_array().unwrap().iter();
    assert_eq!(
        with_details
            .filter(|grant| grant.get("authorization_details").is_some())
            .count(),
        2,
        "the yes and what came of it"
    );
}

#[tokio::test]
async fn s_30_a_detail_that_is_left_out_is_in_no_token() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = asking(&front.app, Some("read"), &json!([pay("5", "Acme"), hours(&["look"])]));
    let page = front.consent_page(&mut alice, &asking).await;
    let left_out = detail_boxes(&page).remove(0);
    let changes = [("without_detail", left_out.as_str()), ("decision", "allow")];
    let page = front.answer(&mut alice, &page, &changes).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&page), &[]).await;
    assert_eq!(detailed(&answer), json!([hours(&["look"])]));
    let more = [("authorization_details", json!([pay("5", "Acme")]).to_string())];
    let refresh = answer.text_of("refresh_token").to_owned();
    let answer = front.world.refresh(&front.app, &refresh, &more, &[]).await;
    assert_eq!(
        (answer.status, answer.error()),
        (400, "invalid_authorization_details"),
        "nor later"
    );

    // To leave everything out is to say no.
    let only = pay("5", "Acme");
    let asking = self::asking(&front.app, None, &json!([only]));
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(
        detail_boxes(&page).is_empty(),
        "one thing alone is refused by no, and the button says what it allows"
    );
    let left_out = kernel::Details::parse(&json!([only]).to_string())
        .unwrap()
        .digests()
        .remove(0);
    let changes = [("without_detail", left_out.as_str()), ("decision", "allow")];
    let page = front.answer(&mut alice, &page, &changes).await;
    refused_at(&page, &asking, "access_denied", "a yes to nothing");
}

#[tokio::test]
async fn s_30_what_was_shown_cannot_be_changed_on_its_way() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = asking(&front.app, None, &json!([pay("5", "Acme")]));
    let page = front.consent_page(&mut alice, &asking).await;

    // The form names no details, only what is left out: there is nothing to put another amount into.
    let dear = json!([pay("5000", "Mallory")]).to_string();
    let changes = [("authorization_details", dear.as_str()), ("decision", "allow")];
    let answered = front.answer(&mut alice, &page, &changes).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&answered), &[]).await;
    assert_eq!(detailed(&answer), json!([pay("5", "Acme")]));

    // A sealed request with one character changed opens nowhere.
    let page = front
        .consent_page(&mut alice, &self::asking(&front.app, None, &json!([pay("5", "Acme")])))
        .await;
    let sealed = page
        .form("consent")
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    let last = if sealed.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{last}", &sealed[..sealed.len() - 1]);
    let changes = [("request", forged.as_str()), ("decision", "allow")];
    let answered = front.answer(&mut alice, &page, &changes).await;
    assert!(
        answered.location().is_none() && answered.answer.status >= 400,
        "{answered:?}"
    );
}

#[tokio::test]
async fn s_30_when_the_words_change_the_page_is_shown_again() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = asking(&front.app, None, &json!([pay("5", "Acme")]));
    let page = front.consent_page(&mut alice, &asking).await;
    let mut body = payment();
    body.as_object_mut().unwrap().remove("type");
    body["words"] = json!({ "en": "give {amount.value} {amount.currency} away to {payee}" });
    front.admin("PUT", "/admin/v1/detail-types/payment", &body).await;
    let before = grants(&front.world).await;
    let again = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    assert!(again.has_form("consent") && says(&again, "give <b>"), "{again:?}");
    assert_eq!(grants(&front.world).await, before, "nothing was given");
    let given = front.answer(&mut alice, &again, &[("decision", "allow")]).await;
    assert_eq!(
        detailed(&front.world.redeem(&front.app, &asking, &code(&given), &[]).await),
        json!([pay("5", "Acme")])
    );
}

#[tokio::test]
async fn s_30_look_alikes_and_hidden_characters_are_made_visible() {
    let front = front().await;
    let mut alice = front.browser().await;
    let details = json!([
        pay("\u{ff11}00", "Acme"),
        pay("1", "Ac\u{43c}e"),
        pay("2", "\u{410}\u{421}\u{41c}\u{415}"),
        pay("3", "Acme\u{202e}gnp.exe"),
        pay("4", "A\u{200b}cme"),
        pay("5", "</bdi><script>alert(1)</script>"),
        pay("6", "M\u{fc}ller"),
    ]);
    let page = front
        .consent_page(&mut alice, &asking(&front.app, None, &details))
        .await;
    for text in [
        "<bdi>[U+FF11]00</bdi>",
        "<bdi>Ac[U+043C]e</bdi>",
        "<bdi>\u{410}\u{421}\u{41c}\u{415}</bdi></b> <span class=\"mark\">(in letters of another alphabet)</span>",
        "<bdi>Acme[U+202E]gnp.exe</bdi>",
        "<bdi>A[U+200B]cme</bdi>",
        "<bdi>&lt;/bdi&gt;&lt;script&gt;alert(1)&lt;/script&gt;</bdi>",
        "<bdi>M\u{fc}ller</bdi></b></span></p>",
    ] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    assert!(!says(&page, "<script>alert"), "{page:?}");
}

#[tokio::test]
async fn s_15_two_hundred_details_and_other_floods_are_refused_at_the_door() {
    let front = front().await;
    let mut alice = front.browser().await;
    let many = |n: usize| Value::Array((0..n).map(|n| pay(&n.to_string(), "Acme")).collect());
    let long = json!([pay("1", &"x".repeat(9_000))]);
    let mut deep = pay("1", "Acme");
    for _ in 0..20 {
        deep = json!({ "type": "payment", "a": deep });
    }
    for (details, what) in [
        (many(200), "200 details"),
        (many(17), "17 details"),
        (long, "9 kB"),
        (json!([deep]), "20 levels"),
        (json!([pay("1", "Acme"), pay("1", "Acme")]), "twice the same"),
        (json!([]), "none"),
        (json!({}), "no list"),
        (json!([{ "type": "payment", "n": 1.5 }]), "a fraction"),
    ] {
        let asking = asking(&front.app, None, &details);
        if asking.path().len() > 20_000 {
            let answer = push(&front, &asking).await;
            assert_eq!(
                (answer.status, answer.error()),
                (400, "invalid_authorization_details"),
                "{what}"
            );
            continue;
        }
        let page = alice.visit(&front.world, &asking.path()).await;
        refused_at(&page, &asking, "invalid_authorization_details", what);
    }
    let page = front
        .consent_page(&mut alice, &asking(&front.app, None, &many(16)))
        .await;
    assert_eq!(detail_boxes(&page).len(), 16, "all of them, none behind a fold");
}

async fn push(front: &Front, asking: &Asking) -> Answer {
    let form: Vec<(&str, String)> = asking
        .parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    front.world.post("/oauth2/par", &[], &form).await
}

#[tokio::test]
async fn what_a_schema_does_not_admit_is_told_by_kind_and_nothing_is_echoed() {
    let front = front().await;
    let mut alice = front.browser().await;
    let mut unknown = pay("1", "Acme");
    unknown["secret4111"] = 1.into();
    let mut currency = pay("1", "Acme");
    currency["amount"]["currency"] = "euro4111".into();
    for (detail, told) in [
        (
            json!({ "type": "payment", "payee": "secret4111" }),
            "authorization_details[0] lacks a member that its type demands: amount",
        ),
        (
            unknown,
            "authorization_details[0] has a member that its type does not know",
        ),
        (
            currency,
            "authorization_details[0] has a value that its type does not admit: amount.currency",
        ),
        (
            json!({ "type": "secret4111" }),
            "authorization_details[0] is of a type that is not registered here; see authorization_details_types_supported",
        ),
    ] {
        let asking = asking(&front.app, Some("read"), &json!([detail]));
        let page = alice.visit(&front.world, &asking.path()).await;
        refused_at(&page, &asking, "invalid_authorization_details", told);
        assert_eq!(page.parameter("error_description").as_deref(), Some(told));
        let answer = push(&front, &asking).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_authorization_details"),
            "{answer:?}"
        );
        assert_eq!(answer.text_of("error_description"), told);
        assert!(!answer.text.contains("4111"), "{answer:?}");
    }
    let elsewhere = json!([{ "type": "payment", "amount": { "value": "1", "currency": "EUR" }, "payee": "A", "locations": ["https://other.example"] }]);
    let asking = asking(&front.app, None, &elsewhere);
    let page = alice.visit(&front.world, &asking.path()).await;
    refused_at(&page, &asking, "invalid_authorization_details", "for another place");
}

#[tokio::test]
async fn a_pushed_request_of_full_length_goes_all_the_way() {
    let front = front().await;
    let mut alice = front.browser().await;
    let quotes = "\"".repeat(3_900); // the longest there is once it is sealed: every character is escaped, twice
    let details = json!([pay("1", &quotes)]);
    let asking = asking(&front.app, None, &details);
    let pushed = push(&front, &asking).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let path = format!(
        "/oauth2/authorize?client_id={}&request_uri={}",
        front.app.client.id,
        pushed.text_of("request_uri")
    );
    let page = alice.visit(&front.world, &path).await;
    assert!(page.has_form("consent"), "{page:?}");
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&page), &[]).await;
    assert_eq!(detailed(&answer), details);
    let active = introspected(&front, &answer).await;
    assert_eq!(
        active["authorization_details"], details,
        "a token of this length is read again"
    );
}

/// What a gateway is told of a token.
pub(crate) async fn introspected(front: &Front, answer: &Answer) -> Value {
    let gateway = Client::register(&front.world, "client_secret_basic", "", &[]).await;
    let change = json!({ "introspects_everything": true });
    front
        .admin("PATCH", &format!("/admin/v1/clients/{}", gateway.id), &change)
        .await;
    let token = answer.text_of("access_token").to_owned();
    front
        .world
        .post("/oauth2/introspect", &[gateway.basic()], &[("token", token)])
        .await
        .body
}

#[tokio::test]
async fn s_31_a_token_request_may_ask_for_less_and_never_for_more() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = asking(
        &front.app,
        None,
        &json!([pay("50.00", "Acme"), hours(&["look", "enter"])]),
    );
    let code = agreed(&front, &mut alice, &asking).await;
    for (details, what) in [
        (json!([pay("50.01", "Acme")]), "a cent more"),
        (json!([pay("50", "Mallory")]), "another payee"),
        (json!([pay("-1", "Acme")]), "below zero"),
        (json!([pay("25", "Acme"), pay("24", "Acme")]), "two of one"),
        (json!([hours(&[])]), "an empty list"),
        (json!([{ "type": "unknown" }]), "another type"),
    ] {
        let answer = redeem_for(&front, &asking, &code, &details).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_authorization_details"),
            "{what}: {answer:?}"
        );
    }
    let less = json!([pay("20", "Acme"), hours(&["enter"])]);
    let answer = redeem_for(&front, &asking, &code, &less).await;
    assert_eq!(detailed(&answer), less, "a refusal does not use the code up");
    assert_eq!(
        introspected(&front, &answer).await["authorization_details"],
        less,
        "RFC 9396 s9.2"
    );

    // The line has what the code had, whatever the first token wanted of it (RFC 9396 s6: details of a token request are those of one access token), and never more.
    let refresh = |token: String, details: Option<Value>| {
        let more: Vec<(&str, String)> = details
            .iter()
            .map(|details| ("authorization_details", details.to_string()))
            .collect();
        let front = &front;
        async move { front.world.refresh(&front.app, &token, &more, &[]).await }
    };
    let token = answer.text_of("refresh_token").to_owned();
    let wider = refresh(token.clone(), Some(json!([pay("50.01", "Acme")]))).await;
    assert_eq!(
        (wider.status, wider.error()),
        (400, "invalid_authorization_details"),
        "{wider:?}"
    );
    let smaller = refresh(token, Some(json!([pay("10", "Acme")]))).await;
    assert_eq!(detailed(&smaller), json!([pay("10", "Acme")]));
    let whole = refresh(smaller.text_of("refresh_token").to_owned(), None).await;
    assert_eq!(
        detailed(&whole),
        json!([pay("50.00", "Acme"), hours(&["look", "enter"])])
    );
}

#[tokio::test]
async fn a_yes_to_a_payment_is_a_yes_to_that_payment_alone() {
    let front = front().await;
    let mut alice = front.browser().await;
    let details = json!([pay("5", "Acme")]);
    front
        .rule(&json!({ "effect": "allow", "client_id": front.app.client.id }))
        .await;
    for _ in 0..2 {
        let asking = asking(&front.app, Some("read"), &details);
        let page = front.consent_page(&mut alice, &asking).await;
        assert!(!says(&page, "You allowed the same before"), "{page:?}");
        let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
        assert_eq!(
            detailed(&front.world.redeem(&front.app, &asking, &code(&page), &[]).await),
            details
        );
    }
    let silent = asking(&front.app, Some("read"), &details).with("prompt", Some("none"));
    let page = alice.visit(&front.world, &silent.path()).await;
    refused_at(
        &page,
        &silent,
        "consent_required",
        "a rule that allows and a yes that stands",
    );
    let scopes = Asking::new(&front.app, Some(MCP), Some("read"));
    let page = alice.visit(&front.world, &scopes.path()).await;
    let answer = front.world.redeem(&front.app, &scopes, &code(&page), &[]).await;
    assert_eq!(
        detailed(&answer),
        Value::Null,
        "the scope alone stands, and brings no payment"
    );

    // What forbids the client everything forbids details too, also those that were given.
    let refresh = answer.text_of("refresh_token").to_owned();
    front
        .rule(&json!({ "effect": "forbid", "client_id": front.app.client.id }))
        .await;
    let asking = asking(&front.app, None, &details);
    let page = alice.visit(&front.world, &asking.path()).await;
    refused_at(&page, &asking, "access_denied", "forbidden");
    assert_eq!(
        front.world.refresh(&front.app, &refresh, &[], &[]).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_client_uses_the_types_that_it_registered_for() {
    let front = front().await;
    let mut alice = front.browser().await;
    let members =
        json!({ "client_name": "Limited", "redirect_uris": [WEB], "authorization_details_types": [CALENDAR] });
    let limited = App::registered(&front.world, "none", &members, WEB).await;
    let shown = front
        .world
        .admin("GET", &format!("/admin/v1/clients/{}", limited.client.id), None)
        .await;
    assert_eq!(
        shown.body["authorization_details_types"],
        json!([CALENDAR]),
        "RFC 9396 s10"
    );
    let refused = asking(&limited, None, &json!([pay("1", "Acme")]));
    let page = alice.visit(&front.world, &refused.path()).await;
    refused_at(&page, &refused, "invalid_authorization_details", "not among them");
    let page = front
        .consent_page(&mut alice, &asking(&limited, None, &json!([hours(&["look"])])))
        .await;
    assert!(says(&page, "use your calendar"));
}

#[tokio::test]
async fn s_31_a_type_that_is_gone_or_stricter_silences_what_was_given_of_it() {
    let front = front().await;
    let mut alice = front.browser().await;
    let details = json!([hours(&["look", "enter"])]);
    let asking = asking(&front.app, None, &details);
    let code = agreed(&front, &mut alice, &asking).await;
    let answer = front.world.redeem(&front.app, &asking, &code, &[]).await;
    assert_eq!(introspected(&front, &answer).await["active"], true);

    // A path cannot name this type as it is: it is written as ~ and its base64url.
    let path = format!(
        "/admin/v1/detail-types/~{}",
        proof::base64url::encode(CALENDAR.as_bytes())
    );
    let mut stricter = calendar();
    stricter.as_object_mut().unwrap().remove("type");
    stricter["schema"]["properties"]["actions"]["items"]["enum"] = json!(["look"]);
    front.admin("PUT", &path, &stricter).await;
    assert_eq!(introspected(&front, &answer).await, json!({ "active": false }));
    let refresh = |more: Vec<(&'static str, String)>| {
        let (front, token) = (&front, answer.text_of("refresh_token").to_owned());
        async move { front.world.refresh(&front.app, &token, &more, &[]).await }
    };
    assert_eq!(refresh(vec![]).await.error(), "invalid_grant");
    let less = json!([hours(&["look"])]);
    let smaller = refresh(vec![("authorization_details", less.to_string())]).await;
    assert_eq!(detailed(&smaller), less, "what it still admits can be asked for");

    let ended = front.world.admin("DELETE", &path, None).await;
    assert_eq!((ended.status, &ended.body["type"]), (200, &json!(CALENDAR)));
    assert_eq!(introspected(&front, &smaller).await, json!({ "active": false }));
    let agents = alice.visit(&front.world, "/agents").await;
    assert!(
        says(&agents, "{&quot;actions&quot;:[&quot;look&quot;,&quot;enter&quot;]"),
        "told by its own: {agents:?}"
    );
}

#[tokio::test]
async fn a_machine_has_details_of_its_own() {
    let front = front().await;
    let machine = Client::register(&front.world, "client_secret_basic", "read", &[MCP]).await;
    let given = json!([pay("100", "Acme")]);
    let grant = json!({ "client_id": machine.id, "resources": [MCP], "authorization_details": given, "depth": 1 });
    let root = front.admin("POST", "/admin/v1/grants", &grant).await;
    assert_eq!(root["authorization_details"], given);
    let ask = |details: Value| {
        let form = vec![
            ("resource", MCP.to_owned()),
            ("authorization_details", details.to_string()),
        ];
        let (front, machine) = (&front, &machine);
        async move { front.world.token(machine, &form, &[]).await }
    };
    assert_eq!(
        detailed(&ask(json!([pay("40", "Acme")])).await),
        json!([pay("40", "Acme")])
    );
    let more = ask(json!([pay("101", "Acme")])).await;
    assert_eq!(
        (more.status, more.error()),
        (400, "invalid_authorization_details"),
        "{more:?}"
    );
    let without = front
        .world
        .token(
            &machine,
            &[("resource", MCP.to_owned()), ("scope", "read".to_owned())],
            &[],
        )
        .await;
    assert_eq!(detailed(&without), Value::Null);

    // A child has no more than its parent (S-31).
    let child = |amount: &str| json!({ "client_id": machine.id, "resources": [MCP], "parent": root["id"], "authorization_details": [pay(amount, "Acme")] });
    front.admin("POST", "/admin/v1/grants", &child("100")).await;
    let wider = front
        .world
        .admin("POST", "/admin/v1/grants", Some(&child("100.01")))
        .await;
    assert_eq!((wider.status, wider.error()), (400, "invalid_body"), "{wider:?}");
    let broken =
        json!({ "client_id": machine.id, "resources": [MCP], "authorization_details": [{ "type": "payment" }] });
    let refused = front.world.admin("POST", "/admin/v1/grants", Some(&broken)).await;
    assert_eq!(
        (refused.status, refused.error()),
        (400, "invalid_authorization_details"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn types_are_registered_shown_and_ended_and_discovery_says_which() {
    let front = Front::new().await;
    let supported = async || {
        let found = front.world.get("/.well-known/oauth-authorization-server").await;
        found.body.get("authorization_details_types_supported").cloned()
    };
    assert_eq!(supported().await, None, "only when some exist");
    let made = front.admin("POST", "/admin/v1/detail-types", &payment()).await;
    assert_eq!(made["narrowing"], json!({ "amount.value": "at_most" }));
    front.admin("POST", "/admin/v1/detail-types", &calendar()).await;
    assert_eq!(supported().await, Some(json!([CALENDAR, "payment"])));
    let shown = front.world.admin("GET", "/admin/v1/detail-types/payment", None).await;
    assert_eq!(shown.body, made);
    let listed = front.world.admin("GET", "/admin/v1/detail-types", None).await;
    assert_eq!(listed.body["detail_types"].as_array().unwrap().len(), 2);
    let twice = front
        .world
        .admin("POST", "/admin/v1/detail-types", Some(&payment()))
        .await;
    assert_eq!((twice.status, twice.error()), (409, "conflict"));
    for (place, value, told) in [
        (
            "/schema/properties/payee",
            json!({ "$ref": "https://evil.example/s.json" }),
            "$ref",
        ),
        ("/schema/properties/payee", json!({ "pattern": "(?=a)" }), "linear time"),
        ("/schema/properties/payee", json!({ "type": "txt" }), "schema"),
        ("/schema/additionalProperties", json!(true), "additionalProperties"),
        ("/words/en", json!("pay {nobody}"), "nobody"),
        ("/narrowing", json!({ "payee": "less" }), "at_most"),
        ("/type", json!("two words"), "type"),
    ] {
        let mut body = payment();
        *body.pointer_mut(place).unwrap() = value;
        let refused = front.world.admin("POST", "/admin/v1/detail-types", Some(&body)).await;
        assert_eq!(
            (refused.status, refused.error()),
            (400, "invalid_body"),
            "{place}: {refused:?}"
        );
        assert!(refused.text_of("detail").contains(told), "{place}: {refused:?}");
    }
    assert_eq!(
        front
            .world
            .admin("DELETE", "/admin/v1/detail-types/payment", None)
            .await
            .status,
        200
    );
    assert_eq!(
        front
            .world
            .admin("GET", "/admin/v1/detail-types/payment", None)
            .await
            .status,
        404
    );
    assert_eq!(
        front
            .world
            .admin("DELETE", "/admin/v1/detail-types/payment", None)
            .await
            .status,
        404
    );
    assert_eq!(supported().await, Some(json!([CALENDAR])));
    for (kind, times) in [("detail_type.created", 2), ("detail_type.dropped", 1)] {
        assert_eq!(front.world.events(kind).await, times, "{kind}");
    }
}

#[tokio::test]
async fn s_35_types_of_one_tenant_mean_nothing_in_another() {
    let front = front().await;
    let other = front.world.tenant_by_path("other").await;
    let listed = other.admin(&front.world, "GET", "/admin/v1/detail-types", None).await;
    assert_eq!(listed.body["detail_types"], json!([]));
    let shown = other
        .admin(&front.world, "GET", "/admin/v1/detail-types/payment", None)
        .await;
    assert_eq!(shown.status, 404);
}

#[tokio::test]
async fn a_request_that_can_no_longer_be_asked_when_it_is_answered_is_refused() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = asking(&front.app, None, &json!([pay("5", "Acme")]));
    let page = front.consent_page(&mut alice, &asking).await;
    front
        .world
        .admin("DELETE", "/admin/v1/detail-types/payment", None)
        .await;
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    refused_at(&page, &asking, "invalid_authorization_details", "the type is gone");
    let nothing = alice.visit(&front.world, "/consent?request=x").await;
    problem(&nothing, 400, "invalid_request", "no request");
}

#[tokio::test]
async fn s_30_the_same_again_is_told_as_the_same_and_is_another_yes() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = |value: &str| asking(&front.app, None, &json!([pay(value, "Bakery")]));
    let page = front.consent_page(&mut alice, &asking("5.00")).await;
    for said in [
        "Atlas</bdi> wants to pay <b><bdi>5.00</bdi></b> <b><bdi>EUR</bdi></b> to <b><bdi>Bakery</bdi></b> at ",
        "<span>Allow: pay <b><bdi>5.00</bdi></b>",
        "can be used more than once until it ends",
    ] {
        assert!(says(&page, said), "{said}: {page:?}");
    }
    code(&front.answer(&mut alice, &page, &[("decision", "allow")]).await);
    let again = front.consent_page(&mut alice, &asking("5.00")).await;
    assert!(says(&again, "You allowed the very same on"), "{again:?}");
    assert!(!says(&again, "Something is different"), "{again:?}");
    let other = front.consent_page(&mut alice, &asking("6.00")).await;
    assert!(
        says(&other, "Something is different") && says(&other, "you have not allowed it before"),
        "{other:?}"
    );
    // A type without words in the language of the page says its own sentence, in its own language, and no sentence of ours takes it in.
    let german = alice
        .get(&front.world, &format!("{}&ui_locales=de", asking("7.00").path()))
        .await;
    let german = alice.follow(&front.world, german).await;
    assert!(says(
        &german,
        "<b><bdi>7.00</bdi></b> <b><bdi>EUR</bdi></b> an <b><bdi>Bakery</bdi></b> zahlen"
    ));
    let calendar = self::asking(&front.app, None, &json!([hours(&["look"])])).with("ui_locales", Some("de"));
    let page = front.consent_page(&mut alice, &calendar).await;
    assert!(says(&page, "<span lang=\"en\">use your calendar"), "{page:?}");
    assert!(
        says(&page, "für Sie benutzen") && says(&page, "<span>Erlauben</span>"),
        "{page:?}"
    );
}

#[tokio::test]
async fn two_payments_for_two_things_are_told_apart_where_they_are_stopped() {
    let front = front().await;
    let mut alice = front.browser().await;
    for purpose in ["a lamp", "a chair"] {
        let mut detail = pay("5.00", "Acme");
        detail["purpose"] = purpose.into();
        agreed(&front, &mut alice, &asking(&front.app, None, &json!([detail]))).await;
    }
    let page = alice.get(&front.world, "/agents").await;
    for purpose in ["a lamp", "a chair"] {
        assert!(
            says(&page, &format!("\u{201C}<bdi>{purpose}</bdi>\u{201D}")),
            "{page:?}"
        );
    }
}
