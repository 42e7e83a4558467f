//! How something that was done differs from what was waited for, in lines.

/// Lines for fields that differ: name, expected, actual.
#[must_use]
pub fn lines(origin: &str, differing: &[(&'static str, String, String)]) -> Vec<String> {
    let mut lines = vec![format!("{origin} differs in")];
    for (name, expected, actual) in differing {
        lines.push(format!("  {name}: expected {expected}, actual {actual}"));
    }
    lines
}
