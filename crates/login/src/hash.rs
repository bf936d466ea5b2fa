//! Argon2id (RFC 9106) and the PHC string in which its result rests in the database.
//!
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`: the parameters stand beside the hash, so that they can be raised and
//! hashes of other programs can be imported. What is read back is bounded: whoever can write one row must not be able to
//! hold a thread for minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use proof::digest;
use zeroize::Zeroize as _;

use crate::{Fault, Password};

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// What new hashes get: OWASP's Password Storage Cheat Sheet, "Argon2id".
pub(crate) const CURRENT: Recipe = Recipe {
    memory_kib: 19_456,
    passes: 2,
    lanes: 1,
};

/// The most that a stored hash may ask for.
const LARGEST: Recipe = Recipe {
    memory_kib: 256 * 1024,
    passes: 10,
    lanes: 4,
};

pub(crate) const SALT_BYTES: usize = 16;

const HASH_BYTES: usize = 32;

/// Fewer bytes are refused: they would be matched by chance, or by a hash that was cut off.
const HASH_BYTES_MIN: usize = 16;

/// What the password of nobody is checked against (S-41): current parameters, a salt and a hash of zeros.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A stored hash, read and within bounds.
pub(crate) struct Stored {
    recipe: Recipe,
    salt: Salt,
    hash: Output,
}

impl Stored {
    /// Reads the PHC string of Argon2id, version 19; parameters in the order of the reference implementation.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let phc = PasswordHash::new(text).map_err(|_| Fault::StoredForm)?;
        if phc.algorithm != ARGON2ID_IDENT || phc.version != Some(Version::V0x13.into()) {
            return Err(Fault::StoredForm);
        }
        let (Some(salt), Some(hash)) = (phc.salt, phc.hash) else {
            return Err(Fault::StoredForm);
        };
        let mut given = phc.params.iter();
        let mut next = |name| match given.next() {
            Some((is, value)) if is.as_str() == name => value.decimal().map_err(|_| Fault::StoredForm),
            _ => Err(Fault::StoredForm),
        };
        let recipe = Recipe {
            memory_kib: next("m")?,
            passes: next("t")?,
            lanes: next("p")?,
        };
        if given.next().is_some() {
            return Err(Fault::StoredForm);
        }
        let computable = recipe.params(hash.len()).is_ok();
        if recipe.exceeds(LARGEST) || hash.len() < HASH_BYTES_MIN || !computable {
            return Err(Fault::StoredBounds);
        }
        Ok(Self { recipe, salt, hash })
    }

    /// What to check the password of nobody against, so that it costs what everybody's costs.
    pub(crate) fn of_nobody() -> Result<Self, Fault> {
        Self::parse(NOBODY)
    }

    /// Whether a hash made today would look the same but for the salt.
    ///
    /// More work than today's counts as another look too: users whose check takes longer than nobody's can be told apart
    /// from nobody (S-41), until they have signed in once.
    pub(crate) fn is_current(&self) -> bool {
        self.recipe == CURRENT && self.salt.len() == SALT_BYTES && self.hash.len() == HASH_BYTES
    }

    /// Whether this is the hash of the password.
    pub(crate) fn matches(&self, memory: &mut Memory, password: &Password) -> Result<bool, Fault> {
        let mut hash = vec![0; self.hash.len()];
        memory.compute(self.recipe, password, &self.salt, &mut hash)?;
        Ok(digest::same(&hash, self.hash.as_bytes()))
    }
}

/// The PHC string of a password, with current parameters.
pub(crate) fn hash(memory: &mut Memory, password: &Password, salt: [u8; SALT_BYTES]) -> Result<String, Fault> {
    let mut hash = [0; HASH_BYTES];
    memory.compute(CURRENT, password, &salt, &mut hash)?;
    let salt = Salt::new(&salt).map_err(|_| Fault::StoredForm)?;
    let hash = Output::new(&hash).map_err(|_| Fault::StoredForm)?;
    let Recipe {
        memory_kib,
        passes,
        lanes,
    } = CURRENT;
    Ok(format!(
        "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"
    ))
}

impl Recipe {
    fn exceeds(self, other: Self) -> bool {
        self.memory_kib > other.memory_kib || self.passes > other.passes || self.lanes > other.lanes
    }

    fn params(self, hash_bytes: usize) -> Result<Params, Fault> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(hash_bytes)).map_err(Fault::Hash)
    }
}

/// The memory of one thread, used for one hash after the other.
pub(crate) struct Memory {
    blocks: Vec<Block>,
    blocks_kept: usize,
    done: Arc<Done>,
}

/// What was computed on all threads together.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) hashes: AtomicU64,
    pub(crate) memory_kib: AtomicU64,
}

impl Memory {
    /// Sets address space aside for hashes with current parameters; the first hash fills it.
    pub(crate) fn new(done: Arc<Done>) -> Result<Self, Fault> {
        let blocks_kept = CURRENT.params(HASH_BYTES)?.block_count();
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(blocks_kept).map_err(Fault::Memory)?;
        Ok(Self {
            blocks,
            blocks_kept,
            done,
        })
    }

    /// Forgets what the last hash left behind, and gives back what an imported hash took beyond the usual.
    pub(crate) fn wipe(&mut self) {
        self.blocks.iter_mut().for_each(Block::zeroize);
        self.blocks.truncate(self.blocks_kept);
        self.blocks.shrink_to(self.blocks_kept);
    }

    /// How many blocks there is room for.
    #[cfg(test)]
    pub(crate) fn blocks_kept(&self) -> usize {
        self.blocks.capacity()
    }

    /// Whether blocks were used and nothing is left in them.
    #[cfg(test)]
    pub(crate) fn is_blank(&self) -> bool {
        !self.blocks.is_empty()
            && self
                .blocks
                .iter()
                .all(|block| block.as_ref().iter().all(|word| *word == 0))
    }

    fn compute(&mut self, recipe: Recipe, password: &Password, salt: &[u8], hash: &mut [u8]) -> Result<(), Fault> {
        let params = recipe.params(hash.len())?;
        let missing = params.block_count().saturating_sub(self.blocks.len());
        self.blocks.try_reserve_exact(missing).map_err(Fault::Memory)?;
        self.blocks
            .resize(self.blocks.len().saturating_add(missing), Block::new());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.bytes(), salt, hash, &mut self.blocks)
            .map_err(Fault::Hash)?;
        let filled_kib = u64::from(recipe.memory_kib).saturating_mul(u64::from(recipe.passes));
        self.done.hashes.fetch_add(1, Ordering::Relaxed);
        self.done.memory_kib.fetch_add(filled_kib, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_41_nobodys_hash_has_todays_parameters() {
        assert!(Stored::of_nobody().unwrap().is_current());
    }
}
