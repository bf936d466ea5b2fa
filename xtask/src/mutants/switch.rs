//! Writing mutants into a source text: each expression becomes one that asks the environment which of the two it is.

use std::ops::Range;

use anyhow::{Result, bail};

pub(super) const VARIABLE: &str = "PROKURA_MUTANT";

#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) id: &'a str,
    /// An expression that occurs exactly once in the text.
    pub(super) find: &'a str,
    /// An expression of the same type.
    pub(super) replace: &'a str,
}

/// Several mutants of one very expression are fine; two that overlap in part are not.
pub(super) fn apply(text: &str, changes: &[Change<'_>]) -> Result<String> {
    let mut places: Vec<(Range<usize>, Change<'_>)> = Vec::new();
    for change in changes {
        places.push((place(text, *change)?, *change));
    }
    places.sort_by_key(|(range, _)| range.start);
    for pair in places.windows(2) {
        if let [(first, one), (second, other)] = pair
            && first != second
            && second.start < first.end
        {
            bail!(
                "the mutants `{}` and `{}` overlap; let each find an expression of its own",
                one.id,
                other.id
            );
        }
    }
    let mut result = text.to_owned();
    let mut written: Option<Range<usize>> = None;
    // From the end, so that earlier places stay where they are; a second mutant of one expression wraps the first.
    for (range, change) in places.into_iter().rev() {
        let end = match &written {
            Some(written) if written.start == range.start => written.end,
            _ => range.end,
        };
        let original = result.get(range.start..end).unwrap_or_default();
        let switched = switched(change, original);
        let length = switched.len();
        result.replace_range(range.start..end, &switched);
        written = Some(range.start..range.start.saturating_add(length));
    }
    Ok(result)
}

fn switched(Change { id, replace, .. }: Change<'_>, original: &str) -> String {
    format!("(if ::std::env::var(\"{VARIABLE}\").as_deref() == Ok(\"{id}\") {{ {replace} }} else {{ {original} }})")
}

fn place(text: &str, Change { id, find, .. }: Change<'_>) -> Result<Range<usize>> {
    let mut found = text.match_indices(find);
    match (found.next(), found.next()) {
        _ if find.is_empty() => bail!("the mutant `{id}` finds nothing in particular"),
        (None, _) => bail!("the mutant `{id}` finds nothing: `{find}` is not there (any more)"),
        (Some(_), Some(_)) => bail!("the mutant `{id}` is ambiguous: `{find}` is there more than once"),
        (Some((start, _)), None) => Ok(start..start.saturating_add(find.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn f(a: u8, b: u8) -> bool {\n    a < 3\n        && b < 4\n}\n";

    fn change<'a>(id: &'a str, find: &'a str, replace: &'a str) -> Change<'a> {
        Change { id, find, replace }
    }

    #[test]
    fn an_expression_over_two_lines_gets_its_switch() {
        let text = apply(TEXT, &[change("both", "a < 3\n        && b < 4", "true")]).unwrap();
        let expected = "fn f(a: u8, b: u8) -> bool {\n    (if ::std::env::var(\"PROKURA_MUTANT\").as_deref() == Ok(\"both\") { true } else { a < 3\n        && b < 4 })\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn two_mutants_of_one_text_do_not_disturb_each_other() {
        let text = apply(
            "x(a); y(b); z(c)",
            &[change("two", "z(c)", "Z"), change("one", "x(a)", "X")],
        )
        .unwrap();
        let one = switched(change("one", "", "X"), "x(a)");
        let two = switched(change("two", "", "Z"), "z(c)");
        assert_eq!(text, format!("{one}; y(b); {two}"));
    }

    #[test]
    fn two_mutants_of_one_expression_are_nested() {
        let text = apply("(x(a))", &[change("one", "x(a)", "X"), change("two", "x(a)", "Y")]).unwrap();
        let inner = switched(change("two", "", "Y"), "x(a)");
        assert_eq!(text, format!("({})", switched(change("one", "", "X"), &inner)));
    }

    #[test]
    fn a_find_must_occur_exactly_once_and_overlap_no_other() {
        for changes in [
            vec![change("none", "c < 5", "true")],
            vec![change("many", " < ", "true")],
            vec![change("empty", "", "true")],
            vec![
                change("outer", "a < 3\n        && b < 4", "true"),
                change("inner", "b < 4", "true"),
            ],
        ] {
            assert!(apply(TEXT, &changes).is_err(), "{changes:?}");
        }
    }
}
