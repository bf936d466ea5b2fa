//! Forms and what stands in them.

use kernel::{
    ClientId, Moment, Scopes, Why,
    authority::SCOPES_MAX,
    authorization::{self, Asked, Carried},
    client_authentication::Credentials,
    form::{Form, PARAMETERS_MAX, decode},
    id::ID_BYTES_MAX,
    tenant::parse_id,
    token,
    user::{LOGIN_BYTES_MAX, Login, parse_group},
};
use proof::Time;

use super::{text, two_lines};
use crate::{
    check::{app, tenant},
    vectors::NOW,
};

/// Every byte escaped that is not plain.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
            other => format!("%{other:02x}"),
        })
        .collect()
}

pub(super) fn form(data: &[u8]) {
    for repeatable in [&[][..], token::Request::REPEATABLE] {
        let Ok(form) = Form::parse(data, repeatable) else {
            continue;
        };
        let pairs: Vec<(&str, &str)> = form.without(&[]).collect();
        assert!(pairs.len() <= PARAMETERS_MAX);
        for (name, value) in &pairs {
            assert!(!value.is_empty(), "what has no value is not there");
            let values = form.all(name).count();
            assert!(values == 1 || repeatable.contains(name), "each stands once");
            if values == 1 {
                assert_eq!(form.text(name), Some(*value));
            }
        }
        let written: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let written = written.join("&");
        assert!(
            Form::parse(written.as_bytes(), repeatable)
                .is_ok_and(|again| { again.without(&[]).eq(pairs.iter().copied()) })
        );
    }
    if let Ok(decoded) = decode(data) {
        assert_eq!(decode(escaped(&decoded).as_bytes()).as_ref(), Ok(&decoded));
    }
}

pub(super) fn scopes(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let Ok(scopes) = Scopes::parse(given) else { return };
    assert!(scopes.iter().count() <= SCOPES_MAX);
    for token in scopes.iter() {
        assert!((1..=256).contains(&token.len()));
        assert!(
            token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
            "RFC 6749 s3.3"
        );
        assert!(
            given.split(' ').any(|asked| asked == token),
            "nothing comes from nowhere"
        );
    }
    assert_eq!(Scopes::parse(&scopes.joined()).as_ref(), Ok(&scopes));
    assert!(scopes.covers(&scopes) && scopes.without(&scopes).is_empty());
}

pub(super) fn token_request(data: &[u8]) {
    let Ok(form) = Form::parse(data, token::Request::REPEATABLE) else {
        return;
    };
    let read = token::Request::parse(&form);
    // Whatever is asked, it does not depend on parameters that nobody knows.
    let more = [data, b"&zz-nobody-knows=1"].concat();
    if let Ok(with_more) = Form::parse(&more, token::Request::REPEATABLE)
        && form.text("zz-nobody-knows").is_none()
    {
        let again = token::Request::parse(&with_more);
        // A refresh is repeated by the same request to the letter, so there each parameter counts.
        let refreshed = matches!(
            (&again, &read),
            (Ok(token::Request::RefreshToken(_)), Ok(token::Request::RefreshToken(_)))
        );
        assert!(refreshed || again == read);
    }
    match (form.text("grant_type"), &read) {
        (None, _) => assert_eq!(read.as_ref().err(), Some(&Why::ParameterMissing("grant_type"))),
        (Some("client_credentials"), Ok(token::Request::ClientCredentials(_)))
        | (Some("authorization_code"), Ok(token::Request::AuthorizationCode(_)))
        | (Some("refresh_token"), Ok(token::Request::RefreshToken(_)))
        | (Some(_), Err(_)) => {}
        (Some(_), Ok(_)) => assert_eq!(form.text("grant_type"), None, "another grant type than was named"),
    }
}

pub(super) fn code_redemption(data: &[u8]) {
    let Some(code) = text(data).filter(|code| !code.is_empty()) else {
        return;
    };
    let body = format!("code={}", escaped(code));
    let Ok(form) = Form::parse(body.as_bytes(), &[]) else {
        return;
    };
    let Ok(request) = kernel::authorization_code::Request::parse(&form) else {
        return;
    };
    if let Some((id, secret)) = request.code {
        assert_eq!(format!("{id}.{secret}"), code, "one spelling");
        assert!((1..=ID_BYTES_MAX).contains(&id.as_str().len()));
    }
}

pub(super) fn credentials(data: &[u8]) {
    let Some((basic, body)) = two_lines(data) else { return };
    let Ok(form) = Form::parse(body.as_bytes(), &[]) else {
        return;
    };
    let basic = Some(basic).filter(|basic| !basic.is_empty());
    let Ok(credentials) = Credentials::parse(basic, None, &form) else {
        return;
    };
    let ways = [
        basic.is_some(),
        form.text("client_secret").is_some(),
        form.text("client_assertion").is_some(),
    ];
    assert!(ways.iter().filter(|way| **way).count() <= 1, "one way at most");
    let id = credentials.client.as_str();
    assert!(ClientId::parse(id).is_some());
    if let Some(named) = form.text("client_id") {
        assert_eq!(named, id, "one name");
    }
    let again = basic.map(|pair| {
        format!(
            "{}:{}",
            escaped(id),
            pair.split_once(':').map_or("", |(_, secret)| secret)
        )
    });
    assert!(Credentials::parse(again.as_deref(), None, &form).is_ok_and(|again| again.client == credentials.client));
}

pub(super) fn authorization(data: &[u8]) {
    let (Ok(client), Ok(tenant)) = (app(), tenant()) else {
        return;
    };
    let Ok(form) = Form::parse(data, authorization::REPEATABLE) else {
        return;
    };
    let Ok(returns) = authorization::returns(&form, Some(&client)) else {
        return;
    };
    assert!(
        client.redirect_uris.contains(&returns.redirect_uri),
        "an app is answered at its own places"
    );
    let at = Moment {
        now: Time::from_unix(NOW),
        seed: [3; 32],
    };
    let Ok(asked) = Asked::parse(&form, &client, &tenant, returns.clone(), Carried::PLAIN, &at) else {
        return;
    };
    assert_eq!(asked.returns, returns);
    assert_eq!(
        asked.challenge.as_ref().map(String::len),
        Some(43),
        "an app without a secret"
    );
    // The page carries it sealed, and reads it again.
    assert_eq!(Asked::from_json(&asked.to_json()).as_ref(), Some(&asked));
}

pub(super) fn login(data: &[u8]) {
    let Some(given) = text(data) else { return };
    if let Some(login) = Login::parse(given) {
        assert!((1..=LOGIN_BYTES_MAX).contains(&login.as_str().len()));
        assert!(!login.as_str().chars().any(|c| c.is_control() || c.is_whitespace()));
        assert_eq!(Login::parse(login.as_str()).as_ref(), Some(&login), "one form");
    }
    if let Some(group) = parse_group(given) {
        assert!(group.as_str() == given && given.len() <= 64);
    }
    if let Ok(tenant) = parse_id(given) {
        assert!(tenant.as_str() == given && given.len() <= 63 && !given.contains(['/', '.', '%']));
    }
}
