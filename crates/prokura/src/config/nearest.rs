//! "Did you mean": the known word that is nearest to one that nobody knows.

/// The nearest of `known`, if it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(steps, candidate)| steps.saturating_mul(3) <= candidate.chars().count().max(4))
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or changed (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (to, (diagonal, above)) in b.chars().zip(row.iter().zip(row.iter().skip(1))) {
            let change = diagonal.saturating_add(usize::from(from != to));
            left = change.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_count_single_letters() {
        for (a, b, steps) in [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("same", "same", 0)] {
            assert_eq!(distance(a, b), steps, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["origin", "listen", "rotate_every_seconds", "kek"];
        assert_eq!(nearest("orgin", known), Some("origin"));
        assert_eq!(nearest("Listen", known), Some("listen"));
        assert_eq!(nearest("rotate_every_second", known), Some("rotate_every_seconds"));
        assert_eq!(nearest("keks", known), Some("kek"));
        assert_eq!(nearest("password", known), None);
    }
}
