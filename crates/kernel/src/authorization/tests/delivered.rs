//! Where a refusal goes (S-02, RFC 9700 s4.11.2).

use super::*;

fn back(why: &Why) -> Return {
    let returns = asked(&[]).returns;
    Return {
        redirect_uri: returns.redirect_uri.clone(),
        mode: ResponseMode::Query,
        parameters: error(why, &returns, &tenant()),
        signed: None,
    }
}

/// Where this refusal of this client's request goes.
fn goes(why: &Why, prompt: &str, client: &Client, caller: &Caller, granted: &[Vec<Grant>]) -> Delivery {
    let form = query(&[("prompt", prompt)]);
    let asked = asked_by(client, &[("prompt", prompt)]);
    let of_form = delivery(
        why,
        Asking::Form(&form),
        &asked.returns,
        client,
        caller,
        granted,
        &tenant(),
        &at(),
    );
    let of_asked = delivery(
        why,
        Asking::Asked(&asked),
        &asked.returns,
        client,
        caller,
        granted,
        &tenant(),
        &at(),
    );
    assert_eq!(of_form, of_asked, "read or not, it is the same request");
    of_asked
}

#[test]
fn s_02_a_refusal_leaves_this_server_only_with_somebody_who_is_signed_in_or_when_nobody_may_be_asked() {
    let scope = Why::ScopeNotGranted;
    let redirect = Delivery::Redirect(back(&scope));
    for client in [web(), public(BACK), stranger(), registered_itself()] {
        assert_eq!(
            goes(&scope, "-", &client, &nobody(), &[]),
            Delivery::Page,
            "{}",
            client.id
        );
        assert_eq!(
            goes(&scope, "login", &client, &nobody(), &[]),
            Delivery::Page,
            "{}",
            client.id
        );
        assert_eq!(
            goes(&scope, "none", &client, &nobody(), &[]),
            redirect,
            "RFC 9700 s4.11.2: {}",
            client.id
        );
    }
    assert_eq!(goes(&scope, "-", &web(), &by_alice(), &[]), redirect);
    let quiet = Why::LoginRequired;
    assert_eq!(
        goes(&quiet, "none", &web(), &nobody(), &[]),
        Delivery::Redirect(back(&quiet))
    );
}

#[test]
fn s_02_a_client_that_nobody_approved_gets_nobody_sent_to_it_without_a_click() {
    let why = Why::ScopeNotGranted;
    let granted = vec![vec![yes("read", "any")]];
    let (redirect, leave) = (Delivery::Redirect(back(&why)), Delivery::Leave(back(&why)));
    let rows = [
        (web(), &[][..], &redirect, "an administrator registered it"),
        (stranger(), &[], &leave, "it came with a document of its own"),
        (registered_itself(), &[], &leave, "it registered itself"),
        (stranger(), &granted, &redirect, "the person said yes to it before"),
        (
            registered_itself(),
            &granted,
            &redirect,
            "the person said yes to it before",
        ),
    ];
    for (client, granted, expected, claim) in rows {
        assert_eq!(&goes(&why, "-", &client, &by_alice(), granted), expected, "{claim}");
    }
}

#[test]
fn a_no_goes_to_the_client_whose_name_the_person_read() {
    for client in [web(), stranger(), registered_itself()] {
        let expected = Delivery::Redirect(back(&Why::PersonDenied));
        assert_eq!(
            goes(&Why::PersonDenied, "-", &client, &by_alice(), &[]),
            expected,
            "{}",
            client.id
        );
        // Who cannot prove themselves strongly enough need not be signed in to say so.
        let expected = Delivery::Redirect(back(&Why::AssuranceDeclined));
        assert_eq!(goes(&Why::AssuranceDeclined, "-", &client, &nobody(), &[]), expected);
    }
}

#[test]
fn s_02_what_is_about_the_page_or_a_client_without_place_stays_here() {
    let reasons = [
        Why::AlreadyAnswered,
        Why::PageExpired,
        Why::SignInRequired,
        Why::ClientUnknown,
        Why::ClientDisabled,
        Why::RedirectUriUnknown,
    ];
    for why in reasons {
        for prompt in ["-", "none"] {
            for caller in [nobody(), by_alice()] {
                let granted = vec![vec![yes("read", "any")]];
                assert_eq!(
                    goes(&why, prompt, &web(), &caller, &granted),
                    Delivery::Page,
                    "{why:?} {prompt}"
                );
            }
        }
    }
}

#[test]
fn s_02_only_none_alone_is_quiet() {
    let why = Why::PromptMalformed;
    for prompt in ["none login", "login none", "none ", "None"] {
        let form = query(&[("prompt", prompt)]);
        let returns = asked(&[]).returns;
        let goes = delivery(
            &why,
            Asking::Form(&form),
            &returns,
            &web(),
            &nobody(),
            &[],
            &tenant(),
            &at(),
        );
        assert_eq!(goes, Delivery::Page, "{prompt:?}");
    }
}
