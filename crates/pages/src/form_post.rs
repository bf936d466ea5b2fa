//! An answer that the browser posts to an app (OAuth 2.0 Form Post Response Mode): it goes by itself, and by a button where there is no script.

use askama::Template;

use crate::assets;
use crate::component::Ask;
use crate::frame::{Frame, Shell, Width, finish};
use crate::quiet::quiet;
use crate::words::{Filling, Words};

/// The page that posts.
#[derive(Clone)]
pub struct FormPost<'a> {
    /// The host the form goes to.
    pub host: &'a str,
    /// Where it goes.
    pub url: &'a str,
    /// What it says.
    pub fields: &'a [(&'a str, &'a str)],
}

quiet!(FormPost);

/// The page.
pub fn form_post(frame: &Frame<'_>, page: &FormPost<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&FormPostPage {
        shell: Shell::new(frame, &say.text("form-post-title"), Width::Decision),
        ask: Ask {
            sentence: say.rich("form-post-ask", &[("host", Filling::Whole(page.host))]),
        },
        go: say.text("form-post-go"),
        script: assets::FORM_POST.name,
        page,
    })
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostPage<'a> {
    shell: Shell<'a>,
    ask: Ask,
    go: String,
    script: &'static str,
    page: &'a FormPost<'a>,
}
