//! The part `docs`: shell examples that are marked as tested do what the page says.
//!
//! In README.md and below docs/, a fenced `console` block under a line `<!-- test -->` is run: its lines that start with `$ ` are
//! commands (a trailing backslash continues one), the rest shows what they print. All marked blocks of a page are one script, run
//! by bash in an empty folder with the debug `prokura` first on the path. A line `<!-- test: COMMAND -->` is run too and not
//! shown, for what a reader would do by looking: waiting for a file, say. What a page starts in the background ends with it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::binaries;
use crate::counts::{Counts, Good};
use crate::packages::{self, Missing};
use crate::run::{self, Echo};
use crate::workspace::{Workspace, has_extension};

const CURL: Missing = Missing {
    what: "curl, which the examples use",
    debian: &["curl"],
};
const JQ: Missing = Missing {
    what: "jq, which the examples use",
    debian: &["jq"],
};

const PAGE_SECONDS_MAX: u64 = 180;
const SCRIPT_HEAD: &str = "set -euo pipefail\ntrap 'jobs -p | xargs -r kill 2>/dev/null' EXIT\n";

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let mut scripts = Vec::new();
    for file in workspace.files()? {
        if file == "README.md" || (file.starts_with("docs/") && has_extension(&file, "md")) {
            let text = std::fs::read_to_string(workspace.root.join(&file))?;
            scripts.extend(script(&text).map(|script| (file, script)));
        }
    }
    if scripts.is_empty() {
        println!("no page has an example marked as tested");
        return Ok(Counts::default());
    }
    for (program, missing) in [("curl", CURL), ("jq", JQ)] {
        if !run::exists(program, "--version") {
            packages::install(&[missing], "docs")?;
        }
    }
    binaries::prokura(workspace)?;
    let mut counts = Counts::default();
    for (file, script) in scripts {
        let good = run_page(&workspace.target(), &file, &script)?;
        println!("{} - {file}", if good { "ok" } else { "not ok" });
        counts.add(Counts::one(&file, Good::from(good)));
    }
    Ok(counts)
}

fn run_page(target: &Path, file: &str, script: &str) -> Result<bool> {
    let folder = target.join("pages").join(file.replace(['/', '.'], "-"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = crate::surroundings::variable("PATH").unwrap_or_default();
    let path = format!("{}:{path}", target.join("debug").display());
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("{SCRIPT_HEAD}{script}")])
        .current_dir(&folder)
        .env("PATH", path);
    let finished = run::watch(&mut bash, Echo::Nothing, Some(Duration::from_secs(PAGE_SECONDS_MAX)))?;
    if !finished.success() {
        println!("{file} ran:\n{script}\nand printed:\n{}", finished.output);
    }
    Ok(finished.success())
}

/// The commands of a page, in order; None if it has no marked block.
fn script(text: &str) -> Option<String> {
    let mut script = String::new();
    let mut place = Place::Prose;
    for line in text.lines() {
        let trimmed = line.trim();
        place = match place {
            Place::Prose | Place::Marked if trimmed == "<!-- test -->" => Place::Marked,
            Place::Prose => {
                let hidden = trimmed
                    .strip_prefix("<!-- test: ")
                    .and_then(|rest| rest.strip_suffix(" -->"));
                script.extend(hidden.map(|command| format!("{command}\n")));
                Place::Prose
            }
            Place::Marked if trimmed == "```console" => Place::Block,
            Place::Marked if trimmed.is_empty() => Place::Marked,
            Place::Marked => Place::Prose,
            Place::Block | Place::Continued if trimmed == "```" => Place::Prose,
            Place::Block => match trimmed.strip_prefix("$ ") {
                Some(command) => push(&mut script, command),
                None => Place::Block,
            },
            Place::Continued => push(&mut script, line),
        };
    }
    (!script.is_empty()).then_some(script)
}

fn push(script: &mut String, command: &str) -> Place {
    script.push_str(command);
    script.push('\n');
    if command.ends_with('\\') {
        Place::Continued
    } else {
        Place::Block
    }
}

enum Place {
    Prose,
    Marked,
    Block,
    Continued,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_run() {
        let page = "# A\n```console\n$ not run\n```\n<!-- test -->\n\n```console\n$ prokura dev &\nit prints this\n$ curl \\\n    --silent x\n```\n\
             <!-- test: until [ -f ready ]; do sleep 0.1; done -->\n<!-- test -->\nprose between\n```console\n$ not run either\n```\n";
        let expected = "prokura dev &\ncurl \\\n    --silent x\nuntil [ -f ready ]; do sleep 0.1; done\n";
        assert_eq!(script(page).as_deref(), Some(expected));
        assert_eq!(script("nothing\n```console\n$ here\n```"), None);
    }
}
