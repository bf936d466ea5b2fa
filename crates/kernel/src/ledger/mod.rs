//! The ledger: what was done with powers, and what is left of them (`product.md` s3 step 5; seed 001, credentials limited by executions; seed 003, usage limits).
//!
//! A resource that carries out a capability books it by the token it was shown: at once ([`Kind::Consume`]), before it acts ([`Kind::Reserve`]), or as a block of uses that it counts
//! itself ([`Kind::Lease`]). A booking goes along the whole path from the token's grant to its root: each grant with powers must have one for it whose constraints hold and whose
//! limits have room, and each of them is charged. Where a human must say so, the token names exactly this, and that yes is for one use.
//!
//! ```text
//!             ┌─ settle (all of it, or less: the rest goes back; by grants that still live, for it is used now)
//!  Reserve ───┼─ void   (all goes back)
//!             └─ expire (all goes back: whoever reserves acts only after settling)
//!             ┌─ settle (what was used; the rest goes back)
//!  Lease   ───┼─ void   (nothing was used: all goes back)
//!             └─ expire (all counts as used: nobody said otherwise in time)
//! ```
//!
//! Entries are appended and never changed; each booking ends at most once. Rows of what was used are written in the same transaction and can be made again from the entries. Overspend
//! never: a row is charged only where it still has room, whoever else charges it. Under-use is possible: a lease whose holder died counts whole.
//!
//! The same key asks for the same booking, however often it is sent (S-32).

mod booking;
mod charge;
mod described;
mod ending;
mod issue;
mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use booking::{
    Booked, Budget, BudgetId, Debit, Ended, Entry, Guard, Kind, Return, ReturnAmount, Spend, SpendAmount, Write,
};
pub use charge::budgets_of;
pub use described::{budgets, describe, of_grant};
pub use ending::{Closing, Using, close, expire};
pub use issue::budgets_of_details;
pub(crate) use issue::{Issue, is_by_power};
pub use request::{End, Finish, LIFETIME_SECONDS_MAX, Request, UNITS_MAX};
pub use rules::{Facts, decide, rows_of};
