//! Secrets stand in files or variables; the configuration says where (`file:/path`, `env:NAME`).

use std::{
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::Environment;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    File(PathBuf),
    Variable(String),
}

impl Reference {
    /// Reads `file:/path` or `env:NAME`; `None` if it is neither.
    pub(super) fn parse(text: &str, folder: &Path) -> Option<Self> {
        if let Some(path) = text.strip_prefix("file:").filter(|path| !path.is_empty()) {
            return Some(Self::File(folder.join(path)));
        }
        let name = text.strip_prefix("env:")?;
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        plain.then(|| Self::Variable(name.to_owned()))
    }

    /// Reads what stands there.
    pub(super) fn read(&self, environment: &Environment) -> Result<String> {
        match self {
            Self::File(path) => read_private(path),
            Self::Variable(name) => environment
                .get(name)
                .map(str::to_owned)
                .with_context(|| format!("the variable {name}, which the configuration names, is not set")),
        }
    }

    /// Where that is, in words.
    pub(super) fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Variable(name) => format!("the variable {name}"),
        }
    }
}

/// Reads a file that only its owner may read.
fn read_private(path: &Path) -> Result<String> {
    check_private(path)?;
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A secret that others can read is none.
pub(super) fn check_private(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(metadata.is_file(), "{} is not a file", path.display());
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read or written by others (mode {mode:04o}): take the key as known to them, or, if that is no danger, run: chmod 600 {}",
            path.display(),
            path.display()
        );
    }
    Ok(())
}

/// Makes a new file that only its owner may read. An existing one is never touched: it may be the only copy of a key.
pub(crate) fn secret_file(path: &Path, text: &str) -> Result<()> {
    let mut file = match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => bail!(
            "{} is there already and is not overwritten; name another file, or move that one away",
            path.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("cannot make {}", path.display())),
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        drop(std::fs::remove_file(path)); // half a secret helps nobody; the first error is the one to tell
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}
