//! `Debug` for view structs that hold form secrets, sealed values or recovery codes: the name, nothing of the content.

/// Implements `Debug` for structs with one lifetime so that it tells the name only.
macro_rules! quiet {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

pub(crate) use quiet;
