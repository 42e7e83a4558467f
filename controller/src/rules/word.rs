//! Which word somebody meant.

/// The nearest of the words that one would believe to be meant, if there is one.
#[must_use]
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let bound = word.chars().count().div_ceil(3);
    let near = words.into_iter().map(|other| (distance(&word, &other.to_lowercase()), other));
    near.filter(|(far, _)| *far <= bound).min_by_key(|(far, _)| *far).map(|(_, other)| other)
}

/// Edits that lead from one word to the other; a swap of neighbours is one.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len() > 64 {
        return usize::MAX; // no word of ours is that long
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut best =
                (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    /// A hint is worth more than none only if it is likely.
    #[test]
    fn only_near_words_are_offered() {
        let words = ["allow", "deny", "restrict", "per-test-allow"];
        for (word, meant) in [
            ("alow", Some("allow")),
            ("Allow", Some("allow")),
            ("dney", Some("deny")),
            ("per_test_allow", Some("per-test-allow")),
            ("mock", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1000), words), None);
    }
}
