//! Signing out: one question, one answer.

use askama::Template;

use crate::app::{App, Identity};
use crate::component::{self, AgentBadge, Ask};
use crate::frame::{Frame, Shell, Width, finish};
use crate::markup::Markup;
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
    /// The host of that place.
    pub after_host: &'a str,
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
        by: page.app.as_ref().map(|app| By {
            words: say.rich(
                match app.identity {
                    Identity::Registered | Identity::Document { .. } => "sign-out-by-app",
                    Identity::SelfRegistered => "sign-out-by-unverified",
                },
                &[("app", Filling::Name(app.name))],
            ),
            badge: AgentBadge::below_its_name(say, app, frame.tenant),
        }),
        words: say.rich(
            "sign-out-words",
            &[("link", Filling::Piece(component::agents_link(say, frame.base)))],
        ),
        back: (!page.after.is_empty())
            .then(|| say.rich("sign-out-back-to", &[("host", Filling::Whole(page.after_host))])),
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
    by: Option<By>,
    words: Markup,
    back: Option<Markup>,
    page: &'a Signout<'a>,
}

/// The app that asks for it.
struct By {
    words: Markup,
    badge: AgentBadge,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
}
