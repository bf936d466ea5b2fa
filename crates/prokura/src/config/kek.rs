//! Where the key-encryption key is.

use std::path::Path;

use anyhow::{Context, Result};
use proof::Secret;

use super::reference::{Reference, check_private};
use crate::{
    Environment,
    node::{self, WhenAbsent},
};

/// Where the key-encryption key is.
#[derive(Clone, Debug)]
pub(crate) struct Kek(pub(super) Reference);

impl Kek {
    /// Reads the key. A file that others can read is refused.
    pub(crate) fn read(&self, environment: &Environment) -> Result<Secret<[u8; 32]>> {
        match &self.0 {
            Reference::File(path) => {
                if path.exists() {
                    check_private(path)?;
                }
                node::kek(path, WhenAbsent::Refuse)
            }
            Reference::Variable(name) => {
                let text = self.0.read(environment)?;
                let bytes = proof::base64url::decode(text.trim())
                    .ok()
                    .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                Ok(Secret::new(bytes.with_context(|| {
                    format!("the variable {name} must hold 32 bytes in unpadded base64url; prokura key kek makes them")
                })?))
            }
        }
    }

    /// The file it is in, if it is in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.0 {
            Reference::File(path) => Some(path),
            Reference::Variable(_) => None,
        }
    }
}
