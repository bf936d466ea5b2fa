//! Problems of every kind, and the way back to an app.

use pages::{Language, Leave, Problem, ProblemKind};

use super::{HOSTILE, atlas, hostile, hostile_frame, signed_in, signed_out, stranger};

pub(crate) const PROBLEMS: [(&str, ProblemKind); 14] = [
    ("redirect-uri", ProblemKind::RedirectUri),
    ("client-unknown", ProblemKind::ClientUnknown),
    ("client-document", ProblemKind::ClientDocument),
    ("bad-request", ProblemKind::BadRequest),
    ("expired", ProblemKind::Expired),
    ("other-browser", ProblemKind::OtherBrowser),
    ("not-allowed", ProblemKind::NotAllowed),
    ("already-answered", ProblemKind::AlreadyAnswered),
    ("not-found", ProblemKind::NotFound),
    ("busy", ProblemKind::Busy),
    ("our-fault", ProblemKind::OurFault),
    ("forged", ProblemKind::Forged),
    ("disabled", ProblemKind::Disabled),
    ("sign-out-unknown", ProblemKind::SignOutUnknown),
];

pub(crate) fn bad_request() -> Problem<'static> {
    Problem {
        code: "invalid_request",
        kind: ProblemKind::BadRequest,
        said: "code_challenge is missing",
        request_id: "01KB2Q5W8N7Z",
        detail: None,
    }
}

pub(crate) fn leaving(url: &str) -> Leave<'_> {
    Leave {
        app: Some(stranger()),
        host: "app.example",
        url,
        problem: bad_request(),
    }
}

pub(crate) fn problems(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_out(language, "");
    for (name, kind) in PROBLEMS {
        add(
            &format!("problem-{name}"),
            pages::problem(&frame, &Problem { kind, ..bad_request() }),
        );
    }
    add(
        "problem-signed-in",
        pages::problem(&signed_in(language, "/no/such/page"), &bad_request()),
    );
    let page = Problem {
        code: HOSTILE,
        said: HOSTILE,
        request_id: HOSTILE,
        detail: Some(HOSTILE),
        ..bad_request()
    };
    add("problem-hostile", pages::problem(&hostile_frame(language), &page));
    add(
        "leave",
        pages::leave(
            &frame,
            &leaving("https://app.example/callback?error=invalid_request&state=xyz"),
        ),
    );
    add(
        "leave-verified",
        pages::leave(
            &signed_in(language, ""),
            &Leave {
                app: Some(atlas()),
                ..leaving("com.example.app:/callback")
            },
        ),
    );
    let page = Leave {
        app: Some(hostile()),
        host: HOSTILE,
        problem: page,
        ..leaving("javascript:alert(1)")
    };
    add("leave-hostile", pages::leave(&hostile_frame(language), &page));
}
