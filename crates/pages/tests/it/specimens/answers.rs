//! What leads back to an app: an answer that is posted, and a sign-out that an app asked for.

use pages::{App, FormPost, Identity, Language, Signout};

use super::{CSRF, HOSTILE, LONG_NAME, REQUEST, signed_in, signed_out};

pub(crate) fn answers(language: Language, add: &mut impl FnMut(&str, String)) {
    let registered = |name| App {
        name,
        client_id: "app",
        identity: Identity::Registered,
    };
    for (name, app) in [
        ("sign-out-by-app", "Atlas"),
        ("sign-out-by-app-long", LONG_NAME),
        ("sign-out-by-app-hostile", HOSTILE),
    ] {
        let page = Signout {
            csrf: CSRF,
            app: Some(registered(app)),
            after: REQUEST,
            after_host: "app.example",
        };
        add(name, pages::sign_out(&signed_in(language, "/sign-out"), &page));
    }
    let page = Signout {
        csrf: CSRF,
        app: Some(App {
            name: HOSTILE,
            client_id: HOSTILE,
            identity: Identity::SelfRegistered,
        }),
        after: REQUEST,
        after_host: HOSTILE,
    };
    add(
        "sign-out-by-unverified-hostile",
        pages::sign_out(&signed_in(language, "/sign-out"), &page),
    );
    let page = FormPost {
        host: "app.example",
        url: "https://app.example/cb?from=\"<&",
        fields: &[
            ("code", "SplxlOBeZQQYbYS6WxSbIA"),
            ("state", "\"><script>alert(1)</script>"),
        ],
    };
    add("form-post", pages::form_post(&signed_out(language, ""), &page));
}
