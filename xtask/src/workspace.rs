//! Where the repository is, which files it has, and which packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

/// One package of the workspace, as its manifest says.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Relative to the root, with forward slashes.
    pub(crate) manifest_path: String,
    pub(crate) manifest: toml::Table,
}

impl Workspace {
    /// The nearest folder at or above the current one that holds `xtask/Cargo.toml`.
    pub(crate) fn find() -> Result<Self> {
        let start = std::env::current_dir().context("finding the current folder")?;
        match start
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        {
            Some(root) => Ok(Self {
                root: root.to_path_buf(),
            }),
            None => bail!("{} is not inside the repository", start.display()),
        }
    }

    /// Where Cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        match crate::surroundings::variable("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }

    /// Every file that is committed or could be (untracked, not ignored), relative to the root, sorted.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let mut files = match self.files_of_git() {
            Some(files) => files,
            None => walk(&self.root)?,
        };
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// None where git is missing or the tree is not a checkout (an unpacked archive, say).
    fn files_of_git(&self) -> Option<Vec<String>> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()
            .ok()?;
        if !output.status.success() {
            return None;
        }
        let listing = String::from_utf8(output.stdout).ok()?;
        Some(
            listing
                .split('\0')
                .filter(|file| !file.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    pub(crate) fn packages(&self) -> Result<Vec<Package>> {
        let mut packages = Vec::new();
        for file in self.files()? {
            if !file.ends_with("/Cargo.toml") {
                continue;
            }
            let manifest = read_toml(&self.root.join(&file))?;
            // The root of another workspace, with a lock file of its own: nothing of it is built with ours.
            if manifest.contains_key("workspace") {
                continue;
            }
            let name = manifest
                .get("package")
                .and_then(|package| package.get("name"))
                .and_then(toml::Value::as_str);
            if let Some(name) = name {
                packages.push(Package {
                    name: name.to_owned(),
                    manifest_path: file,
                    manifest,
                });
            }
        }
        Ok(packages)
    }
}

pub(crate) fn read_toml(path: &Path) -> Result<toml::Table> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.parse().with_context(|| format!("parsing {}", path.display()))
}

pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

/// The files below `root`, without what no checkout holds.
fn walk(root: &Path) -> Result<Vec<String>> {
    const LEFT_OUT: &[&str] = &["target", "node_modules", ".git", ".prokura"];
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
            let entry = entry?;
            let path = entry.path();
            let left_out = entry.file_name().to_str().is_none_or(|name| LEFT_OUT.contains(&name));
            if left_out {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if let Some(relative) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                files.push(relative.replace('\\', "/"));
            }
        }
    }
    Ok(files)
}
