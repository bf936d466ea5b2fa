//! The demo resources over real HTTP, with the issuer of `verify`'s tests.

#[cfg(test)]
mod api;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod eras;
#[cfg(test)]
#[expect(dead_code, reason = "the issuer can do more than these tests need")]
#[path = "../../../verify/tests/it/issuer.rs"]
mod issuer;
#[cfg(test)]
mod protection;
#[cfg(test)]
mod world;
