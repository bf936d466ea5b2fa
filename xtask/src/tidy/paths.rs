//! The paths a Rust file names: what its `use` trees import, flattened, and what it spells inline, with imported first words resolved.

use std::collections::BTreeMap;

use super::source::{Kind, Source, Token, tokens};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    /// `["std", "time", "Instant", "now"]`; a glob import ends in `*`.
    pub(super) path: Vec<String>,
}

impl Named {
    /// Whether this names `wanted` or something below it; a glob import names everything that it brings in.
    pub(super) fn reaches(&self, wanted: &str) -> bool {
        let wanted: Vec<&str> = wanted.split("::").collect();
        if let Some((last, before)) = self.path.split_last()
            && last == "*"
        {
            return before.iter().zip(&wanted).all(|(a, b)| a == b);
        }
        self.path.len() >= wanted.len() && self.path.iter().zip(&wanted).all(|(a, b)| a == b)
    }
}

/// Every path in the file, test code left out.
pub(super) fn named(source: &Source) -> Vec<Named> {
    let all = tokens(&source.code);
    let tokens: Vec<Token<'_>> = all.into_iter().filter(|token| !source.is_test(token.line)).collect();
    let (mut found, imported) = imports(&tokens);
    found.extend(inline(&tokens, &imported));
    found
}

/// What `use` declarations name, and which first word stands for which path.
fn imports(tokens: &[Token<'_>]) -> (Vec<Named>, BTreeMap<String, Vec<String>>) {
    let mut found = Vec::new();
    let mut imported = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        if !begins_use(tokens, at) {
            continue;
        }
        let tree = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        let end = tree
            .iter()
            .position(|token| token.kind == Kind::Sign(';'))
            .unwrap_or(tree.len());
        let mut tree = Tree {
            tokens: tree.get(..end).unwrap_or_default(),
            line: token.line,
            found: &mut found,
            imported: &mut imported,
        };
        tree.walk(&[]);
    }
    (found, imported)
}

/// `use` as a declaration; not the `use<'a>` of a return type.
fn begins_use(tokens: &[Token<'_>], at: usize) -> bool {
    let next = tokens.get(at.saturating_add(1)).map(|token| token.kind);
    tokens.get(at).is_some_and(|token| token.kind == Kind::Word("use")) && next != Some(Kind::Sign('<'))
}

/// What is left of a use tree to read.
struct Tree<'a, 'b> {
    tokens: &'b [Token<'a>],
    line: usize,
    found: &'b mut Vec<Named>,
    imported: &'b mut BTreeMap<String, Vec<String>>,
}

impl<'a> Tree<'a, '_> {
    fn next(&mut self) -> Option<Kind<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        self.line = first.line;
        Some(first.kind)
    }

    /// Reads branches, separated by commas, up to the closing brace or the end.
    fn walk(&mut self, stem: &[String]) {
        let mut path = stem.to_vec();
        let mut alias: Option<String> = None;
        while let Some(kind) = self.next() {
            match kind {
                Kind::Word("as") => alias = self.next().and_then(word),
                Kind::Word(word) => path.push(word.to_owned()),
                Kind::Sign('*') => path.push("*".to_owned()),
                Kind::Sign('{') => {
                    self.walk(&path);
                    path.clear();
                }
                Kind::Sign(',') => {
                    self.leaf(stem, &path, alias.take());
                    path = stem.to_vec();
                }
                Kind::Sign('}') => break,
                Kind::Path | Kind::Sign(_) => {}
            }
        }
        self.leaf(stem, &path, alias);
    }

    fn leaf(&mut self, stem: &[String], path: &[String], alias: Option<String>) {
        if path.is_empty() || path.len() <= stem.len() {
            return;
        }
        let mut path = path.to_vec();
        // `use a::b::{self, c}` names a::b.
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            self.imported.insert(name, path.clone());
        }
        self.found.push(Named { line: self.line, path });
    }
}

fn word(kind: Kind<'_>) -> Option<String> {
    match kind {
        Kind::Word(word) => Some(word.to_owned()),
        Kind::Path | Kind::Sign(_) => None,
    }
}

/// Paths of two or more words outside `use` declarations.
fn inline(tokens: &[Token<'_>], imported: &BTreeMap<String, Vec<String>>) -> Vec<Named> {
    let mut found = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut line = 0;
    let mut joined = false;
    let mut in_use = false;
    for (at, token) in tokens.iter().enumerate() {
        in_use |= begins_use(tokens, at);
        if in_use {
            in_use = token.kind != Kind::Sign(';');
            continue;
        }
        match token.kind {
            Kind::Path => joined = true,
            Kind::Word(word) if joined && !path.is_empty() => {
                path.push(word);
                joined = false;
            }
            Kind::Word(word) => {
                found.extend(finished(&path, line, imported));
                path = vec![word];
                line = token.line;
                joined = false;
            }
            Kind::Sign(_) => {
                found.extend(finished(&path, line, imported));
                path.clear();
                joined = false;
            }
        }
    }
    found.extend(finished(&path, line, imported));
    found
}

fn finished(path: &[&str], line: usize, imported: &BTreeMap<String, Vec<String>>) -> Option<Named> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let stem = imported
        .get(*first)
        .cloned()
        .unwrap_or_else(|| vec![(*first).to_owned()]);
    let path = stem
        .into_iter()
        .chain(rest.iter().map(|word| (*word).to_owned()))
        .collect();
    Some(Named { line, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(usize, String)> {
        let named = named(&Source::read("crates/x/src/lib.rs", text));
        named
            .into_iter()
            .map(|named| (named.line, named.path.join("::")))
            .collect()
    }

    #[test]
    fn use_trees_are_flattened() {
        let text = "use std::{env, fmt::{self, Write as _}};\npub use a::b::*;\nuse ::c;";
        let expected = ["std::env", "std::fmt", "std::fmt::Write", "a::b::*", "c"];
        assert_eq!(of(text).into_iter().map(|(_, path)| path).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_inline_path_begins_with_what_was_imported() {
        let text = "use std::time::Instant as Watch;\nfn f() { Watch::now(); g::<tokio::Handle>(); }";
        assert!(of(text).contains(&(2, "std::time::Instant::now".to_owned())));
        assert!(of(text).contains(&(2, "tokio::Handle".to_owned())));
    }

    #[test]
    fn a_path_reaches_what_stands_above_it_and_a_glob_what_stands_below() {
        let named = |path: &str| Named {
            line: 1,
            path: path.split("::").map(str::to_owned).collect(),
        };
        assert!(named("std::time::Instant::now").reaches("std::time::Instant"));
        assert!(named("std::time::*").reaches("std::time::Instant"));
        assert!(!named("tokio::time::Instant").reaches("std::time::Instant"));
        assert!(!named("std::time::Duration").reaches("std::time::Instant"));
        assert!(!named("std::fmt::*").reaches("std::time::Instant"));
    }

    #[test]
    fn test_code_is_left_out() {
        assert!(of("#[cfg(test)]\nmod tests { use std::env; }").is_empty());
    }
}
