//! The simulator: several tenants, people and apps on one server, in one process, with one seed. The clock jumps, requests interleave, commits fail, the process dies between
//! signing and committing, keys rotate. After every step what the server says is compared with a model that knows only who approved what.
//!
//! Requests go over HTTP. Their walks are held at three points ([`server::Point`]), and exactly one runs at a time, so that the seed alone decides how they interleave.
//!
//! Never here: a rule of the product. The model is made of lists, and says what must never be, and what must still work.
#![forbid(unsafe_code)]

mod act;
mod chance;
mod engine;
mod finish;
mod judge;
mod model;

pub use engine::{Found, Run, run};

/// How many steps a world has.
pub const STEPS: u32 = 250;
