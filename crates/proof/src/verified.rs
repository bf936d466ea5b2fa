//! The mark of a passed check.

use std::ops::Deref;

/// A value that passed a check of this crate: signature, key and the rules of its kind.
///
/// There is no public constructor and no mapping function, so an unchecked value cannot reach a rule that asks for one.
#[derive(Clone, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    // INVARIANT: called only after the signature and every rule of the kind passed.
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives up the mark and keeps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
