//! The front door: what this is, and where to go.

use askama::Template;

use crate::component::{Ask, Details, KeyValue};
use crate::frame::{Frame, Shell, Width, finish};
use crate::words::{Filling, Words, whole};

/// The page at the root of a tenant.
#[derive(Clone, Debug)]
pub struct Home<'a> {
    /// The issuer identifier (RFC 8414 s2), for those who connect software.
    pub issuer: &'a str,
}

/// What this is; sign in, or your agents.
pub fn home(frame: &Frame<'_>, page: &Home<'_>) -> String {
    let say = Words::new(frame.language);
    let mut rows = KeyValue::default();
    rows.row(say.text("detail-issuer"), whole(page.issuer));
    finish(&HomePage {
        shell: Shell::new(frame, &say.text("home-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("home-ask", &[("tenant", Filling::Name(frame.tenant))]),
        },
        details: Details {
            summary: say.text("home-details"),
            rows,
        },
    })
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    details: Details,
}
