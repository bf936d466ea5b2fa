//! Values that must not be printed, compared in variable time or left in memory.

use std::fmt;

use zeroize::Zeroize;

/// A secret: printed as `Secret(..)`, never serialised or compared, wiped when dropped.
///
/// Compare digests with [`crate::digest::same`] instead.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value; each call is a boundary worth a look in review.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
