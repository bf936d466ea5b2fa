//! A person types the code that another device shows. Nothing fills it in for them, and nothing is allowed by typing it.

use askama::Template;

use crate::component::{Ask, Note, Tone};
use crate::frame::{Frame, Shell, Width, finish};
use crate::quiet::quiet;
use crate::visible::visible;
use crate::words::Words;

/// The page that takes a code.
#[derive(Clone)]
pub struct Device<'a> {
    /// Proof that the form is ours.
    pub csrf: &'a str,
    /// What was typed, to be mended; "" at first. Nothing from a link ever stands here (S-28).
    pub typed: &'a str,
    /// What was wrong with the last one.
    pub problem: Option<DeviceProblem>,
}

quiet!(Device);

/// What was wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceProblem {
    /// Nothing waits under it: mistyped, somebody else's, too old. The three look the same.
    Unknown,
    /// Too many tries.
    TooManyTries,
}

/// What fits into the field.
const TYPED_CHARS_MAX: usize = 32;

/// The page where a person types a device's code.
pub fn device(frame: &Frame<'_>, page: &Device<'_>) -> String {
    let say = Words::new(frame.language);
    finish(&DevicePage {
        shell: Shell::new(frame, &say.text("device-title"), Width::Decision),
        say,
        ask: Ask {
            sentence: say.rich("device-title", &[]),
        },
        problem: page.problem.map(|problem| {
            let key = match problem {
                DeviceProblem::Unknown => "device-unknown",
                DeviceProblem::TooManyTries => "device-too-many-tries",
            };
            Note::new(Tone::Danger, say.rich(key, &[]))
        }),
        typed: visible(page.typed, TYPED_CHARS_MAX),
        page,
    })
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    shell: Shell<'a>,
    say: Words,
    ask: Ask,
    problem: Option<Note>,
    typed: String,
    page: &'a Device<'a>,
}
