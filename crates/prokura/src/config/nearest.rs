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

/// How many letters must be put in, taken out, changed, or exchanged with their neighbour (Damerau 1964).
fn distance(a: &str, b: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = |row: &[usize], n: Option<usize>| n.and_then(|n| row.get(n)).copied();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, x) in from.iter().enumerate() {
        let mut next = vec![i.saturating_add(1)];
        for (j, y) in to.iter().enumerate() {
            let change = at(&row, Some(j)).unwrap_or(0).saturating_add(usize::from(x != y));
            let take_out = at(&row, j.checked_add(1)).unwrap_or(0).saturating_add(1);
            let put_in = at(&next, Some(j)).unwrap_or(0).saturating_add(1);
            let crossed = i.checked_sub(1).and_then(|i| from.get(i)) == Some(y)
                && j.checked_sub(1).and_then(|j| to.get(j)) == Some(x);
            let exchange = at(&before, j.checked_sub(1))
                .filter(|_| crossed)
                .map_or(usize::MAX, |steps| steps.saturating_add(1));
            next.push(change.min(take_out).min(put_in).min(exchange));
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_count_single_letters() {
        for (a, b, steps) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "", 3),
            ("flaw", "lawn", 2),
            ("tsl", "tls", 1),
            ("ab", "ba", 1),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(a, b), steps, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["origin", "listen", "rotate_every_seconds", "kek"];
        assert_eq!(nearest("orgin", known), Some("origin"));
        assert_eq!(nearest("tsl", ["server", "tls"]), Some("tls"));
        assert_eq!(nearest("Listen", known), Some("listen"));
        assert_eq!(nearest("rotate_every_second", known), Some("rotate_every_seconds"));
        assert_eq!(nearest("keks", known), Some("kek"));
        assert_eq!(nearest("password", known), None);
    }
}
