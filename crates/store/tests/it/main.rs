//! The store's contract, the same for both engines: SQLite, or the PostgreSQL that `PROKURA_TEST_POSTGRES` names.

#![expect(
    clippy::future_not_send,
    reason = "tests await on their own thread, some beside a connection of SQLite, which is not Sync"
)]
#![expect(clippy::many_single_char_names, reason = "ids of rows that differ in nothing else")]

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod broken_wires;
#[cfg(test)]
mod child;
#[cfg(test)]
mod committer;
#[cfg(test)]
mod details;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod habits;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod openid;
#[cfg(test)]
mod people;
#[cfg(test)]
mod people_grants;
#[cfg(test)]
mod people_guards;
#[cfg(test)]
mod people_races;
#[cfg(test)]
mod people_round_trips;
#[cfg(test)]
mod people_rows;
#[cfg(test)]
mod people_sweeps;
#[cfg(test)]
mod people_tenancy;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod races;
#[cfg(test)]
mod registrations;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod sql_text;
#[cfg(test)]
mod sweeps;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod two_stores;
#[cfg(test)]
mod world;
