//! A Rust file as tidy sees it: the code with comments and strings blanked, the strings apart, and which lines are test code.

use std::ops::RangeInclusive;

#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    /// As long as the file, line for line; comments and literals are blanks.
    pub(super) code: String,
    pub(super) strings: Vec<Literal>,
    /// Lines in `#[cfg(test)]` items.
    test_lines: Vec<RangeInclusive<usize>>,
    whole_file_is_test: bool,
    /// Modules declared as `#[cfg(test)] mod name;`.
    test_modules: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) line: usize,
    /// Between the quotes, escapes as written.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    /// `::`
    Path,
    Sign(char),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) line: usize,
}

impl Source {
    pub(super) fn read(path: &str, text: &str) -> Self {
        let (code, strings) = blank(text);
        let tokens = tokens(&code);
        let (test_lines, test_modules) = test_items(&tokens);
        let file_name = path.rsplit('/').next().unwrap_or(path);
        let whole_file_is_test = file_name == "tests.rs" || path.contains("/tests/") || path.contains("/benches/");
        Self {
            path: path.to_owned(),
            code,
            strings,
            test_lines,
            whole_file_is_test,
            test_modules,
        }
    }

    pub(super) fn is_test(&self, line: usize) -> bool {
        self.whole_file_is_test || self.test_lines.iter().any(|range| range.contains(&line))
    }

    pub(super) fn is_test_file(&self) -> bool {
        self.whole_file_is_test
    }

    /// The names of the functions with their first line and how many lines they take.
    pub(super) fn functions(&self) -> Vec<(String, usize, usize)> {
        let tokens = tokens(&self.code);
        let mut functions = Vec::new();
        for (at, pair) in tokens.windows(2).enumerate() {
            let [
                Token {
                    kind: Kind::Word("fn"),
                    line,
                },
                Token {
                    kind: Kind::Word(name), ..
                },
            ] = pair
            else {
                continue;
            };
            let rest = tokens.get(at..).unwrap_or_default();
            if let Some(last) = end_of_item(rest) {
                functions.push(((*name).to_owned(), *line, last.saturating_sub(*line).saturating_add(1)));
            }
        }
        functions
    }
}

/// Marks the files of modules that are declared as `#[cfg(test)] mod name;`, whatever they are called.
pub(super) fn mark_test_modules(sources: &mut [Source]) {
    let mut test_files = Vec::new();
    for source in sources.iter() {
        let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let stem = file.strip_suffix(".rs").unwrap_or(file);
        let children = match stem {
            "mod" | "lib" | "main" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        for module in &source.test_modules {
            test_files.push(format!("{children}/{module}.rs"));
            test_files.push(format!("{children}/{module}/"));
        }
    }
    for source in sources.iter_mut() {
        let declared = test_files
            .iter()
            .any(|file| source.path == *file || (file.ends_with('/') && source.path.starts_with(file)));
        source.whole_file_is_test |= declared;
    }
}

/// Splits blanked code into words, `::` and signs.
pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (index, text) in code.lines().enumerate() {
        let line = index.saturating_add(1);
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token {
                    kind: Kind::Word(rest.get(..length).unwrap_or_default()),
                    line,
                });
                length
            } else if rest.starts_with("::") {
                tokens.push(Token { kind: Kind::Path, line });
                2
            } else {
                tokens.push(Token {
                    kind: Kind::Sign(first),
                    line,
                });
                first.len_utf8()
            };
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The last line of the item that starts with these tokens: its closing brace, or its semicolon when it has no body.
fn end_of_item(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_body = false;
    for token in tokens {
        match token.kind {
            Kind::Sign('(' | '[') => depth = depth.saturating_add(1),
            Kind::Sign(')' | ']') => depth = depth.saturating_sub(1),
            Kind::Sign('{') => {
                in_body |= depth == 0;
                depth = depth.saturating_add(1);
            }
            Kind::Sign('}') => {
                depth = depth.saturating_sub(1);
                if in_body && depth == 0 {
                    return Some(token.line);
                }
            }
            Kind::Sign(';') if depth == 0 => return Some(token.line),
            Kind::Sign(_) | Kind::Word(_) | Kind::Path => {}
        }
    }
    None
}

/// The lines of every `#[cfg(test)]` item, and the names of those that are modules in other files.
fn test_items(tokens: &[Token<'_>]) -> (Vec<RangeInclusive<usize>>, Vec<String>) {
    use Kind::{Sign, Word};
    let marker = [
        Sign('#'),
        Sign('['),
        Word("cfg"),
        Sign('('),
        Word("test"),
        Sign(')'),
        Sign(']'),
    ];
    let mut ranges = Vec::new();
    let mut modules = Vec::new();
    for (at, window) in tokens.windows(marker.len()).enumerate() {
        if !window.iter().map(|token| token.kind).eq(marker) {
            continue;
        }
        let item = tokens.get(at.saturating_add(marker.len())..).unwrap_or_default();
        let Some(first) = window.first().map(|token| token.line) else {
            continue;
        };
        let Some(last) = end_of_item(item) else { continue };
        ranges.push(first..=last);
        let declared = item
            .windows(3)
            .take_while(|three| three.first().is_some_and(|token| token.line <= last))
            .find_map(|three| {
                let kinds: Vec<Kind<'_>> = three.iter().map(|token| token.kind).collect();
                match kinds.as_slice() {
                    [Word("mod"), Word(name), Sign(';')] => Some((*name).to_owned()),
                    _ => None,
                }
            });
        modules.extend(declared);
    }
    (ranges, modules)
}

/// What stands at a place of a Rust text, with how many bytes it takes.
enum Piece {
    Code(usize),
    Comment(usize),
    Character(usize),
    /// A string: all its bytes, and how many of them are opening and closing.
    Text {
        length: usize,
        open: usize,
        close: usize,
    },
}

fn blank(text: &str) -> (String, Vec<Literal>) {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut strings = Vec::new();
    let mut line = 1_usize;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (length, keep) = match piece(rest) {
            Piece::Code(length) => (length, true),
            Piece::Comment(length) | Piece::Character(length) => (length, false),
            Piece::Text { length, open, close } => {
                let inside = rest.get(open..length.saturating_sub(close)).unwrap_or_default();
                strings.push(Literal {
                    line,
                    text: String::from_utf8_lossy(inside).into_owned(),
                });
                (length, false)
            }
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        if keep {
            code.extend_from_slice(taken);
        } else {
            code.extend(taken.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        }
        line = line.saturating_add(taken.split(|byte| *byte == b'\n').count().saturating_sub(1));
        rest = after;
    }
    // Only whole comments and literals were blanked, so what is left is still UTF-8.
    (String::from_utf8_lossy(&code).into_owned(), strings)
}

fn piece(rest: &[u8]) -> Piece {
    match rest {
        [b'/', b'/', ..] => Piece::Comment(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => Piece::Comment(block_comment(rest)),
        [b'"', ..] => quoted(rest, 1),
        [b'\'', ..] => character(rest),
        [first, ..] if first.is_ascii_alphabetic() || *first == b'_' || !first.is_ascii() => {
            let word = rest
                .iter()
                .position(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii()));
            let (word, after) = rest.split_at_checked(word.unwrap_or(rest.len())).unwrap_or((rest, &[]));
            match (word, after) {
                (b"b" | b"c", [b'"', ..]) => quoted(rest, 2),
                (b"b", [b'\'', ..]) => match character(after) {
                    Piece::Character(length) => Piece::Character(length.saturating_add(1)),
                    other @ (Piece::Code(_) | Piece::Comment(_) | Piece::Text { .. }) => other,
                },
                (b"r" | b"br" | b"cr", [b'"' | b'#', ..]) => raw(rest, word.len()),
                _ => Piece::Code(word.len()),
            }
        }
        [first, ..] if first.is_ascii_digit() => {
            let length = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_'));
            Piece::Code(length.unwrap_or(rest.len()))
        }
        _ => Piece::Code(1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(pair) = rest.get(at..at.saturating_add(2)) {
        match pair {
            b"/*" => depth = depth.saturating_add(1),
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at = at.saturating_add(1);
                continue;
            }
        }
        at = at.saturating_add(2);
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A string whose opening quote ends after `open` bytes.
fn quoted(rest: &[u8], open: usize) -> Piece {
    let mut escaped = false;
    for (at, byte) in rest.iter().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                return Piece::Text {
                    length: at.saturating_add(1),
                    open,
                    close: 1,
                };
            }
            _ => {}
        }
    }
    Piece::Text {
        length: rest.len(),
        open,
        close: 0,
    }
}

/// `r"…"`, `r#"…"#` and their kin after a prefix of `prefix` bytes; `r#name` is a word.
fn raw(rest: &[u8], prefix: usize) -> Piece {
    let after = rest.get(prefix..).unwrap_or_default();
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return Piece::Code(prefix.saturating_add(hashes));
    }
    let open = prefix.saturating_add(hashes).saturating_add(1);
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let inside = rest.get(open..).unwrap_or_default();
    match inside.windows(closing.len()).position(|window| window == closing) {
        Some(at) => Piece::Text {
            length: open.saturating_add(at).saturating_add(closing.len()),
            open,
            close: closing.len(),
        },
        None => Piece::Text {
            length: rest.len(),
            open,
            close: 0,
        },
    }
}

/// A character literal, or the tick of a lifetime.
fn character(rest: &[u8]) -> Piece {
    match rest {
        [_, b'\\', _, after @ ..] => match after.iter().position(|byte| *byte == b'\'') {
            Some(at) => Piece::Character(at.saturating_add(4)),
            None => Piece::Code(1),
        },
        [_, first, ..] => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1_usize,
            };
            let length = width.saturating_add(2);
            if rest.get(width.saturating_add(1)) == Some(&b'\'') {
                Piece::Character(length)
            } else {
                Piece::Code(1)
            }
        }
        _ => Piece::Code(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(code: &str) -> Vec<&str> {
        let words = tokens(code).into_iter().filter_map(|token| match token.kind {
            Kind::Word(word) => Some(word),
            Kind::Path | Kind::Sign(_) => None,
        });
        words.collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = "let a = \"one \\\" two\"; // three\n/* four /* five */ six */ let b = r#\"seven \" eight\"#;\nlet c = b\"nine\"; let d = '\"'; let e = b'\\''; let f: &'static str = x;";
        let (code, strings) = blank(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(
            words(&code),
            [
                "let", "a", "let", "b", "let", "c", "let", "d", "let", "e", "let", "f", "static", "str", "x"
            ]
        );
        let found: Vec<(usize, &str)> = strings
            .iter()
            .map(|literal| (literal.line, literal.text.as_str()))
            .collect();
        assert_eq!(found, [(1, "one \\\" two"), (2, "seven \" eight"), (3, "nine")]);
    }

    #[test]
    fn a_raw_identifier_and_a_lifetime_are_code() {
        assert_eq!(
            words(&blank("fn r#use<'a>(x: &'a str) {}").0),
            ["fn", "r", "use", "a", "x", "a", "str"]
        );
        assert_eq!(
            words(&blank("match c { 'a' => b, '\\u{1F600}' => d, 'é' => e }").0),
            ["match", "c", "b", "d", "e"]
        );
    }

    #[test]
    fn lines_of_test_modules_are_test_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { if x {} }\n}\nfn c() {}\n#[cfg(test)]\nuse x::Y;\nfn d() {}";
        let source = Source::read("crates/x/src/lib.rs", text);
        let lines: Vec<usize> = (1..=9).filter(|line| source.is_test(*line)).collect();
        assert_eq!(lines, [2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn a_module_declared_for_tests_is_a_test_file() {
        let mut sources = vec![
            Source::read("crates/x/src/lib.rs", "#[cfg(test)]\nmod stubs;\nmod real;"),
            Source::read("crates/x/src/stubs.rs", "fn a() {}"),
            Source::read("crates/x/src/stubs/deep.rs", "fn a() {}"),
            Source::read("crates/x/src/real.rs", "fn a() {}"),
        ];
        mark_test_modules(&mut sources);
        let test: Vec<bool> = sources.iter().map(Source::is_test_file).collect();
        assert_eq!(test, [false, true, true, false]);
    }

    #[test]
    fn functions_are_measured_from_their_name_to_their_brace() {
        let text = "trait T { fn a(&self) -> [u8; 2]; }\nfn b(x: [u8; 2])\n{\n    let y = || { 1 };\n}\n";
        let source = Source::read("crates/x/src/lib.rs", text);
        assert_eq!(source.functions(), [("a".to_owned(), 1, 1), ("b".to_owned(), 2, 4)]);
    }
}
