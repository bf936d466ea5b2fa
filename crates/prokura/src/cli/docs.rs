//! `prokura docs`: the generated pages, written where the repository keeps them.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct DocsArguments {
    /// The root of the repository; pages lie below its docs folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(arguments: &DocsArguments) -> Result<()> {
    for page in server::docs::pages() {
        let file = arguments.out.join(page.path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&file, page.text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
