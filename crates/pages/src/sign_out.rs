//! Signing out: one question, one answer.

use askama::Template;

use crate::app::App;
use crate::component::{AgentBadge, Ask};
use crate::frame::{Frame, Shell, Width, finish};
use crate::quiet::quiet;
use crate::words::{Filling, Words};

/// The page that asks whether to sign out (OpenID Connect RP-Initiated Logout 1.0 s2).
#[derive(Clone)]
pub struct Signout<'a> {
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// The app that asks, if one does.
    pub app: Option<App<'a>>,
    /// Sealed: where the person goes afterwards; "" when they stay.
    pub after: &'a str,
}

quiet!(Signout);

/// The page with the button.
pub fn sign_out(frame: &Frame<'_>, page: &Signout<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&SignOutPage {
        shell: Shell::new(frame, &say.text("sign-out-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("sign-out-ask", &[("tenant", Filling::Name(frame.tenant))]),
        },
        badge: page.app.as_ref().map(|app| AgentBadge::new(say, app, frame.tenant)),
        page,
    })
}

/// The page after it.
pub fn signed_out(frame: &Frame<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&SignedOutPage {
        shell: Shell::new(frame, &say.text("signed-out-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("signed-out-title", &[]),
        },
    })
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    badge: Option<AgentBadge>,
    page: &'a Signout<'a>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
}
