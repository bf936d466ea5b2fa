//! How much may be written before it is read (S-34).
//!
//! Cedar reads and checks what is nested by calling itself, and ends the process where the stack ends: so nesting, and whatever becomes nested as it is read, is counted before. A schema whose
//! types stand for types doubles with each; one whose names are in names grows with their square; and each policy is checked for each action and each kind of principal and resource.

use crate::{Problem, problem::line_at};

/// Brackets within brackets.
const NESTED_MAX: usize = 24;
/// `if`s of one policy: each could stand in the one before it.
const IFS_MAX: usize = 50;
/// Attributes, indexes and sums of one policy: each stands on the one before it.
const LINKS_MAX: usize = 2_000;
/// Names and keywords of a tenant's own schema.
const WORDS_MAX: usize = 1_000;
/// Bytes of policies, times what they are checked for: some seconds.
const WORK_MAX: usize = 256 * 1024 * 1024;

/// Whether policies can be read.
pub(crate) fn policies(text: &str) -> Result<(), Problem> {
    let (mut nested, mut ifs, mut links) = (0_usize, 0_usize, 0_usize);
    for (at, token) in Tokens::of(text) {
        match token {
            Token::Word("if") => ifs = ifs.saturating_add(1),
            Token::Open(open) => {
                nested = nested.saturating_add(1);
                links = links.saturating_add(usize::from(open == '['));
            }
            Token::Close => nested = nested.saturating_sub(1),
            Token::Other('.' | '+' | '-' | '*') => links = links.saturating_add(1),
            Token::Other(';') if nested == 0 => (ifs, links) = (0, 0),
            Token::Word(_) | Token::Other(_) => {}
        }
        let much = if nested > NESTED_MAX {
            format!("brackets are nested {NESTED_MAX} deep at most")
        } else if ifs > IFS_MAX {
            format!("a policy has at most {IFS_MAX} ifs; write several policies")
        } else if links > LINKS_MAX {
            format!("a policy has at most {LINKS_MAX} attributes, lists and sums; write several policies")
        } else {
            continue;
        };
        return Err(Problem {
            policy: None,
            line: Some(line_at(text, at)),
            says: much,
        });
    }
    Ok(())
}

/// Whether a schema of a tenant's own can be read.
pub(crate) fn schema(text: &str) -> Result<(), Problem> {
    let (mut depth, mut words) = (0_usize, 0_usize);
    let (mut first, mut second) = (Token::Other(' '), Token::Other(' '));
    for (_, token) in Tokens::of(text) {
        match token {
            Token::Word(_) => words = words.saturating_add(1),
            Token::Open(_) | Token::Other('<') => depth = depth.saturating_add(1),
            Token::Close | Token::Other('>') => depth = depth.saturating_sub(1),
            Token::Other(_) => {}
        }
        let says = if depth > NESTED_MAX {
            format!("types are nested {NESTED_MAX} deep at most")
        } else if words > WORDS_MAX {
            format!("at most {WORDS_MAX} words")
        } else if is_common_type(first, second, token) {
            "common types (type … = …) are not taken; write the type where it is used".to_owned()
        } else {
            (first, second) = (second, token);
            continue;
        };
        return Err(Problem::general(format!("schema: {says}")));
    }
    Ok(())
}

/// Whether a policy looks at `context.risk`. What cannot be told without reading its texts (`context["…"]`) counts as that.
pub(crate) fn reads_risk(text: &str) -> bool {
    let nothing = Token::Other(' ');
    let mut last = [nothing; 3];
    for token in Tokens::of(text).map(|(_, token)| token).chain([nothing]) {
        let [before, of, how] = last;
        let of_context = of == Token::Word("context") && before != Token::Other('.');
        let reads = match how {
            Token::Other('.') => token == Token::Word("risk"),
            Token::Word("has") => !matches!(token, Token::Word(word) if word != "risk"),
            Token::Open('[') => true,
            Token::Word(_) | Token::Open(_) | Token::Close | Token::Other(_) => false,
        };
        if of_context && reads {
            return true;
        }
        last = [of, how, token];
    }
    false
}

/// Whether these begin the declaration of a common type.
fn is_common_type(first: Token<'_>, second: Token<'_>, third: Token<'_>) -> bool {
    let named = matches!(second, Token::Word(_)) && matches!(third, Token::Other('='));
    first == Token::Word("type") && named
}

/// Whether policies of that length can be checked for that many combinations of action, principal and resource.
pub(crate) fn work(text: &str, combinations: usize) -> Result<(), Problem> {
    if text.len().saturating_mul(combinations) <= WORK_MAX {
        return Ok(());
    }
    let kib = WORK_MAX.checked_div(combinations).unwrap_or(0) / 1024;
    Err(Problem::general(format!(
        "over {combinations} combinations of action, principal and resource policies have at most {kib} KiB"
    )))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Open(char),
    Close,
    Other(char),
}

/// The tokens of a text in Cedar's languages, with their places; texts and comments are left out.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    const fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    /// Passes a text, whose quotation mark was passed before.
    fn skip_text(&mut self) {
        let mut escaped = false;
        for c in self.rest().chars() {
            self.skip(c.len_utf8());
            match c {
                '"' if !escaped => return,
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (usize, Token<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest();
            let (at, c) = (self.at, rest.chars().next()?);
            if rest.starts_with("//") {
                self.skip(rest.find('\n').unwrap_or(rest.len()));
                continue;
            }
            if c.is_alphanumeric() || c == '_' {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                self.skip(end);
                return Some((at, Token::Word(rest.get(..end).unwrap_or_default())));
            }
            self.skip(c.len_utf8());
            match c {
                '"' => self.skip_text(),
                '(' | '[' | '{' => return Some((at, Token::Open(c))),
                ')' | ']' | '}' => return Some((at, Token::Close)),
                c if c.is_whitespace() => {}
                c => return Some((at, Token::Other(c))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_are_no_tokens() {
        let tokens: Vec<Token<'_>> = Tokens::of("if (a) // if (\n\"if ( \\\" ( \\\\\" \u{e9}2.b")
            .map(|(_, token)| token)
            .collect();
        assert_eq!(
            tokens,
            [
                Token::Word("if"),
                Token::Open('('),
                Token::Word("a"),
                Token::Close,
                Token::Word("\u{e9}2"),
                Token::Other('.'),
                Token::Word("b"),
            ]
        );
        assert_eq!(Tokens::of("\"never ends (").count(), 0);
    }

    #[test]
    fn what_is_counted_is_counted_for_each_policy() {
        let one = |condition: &str| format!("permit(principal, action, resource) when {{ {condition} }};\n");
        let many = one("if a then b else c").repeat(1_000) + &one(&"a.".repeat(100)).repeat(100);
        assert_eq!(policies(&many), Ok(()));
        let told = |text: &str| policies(text).map_err(|problem| problem.to_string());
        let deep = one("true") + &one(&"(".repeat(NESTED_MAX));
        assert_eq!(
            told(&deep),
            Err("line 2: brackets are nested 24 deep at most".to_owned())
        );
        assert_eq!(told(&one(&"(".repeat(NESTED_MAX - 1))), Ok(()));
        assert!(told(&one(&"if ".repeat(IFS_MAX + 1))).is_err());
        assert!(told(&one(&"a + ".repeat(LINKS_MAX + 1))).is_err());
        assert!(
            told(&one(&"; if".repeat(IFS_MAX + 1))).is_err(),
            "within brackets nothing ends"
        );
        assert_eq!(told(&one(&"\"(\" == \"(\" && ".repeat(10_000))), Ok(()));
    }

    #[test]
    fn s_34_a_schema_that_doubles_or_squares_is_refused() {
        for refused in [
            "type A = Long;".to_owned(),
            "namespace N { type /* */ A = Long; }".replace("/* */", "// x\n"),
            format!("entity E {{ a: {}Long{} }};", "Set<".repeat(24), ">".repeat(24)),
            "entity A;".repeat(501),
        ] {
            assert!(schema(&refused).is_err(), "{refused}");
        }
        let good = "entity Todo { type: String, \"type A = \"?: Long };\nentity type;\naction read appliesTo { principal: [User], resource: [Todo], context: {} };";
        assert_eq!(schema(good), Ok(()));
    }

    #[test]
    fn s_34_long_policies_over_many_actions_are_refused() {
        assert_eq!(work(&" ".repeat(1 << 20), 256), Ok(()));
        let refused = work(&" ".repeat((1 << 20) + 1), 256).unwrap_err();
        assert_eq!(
            refused.says,
            "over 256 combinations of action, principal and resource policies have at most 1024 KiB"
        );
    }
}
