//! Writes every page in every state as HTML files, with the assets, into the directory given: `cargo run -p pages --example gallery -- DIR`.
//!
//! `DIR/en`, `DIR/de` and `DIR/pseudo` (right to left, accented, longer); `DIR/index.html` lists them.

#[path = "../tests/it/pseudo.rs"]
mod pseudo;
#[path = "../tests/it/specimens/mod.rs"]
mod specimens;

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use pages::{Language, assets};

fn main() -> Result<()> {
    let directory = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or_else(|| Error::other("usage: gallery DIR"))?;
    let files = directory.join(specimens::BASE.trim_start_matches('/')).join("assets");
    fs::create_dir_all(&files)?;
    for asset in assets::ALL {
        fs::write(files.join(asset.name), asset.bytes)?;
    }
    let mut index = String::from("<!doctype html><meta charset=utf-8><title>Pages</title><ul>");
    for language in Language::ALL {
        for page in specimens::all(*language) {
            write(&directory, language.tag(), &page.name, &page.html, &mut index)?;
            if *language == Language::English {
                write(&directory, "pseudo", &page.name, &pseudo::page(&page.html), &mut index)?;
            }
        }
    }
    fs::write(directory.join("index.html"), index)
}

fn write(directory: &Path, language: &str, name: &str, html: &str, index: &mut String) -> Result<()> {
    fs::create_dir_all(directory.join(language))?;
    fs::write(directory.join(language).join(name).with_extension("html"), html)?;
    let item = format!("<li><a href=\"{language}/{name}.html\">{language}/{name}</a>");
    index.push_str(&item);
    Ok(())
}
