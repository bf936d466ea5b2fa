//! The part `browser`: Debian's Chromium on the real pages of the debug binary. `interop/README.md` says how a case is added.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::binaries;
use crate::counts::Counts;
use crate::interop;
use crate::node;
use crate::packages::{self, Missing};
use crate::workspace::Workspace;

const PART: &str = "browser";
const PROGRAM: &str = "/usr/bin/chromium";
const CHROMIUM: Missing = Missing {
    what: "Chromium at /usr/bin/chromium",
    debian: &["chromium"],
};

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let root = &workspace.root;
    let node = node::install(&root.join("interop/browser"), PART)?;
    if !Path::new(PROGRAM).is_file() {
        packages::install(&[CHROMIUM], PART)?;
    }
    let prokura = binaries::prokura(workspace)?;
    interop::run_script(
        Command::new(node)
            .arg("interop/browser/run.mjs")
            .current_dir(root)
            .env("PROKURA_BIN", prokura),
    )
}
