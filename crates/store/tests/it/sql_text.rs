//! Statements and the schema as texts, for the tests of the registry.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use store::registry::Type;

/// Either the first column that is inserted is the tenant, or every condition begins with it.
pub(crate) fn begins_with_tenant(sql: &str) -> bool {
    let words = words(sql);
    if words.first() == Some(&"INSERT") {
        return words.get(3) == Some(&"tenant") && words.contains(&"$1");
    }
    let conditions: Vec<usize> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| **word == "WHERE")
        .map(|(at, _)| at)
        .collect();
    let asks = |at: &usize| {
        let condition: Vec<&str> = words.iter().skip(at + 1).take(3).copied().collect();
        let column = condition
            .first()
            .map(|column| column.rsplit('.').next().unwrap_or(column));
        column == Some("tenant") && condition[1..] == ["=", "$1"]
    };
    let joins = sql
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("JOIN "))
        .all(|line| line.contains(".tenant = "));
    !conditions.is_empty() && conditions.iter().all(asks) && joins && !words_outside_brackets(sql).contains(&"OR")
}

/// The words of a statement that no bracket encloses.
fn words_outside_brackets(sql: &str) -> Vec<&str> {
    let mut depth = 0;
    let outside = |c: char| {
        depth += i32::from(c == '(');
        let inside = depth > 0;
        depth -= i32::from(c == ')');
        inside
    };
    sql.split(outside).flat_map(str::split_whitespace).collect()
}

/// Words, signs and placeholders, without commas and brackets.
pub(crate) fn words(sql: &str) -> Vec<&str> {
    sql.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
        .filter(|word| !word.is_empty())
        .collect()
}

/// The numbers behind every `$`.
pub(crate) fn placeholders(sql: &str) -> impl Iterator<Item = usize> + '_ {
    sql.split('$').skip(1).map(|rest| {
        rest.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap()
    })
}

/// Which column each argument meets: `(table.column, argument)`.
pub(crate) fn pairs(sql: &str) -> Vec<(String, usize)> {
    let words = words(sql);
    let after = |keyword: &str| {
        words
            .iter()
            .position(|word| *word == keyword)
            .and_then(|at| words.get(at + 1))
            .copied()
    };
    let table = after("INTO")
        .or_else(|| after("FROM"))
        .or_else(|| after("UPDATE"))
        .unwrap_or_default();
    let mut found = Vec::new();
    if words.first() == Some(&"INSERT") {
        // A row that is made under a condition is selected.
        let values = words
            .iter()
            .position(|word| ["VALUES", "SELECT"].contains(word))
            .unwrap();
        let arguments = words[values + 1..].iter().take_while(|word| word.starts_with('$'));
        for (column, argument) in words[3..values].iter().zip(arguments) {
            found.push((format!("{table}.{column}"), placeholders(argument).next().unwrap()));
        }
    }
    for three in words.windows(3) {
        if ["=", "<", ">", "<>"].contains(&three[1]) && three[2].starts_with('$') {
            let column = three[0].rsplit('.').next().unwrap();
            found.push((format!("{table}.{column}"), placeholders(three[2]).next().unwrap()));
        }
    }
    found
}

/// The columns of the schema, by `table.column`.
pub(crate) fn schema() -> BTreeMap<String, Type> {
    let mut columns = BTreeMap::new();
    for file in files(&source().join("migrations"), "sql") {
        let text = std::fs::read_to_string(file).unwrap();
        let mut table = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                name.trim_end_matches(" (").clone_into(&mut table);
            }
            let added = line
                .strip_prefix("ALTER TABLE ")
                .and_then(|rest| rest.split_once(" ADD COLUMN "));
            let line = match added {
                Some((name, column)) => {
                    name.clone_into(&mut table);
                    column.trim_end_matches(';')
                }
                None => line,
            };
            if let [column, of_type, ..] = line
                .trim()
                .trim_end_matches(',')
                .split(' ')
                .collect::<Vec<_>>()
                .as_slice()
            {
                match *of_type {
                    "TEXT" => drop(columns.insert(format!("{table}.{column}"), Type::Text)),
                    "BIGINT" => drop(columns.insert(format!("{table}.{column}"), Type::Int)),
                    _ => {}
                }
            }
        }
    }
    columns
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub(crate) fn sources() -> Vec<(PathBuf, String)> {
    files(&source(), "rs")
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found
}
