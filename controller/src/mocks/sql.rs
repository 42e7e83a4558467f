//! Statements of SQL: their words, and the form in which two that mean the same are equal.
//!
//! The lexical rules are PostgreSQL's (its manual, 4.1): `'..'`, `E'..'`, `".."`, `$tag$..$tag$`, `--` and
//! nested `/* */`. Nothing is parsed beyond that.

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Blanks, ends of lines and comments.
    Space,
    /// A keyword, a name, a number or a parameter such as `$1`.
    Word,
    /// Characters in quotes, with their quotes.
    Quoted,
    /// A name in quotes, with its quotes.
    Name,
    /// A `;`.
    Semicolon,
    /// Any other character.
    Sign,
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// As it is written.
    pub text: &'a str,
}

/// The pieces of a text, in order; together they are the whole text.
#[must_use]
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { rest: text, escapes: false }
}

/// See [`tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    rest: &'a str,
    /// The piece before was the `E` of `E'..'`.
    escapes: bool,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.rest.chars().next()?;
        let (kind, length) = self.measure(first);
        let length = (length..=self.rest.len()).find(|at| self.rest.is_char_boundary(*at));
        let (text, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = rest;
        self.escapes = kind == Kind::Word && text.eq_ignore_ascii_case("e");
        Some(Token { kind, text })
    }
}

impl Tokens<'_> {
    /// What comes next, and how many bytes it takes; at least one.
    fn measure(&self, first: char) -> (Kind, usize) {
        let rest = self.rest.as_bytes();
        match (first, rest.get(1)) {
            ('-', Some(b'-')) => (Kind::Space, line(rest)),
            ('/', Some(b'*')) => (Kind::Space, comment(rest)),
            (';', _) => (Kind::Semicolon, 1),
            ('\'', _) => (Kind::Quoted, quoted(rest, b'\'', self.escapes)),
            ('"', _) => (Kind::Name, quoted(rest, b'"', false)),
            ('$', Some(b'0'..=b'9')) => (Kind::Word, 1 + digits(rest)),
            ('$', _) if let Some(length) = dollars(self.rest) => (Kind::Quoted, length),
            (first, _) if first.is_ascii_whitespace() || first == '\x0b' => {
                (Kind::Space, run(self.rest, |c| c.is_ascii_whitespace() || c == '\x0b'))
            }
            (first, _) if is_word(first) => {
                (Kind::Word, run(self.rest, |c| is_word(c) || c == '$'))
            }
            _ => (Kind::Sign, first.len_utf8()),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || !c.is_ascii()
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Digits behind the first byte.
fn digits(rest: &[u8]) -> usize {
    rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count()
}

fn line(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)
}

/// A comment, with those inside it.
fn comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(pair) = rest.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Up to the quote that ends it; two are one character, as is what follows a backslash.
fn quoted(rest: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        at += match byte {
            b'\\' if escapes => 2,
            byte if *byte == quote && rest.get(at + 1) == Some(&quote) => 2,
            byte if *byte == quote => return at + 1,
            _ => 1,
        };
    }
    rest.len()
}

/// `$$..$$` and `$tag$..$tag$`; `$1` is none.
fn dollars(text: &str) -> Option<usize> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let name = tag.trim_matches('$');
    let is_tag = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
    let length = || text.get(end..)?.find(tag).map(|at| end + at + tag.len());
    is_tag.then(|| length().unwrap_or(text.len()))
}

/// The statements of a text, without the semicolons between them and the blanks around them; none is empty.
#[must_use]
pub fn statements(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut at, mut depth) = (Vec::new(), 0, 0, 0_usize);
    let mut says = false;
    for token in tokens(text) {
        let end = at + token.text.len();
        match (token.kind, token.text) {
            (Kind::Semicolon, _) if depth == 0 => {
                found.extend(text.get(start..at).filter(|_| says));
                (start, says) = (end, false);
            }
            (Kind::Space, _) => {}
            (_, sign) => {
                says = true;
                depth = match sign {
                    "(" => depth + 1,
                    ")" => depth.saturating_sub(1),
                    _ => depth,
                };
            }
        }
        at = end;
    }
    found.extend(text.get(start..).filter(|_| says));
    found.into_iter().map(trimmed).collect()
}

/// A statement without the blanks around it, and the semicolons at its end.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace())
}

/// The normal form: blanks only where they part words, no comments, and words in small letters.
#[must_use]
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut spaced) = (None, false);
    for Token { kind, text } in tokens(trimmed(text)) {
        if kind == Kind::Space {
            spaced = true;
            continue;
        }
        let joins = |kind| kind == Kind::Sign;
        if spaced && last.is_some_and(|last| joins(last) == joins(kind)) && !is_bracket(&out, text)
        {
            out.push(' ');
        }
        match kind {
            Kind::Word => out.push_str(&text.to_lowercase()),
            _ => out.push_str(text),
        }
        (last, spaced) = (Some(kind), false);
    }
    out.truncate(trimmed(&out).len());
    out
}

/// Brackets and commas stand for themselves, with or without blanks beside them.
fn is_bracket(before: &str, text: &str) -> bool {
    let stands = |c: char| "(),[].".contains(c);
    text.starts_with(stands) || before.ends_with(stands)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Layout, comments and the case of words make no difference; what is quoted does.
    #[test]
    fn the_normal_form_is_that_of_the_words() {
        let normal_form = normal("select a, b from t where c = 'It''s  A' and d = $1");

        let other = "SELECT a ,b\n\tFROM T -- all of them\n WHERE /* x /* y */ */ c='It''s  A' AND D = $1 ; ";
        assert_eq!(normal(other), normal_form);
        assert_ne!(normal("select a, b from t where c = 'it''s  a' and d = $1"), normal_form);
        assert_ne!(normal("select \"A\""), normal("select \"a\""));
        assert_ne!(normal("select 1 - -1"), normal("select 1 --1"));
        assert_eq!(normal("SELECT count (*)"), normal("select count(*)"));
        assert_eq!(normal("a = $1"), normal("a=$1"));
    }

    /// Semicolons part statements where they are not part of one.
    #[test]
    fn statements_are_parted_by_semicolons() {
        let text = "select ';' ; ; select E'\\';' ; do $x$ begin; end $x$; create rule r as (a; b); -- ;\n";

        assert_eq!(
            statements(text),
            ["select ';'", "select E'\\';'", "do $x$ begin; end $x$", "create rule r as (a; b)"]
        );
        assert!(statements(" ;; /* nothing */ ").is_empty());
    }

    proptest! {
        /// The pieces of any text are the text; no statement is empty, nor is its normal form.
        #[test]
        fn any_text_is_read(text in "[ -~\\n\u{e9}\u{20ac}]{0,60}|[$a';\"e/*\\-\\\\ ]{0,40}") {
            prop_assert_eq!(tokens(&text).map(|token| token.text).collect::<String>(), text.clone());
            prop_assert!(statements(&text).iter().all(|one| !normal(one).is_empty()));
        }
    }
}
