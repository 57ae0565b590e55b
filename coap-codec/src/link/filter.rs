//! Filters of discovery queries (RFC 6690 §4.1).

use super::{Link, Value};

/// One query argument such as `rt=temperature-c`, `href=/sensors*` or `obs`.
///
/// A value may end in `*` for anything. `href` is the target. Attributes that hold lists (`rel`, `rev`, `rt`,
/// `if`, `ct`) match by any of their words; all others as a whole. A name alone asks that the attribute be
/// there. Several arguments are several filters, all of which must match (RFC 9176 §6.2).
///
/// ```
/// use coap_codec::{Filter, Links};
///
/// let text = r#"</t1>;rt="temp core.s",</l>;rt="light-lux",</t2>;rt="temperature""#;
/// let found: Vec<_> = Links::new(text).filtered(Filter::new("rt=temp*")).map(|link| link.unwrap().target).collect();
/// assert_eq!(found, ["/t1", "/t2"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    name: &'a str,
    pattern: Pattern<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern<'a> {
    Present,
    Exactly(&'a str),
    Prefix(&'a str),
}

impl<'a> Filter<'a> {
    /// The filter a query argument asks for; every text is one.
    #[must_use]
    pub fn new(argument: &'a str) -> Self {
        let Some((name, value)) = argument.split_once('=') else {
            return Self { name: argument, pattern: Pattern::Present };
        };
        let pattern = value.strip_suffix('*').map_or(Pattern::Exactly(value), Pattern::Prefix);
        Self { name, pattern }
    }

    /// Whether a link is among those asked for.
    #[must_use]
    pub fn matches(&self, link: &Link<'_>) -> bool {
        if self.name.eq_ignore_ascii_case("href") {
            return self.admits(link.target.chars());
        }
        let mut attributes = link.attributes().filter(|found| found.name.eq_ignore_ascii_case(self.name));
        attributes.any(|attribute| match attribute.value {
            Some(value) if is_list(self.name) => self.admits_word(value),
            Some(value) => self.admits(value.chars()),
            None => self.pattern == Pattern::Present,
        })
    }

    fn admits_word(&self, value: Value<'_>) -> bool {
        self.pattern == Pattern::Present || value.words().any(|word| self.admits(word.chars()))
    }

    fn admits(&self, mut value: impl Iterator<Item = char>) -> bool {
        match self.pattern {
            Pattern::Present => true,
            Pattern::Exactly(text) => value.eq(text.chars()),
            Pattern::Prefix(text) => text.chars().all(|wanted| value.next() == Some(wanted)),
        }
    }
}

fn is_list(name: &str) -> bool {
    ["rel", "rev", "rt", "if", "ct"].iter().any(|list| list.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::Links;

    #[test]
    fn names_values_and_prefixes_match_as_the_rfc_says() {
        let text = r#"</s/a>;rt="one two";title="say \"hi\"";ct="0 60";obs;sz=12"#;
        let link = Links::new(text).next().unwrap().unwrap();
        for (argument, matches) in [
            ("rt=one", true),
            ("rt=two", true),
            ("rt=one two", false),
            ("RT=tw*", true),
            ("rt=o", false),
            ("rt=*", true),
            ("rt", true),
            ("if=*", false),
            ("title=say \"hi\"", true),
            ("title=say \"*", true),
            ("title=say", false),
            ("ct=60", true),
            ("ct=6", false),
            ("obs", true),
            ("obs=*", false),
            ("sz=12", true),
            ("href=/s/a", true),
            ("href=/s*", true),
            ("href=/t*", false),
            ("href=/s/a/b*", false),
        ] {
            assert_eq!(Filter::new(argument).matches(&link), matches, "{argument}");
        }
    }
}
