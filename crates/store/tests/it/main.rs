//! The store's contract, the same for both engines: SQLite, or the PostgreSQL that `PROKURA_TEST_POSTGRES` names.

#[cfg(test)]
mod registry;
#[cfg(test)]
mod world;
