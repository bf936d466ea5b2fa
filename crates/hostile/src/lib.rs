//! What strangers send, and what must come of it.
//!
//! [`vectors`] are the negative vectors of `vectors/negative/`: each breaks one rule, and [`outcome`] says how the library refuses it. [`fuzz`] holds the bodies of the
//! fuzz targets in `fuzz/`: each takes any bytes whatever and asserts what must hold of them. Both are run by the tests of this crate; the vectors go through a real port
//! as well, in the tests of `server`.
//!
//! Never contains a clock, randomness, I/O or HTTP: what is checked here is what decides, not what carries.

mod check;
pub mod fuzz;
pub mod vectors;

pub use check::{Outcome, outcome};
