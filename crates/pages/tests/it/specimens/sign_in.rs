//! Signing in.

use pages::{Frame, Language, Recovery, SignIn, SignInProblem, Ways};

use super::{
    CEREMONY, CSRF, GET_OPTIONS, HOSTILE, REQUEST, atlas, editor, hostile, hostile_frame, signed_in, signed_out,
    stranger,
};

pub(crate) fn bare_sign_in() -> SignIn<'static> {
    SignIn {
        request: REQUEST,
        csrf: CSRF,
        app: None,
        login: "",
        ceremony: CEREMONY,
        passkey_options: GET_OPTIONS,
        ways: Ways::All,
        problem: None,
    }
}

pub(crate) const PASSKEY_ONLY: Ways<'static> = Ways::PasskeyOnly {
    host: "app.atlas.example",
};

pub(crate) fn sign_in(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_out(language, "/sign-in");
    add(
        "sign-in",
        pages::sign_in(
            &frame,
            &SignIn {
                request: "",
                ..bare_sign_in()
            },
        ),
    );
    for (name, app) in [
        ("document", atlas()),
        ("registered", editor()),
        ("unverified", stranger()),
        ("hostile", hostile()),
    ] {
        let page = SignIn {
            app: Some(app),
            login: "alice@demo.test",
            ..bare_sign_in()
        };
        add(&format!("sign-in-for-{name}"), pages::sign_in(&frame, &page));
    }
    for (name, problem) in SIGN_IN_PROBLEMS {
        let page = SignIn {
            app: Some(atlas()),
            login: "alice@demo.test",
            problem: Some(problem),
            ..bare_sign_in()
        };
        add(&format!("sign-in-problem-{name}"), pages::sign_in(&frame, &page));
    }
    for (name, app, problem) in [
        ("document", atlas(), None),
        ("unverified", stranger(), None),
        ("refused", atlas(), Some(SignInProblem::Passkey)),
    ] {
        let page = SignIn {
            app: Some(app),
            ways: PASSKEY_ONLY,
            problem,
            ..bare_sign_in()
        };
        add(
            &format!("sign-in-passkey-only-{name}"),
            pages::sign_in(&signed_in(language, "/sign-in?request=sealed"), &page),
        );
    }
    let page = SignIn {
        app: Some(hostile()),
        ways: Ways::PasskeyOnly { host: HOSTILE },
        request: HOSTILE,
        ..bare_sign_in()
    };
    add(
        "sign-in-passkey-only-hostile",
        pages::sign_in(&hostile_frame(language), &page),
    );
    let page = SignIn {
        login: HOSTILE,
        request: HOSTILE,
        passkey_options: "",
        ..bare_sign_in()
    };
    add(
        "sign-in-no-passkeys",
        pages::sign_in(
            &Frame {
                tenant: HOSTILE,
                ..signed_out(language, "")
            },
            &page,
        ),
    );
    let page = Recovery {
        request: REQUEST,
        csrf: CSRF,
        login: "",
        problem: None,
    };
    add(
        "recovery",
        pages::recovery(&signed_out(language, "/sign-in/recovery?request=sealed"), &page),
    );
    let page = Recovery {
        login: "alice@demo.test",
        problem: Some(SignInProblem::RecoveryCode),
        ..page
    };
    add("recovery-problem", pages::recovery(&signed_out(language, ""), &page));
}

const SIGN_IN_PROBLEMS: [(&str, SignInProblem); 8] = [
    ("credentials", SignInProblem::Credentials),
    ("passkey", SignInProblem::Passkey),
    ("recovery-code", SignInProblem::RecoveryCode),
    ("took-too-long", SignInProblem::TookTooLong),
    ("too-many-tries", SignInProblem::TooManyTries),
    ("busy", SignInProblem::Busy),
    ("again", SignInProblem::SignInAgain),
    ("fresh", SignInProblem::SignInFresh),
];
