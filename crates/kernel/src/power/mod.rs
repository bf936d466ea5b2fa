//! Powers: what a grant allows of one capability, in numbers and names that a program can check (seed 003, constraint matching and usage limits).
//!
//! A [`Power`] names a capability, the [`Constraints`] that what is asked must meet, and the [`Limits`] of how often and how much. Within one power all constraints hold;
//! of several [`Powers`] for one capability any suffices. A child's power lies within one of its parent's, and that is decided from the texts alone: where it is not plain
//! that less is asked, more is assumed (S-31).
//!
//! Everything here fails closed. What is missing fails every operator, `not_in` too; what has another type, currency or unit fails; what was written and cannot be read is
//! an error and never "no constraints". Numbers are decimals of four places, exact; floats match nothing (S-32).
//!
//! Pure like everything in this crate: what was used before arrives as [`Used`], the time as an argument, and whoever books a use does it in the transaction that answers.

#[cfg(test)]
pub(crate) mod arbitrary;
mod classes;
mod constraint;
mod constraints;
mod decimal;
mod execution_limit;
mod field;
mod implication;
mod limits;
mod measure;
mod powers;
mod read;
mod scalar;
#[cfg(test)]
mod tests;
mod used;
mod words;

pub use classes::DataClasses;
pub use constraint::{Constraint, Op, PER_SECONDS_MAX, VALUES_MAX};
pub use constraints::{CONSTRAINTS_MAX, Constraints, Unmet};
pub use decimal::Decimal;
pub use execution_limit::{EXECUTION_LIMIT, ExecutionLimits, registered};
pub use field::Field;
pub use limits::{CURRENCIES_MAX, Exceeded, Limits};
pub use measure::{AmountMalformed, Currency, Measure, Money, Unit};
pub use powers::{BYTES_MAX, POWERS_MAX, Power, Powers};
pub use scalar::Scalar;
pub use used::{Last, Seen, Used};
