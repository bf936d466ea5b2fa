//! A configuration to start from.

/// What `prokura config example` prints.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");
