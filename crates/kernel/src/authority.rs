//! What may be done, exactly what of it, where, until when, and how often it may be handed on. It has one way to shrink, [`Authority::narrow`], and none to grow.

use std::collections::BTreeSet;

use proof::Time;

use crate::{
    detail::{Details, Types},
    form::Form,
    resource::ResourceUri,
    why::Why,
};

/// More scope tokens than this in one list are no honest request.
pub const SCOPES_MAX: usize = 128;
/// The longest chain of grants below a root.
pub const DEPTH_MAX: u8 = 8;

/// A set of scope tokens (RFC 6749 s3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// What a request asks for: `None` where it says nothing, or only spaces (RFC 6749 s3.3: the default is somebody else's to say).
    pub fn asked(form: &Form) -> Result<Option<Self>, Why> {
        let scopes = form.text("scope").map(Self::parse).transpose()?;
        Ok(scopes.filter(|scopes| !scopes.is_empty()))
    }

    /// Reads a space-separated list; a token is 1 to 256 characters of `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, Why> {
        let tokens: BTreeSet<String> = text
            .split(' ')
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
            .collect();
        let well_formed = |token: &String| {
            token.len() <= 256 && token.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        if tokens.len() > SCOPES_MAX || !tokens.iter().all(well_formed) {
            return Err(Why::ScopeMalformed);
        }
        Ok(Self(tokens))
    }

    /// A set of one token that was read before.
    pub fn one(token: &str) -> Self {
        Self(BTreeSet::from([token.to_owned()]))
    }

    /// Both together.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// What is left without `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// The scope tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this scope token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether every token of `other` is in the set.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// What both have.
    #[must_use]
    pub fn shared_with<'a>(&self, other: impl Iterator<Item = &'a str>) -> Self {
        Self(
            other
                .filter(|token| self.0.contains(*token))
                .map(str::to_owned)
                .collect(),
        )
    }

    /// The list as it stands in a `scope` member: tokens in order, separated by one space.
    pub fn joined(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// A place where authority counts: a registered resource, or our own machine endpoints.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// The tenant's own endpoints; in a token its `aud` is the issuer.
    Issuer,
    /// A resource by its identifier (RFC 8707).
    Resource(ResourceUri),
}

impl Audience {
    /// How rows write the issuer: no resource identifier can be this short.
    pub const ISSUER_TEXT: &'static str = "-";

    /// As rows write it.
    pub fn as_row(&self) -> &str {
        match self {
            Self::Issuer => Self::ISSUER_TEXT,
            Self::Resource(uri) => uri.as_str(),
        }
    }

    /// Reads what [`Self::as_row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        if text == Self::ISSUER_TEXT {
            Some(Self::Issuer)
        } else {
            ResourceUri::parse(text).map(Self::Resource)
        }
    }
}

/// Authority of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    scopes: Scopes,
    details: Details,
    audiences: BTreeSet<Audience>,
    expires: Option<Time>,
    depth: u8,
}

/// What somebody wants of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The scope tokens wanted.
    pub scopes: Scopes,
    /// The details wanted (RFC 9396).
    pub details: Details,
    /// The places wanted.
    pub audiences: BTreeSet<Audience>,
    /// Until when; `None` for as long as the parent.
    pub expires: Option<Time>,
    /// How many more times the child may be narrowed.
    pub depth: u8,
}

/// In what an ask exceeds an authority: the first dimension found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// A scope that the authority does not have.
    Scope,
    /// A detail that lies within none of the authority's.
    Detail,
    /// A place that the authority does not reach.
    Audience,
    /// A later end.
    Expiry,
    /// More handing on than is left.
    Depth,
}

impl Excess {
    /// The sentence for an administrator who asked for it.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Scope => "a child grant cannot have a scope that its parent does not have",
            Self::Detail => "a child grant cannot have a detail that does not lie within one of its parent's",
            Self::Audience => "a child grant cannot reach a resource that its parent does not reach",
            Self::Expiry => "a child grant cannot outlive its parent",
            Self::Depth => "the parent grant may not be handed on that often",
        }
    }
}

impl Authority {
    /// The authority of a root: what an administrator or a person gives. Everything else comes from [`Self::narrow`].
    pub fn root(ask: Ask) -> Self {
        Self {
            scopes: ask.scopes,
            details: ask.details,
            audiences: ask.audiences,
            expires: ask.expires,
            depth: ask.depth.min(DEPTH_MAX),
        }
    }

    /// The only way to derive authority: what was asked, if all of it lies within `self`. What is less of a detail its type says, as it is registered now; of a type that
    /// is gone nothing is less, nor the same.
    pub fn narrow(&self, ask: &Ask, types: &Types) -> Result<Self, Excess> {
        if !self.scopes.covers(&ask.scopes) {
            return Err(Excess::Scope);
        }
        if !types.within(&ask.details, &self.details) {
            return Err(Excess::Detail);
        }
        if !ask.audiences.is_subset(&self.audiences) {
            return Err(Excess::Audience);
        }
        let expires = match (self.expires, ask.expires) {
            (Some(end), Some(wanted)) if wanted > end => return Err(Excess::Expiry),
            (end, None) => end,
            (_, wanted) => wanted,
        };
        if self.depth == 0 || ask.depth >= self.depth {
            return Err(Excess::Depth);
        }
        Ok(Self {
            scopes: ask.scopes.clone(),
            details: ask.details.clone(),
            audiences: ask.audiences.clone(),
            expires,
            depth: ask.depth,
        })
    }

    /// The scope tokens.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The details.
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// The places.
    pub fn audiences(&self) -> &BTreeSet<Audience> {
        &self.audiences
    }

    /// The end, if it has one of its own.
    pub fn expires(&self) -> Option<Time> {
        self.expires
    }

    /// How many more times it may be narrowed.
    pub fn depth(&self) -> u8 {
        self.depth
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{detail::Detail, vectors};

    fn ask(scopes: &str, places: &[u8], expires: Option<i64>, depth: u8) -> Ask {
        let audience = |n: &u8| match n {
            0 => Audience::Issuer,
            n => Audience::Resource(ResourceUri::parse(&format!("https://r{n}.example/api")).unwrap()),
        };
        Ask {
            scopes: Scopes::parse(scopes).unwrap(),
            details: Details::default(),
            audiences: places.iter().map(audience).collect(),
            expires: expires.map(Time::from_unix),
            depth,
        }
    }

    /// One type that is registered, and one that is not.
    fn types() -> Types {
        let narrowing = json!({ "amount": "at_most", "actions": "subset" });
        Types::of([vectors::details::kind(
            &json!({ "type": "pay", "words": { "en": "pay" }, "narrowing": narrowing }),
        )])
    }

    fn arbitrary_details() -> impl Strategy<Value = Details> {
        let one = (
            prop_oneof![9 => Just("pay"), 1 => Just("gone")],
            0_i64..9,
            proptest::collection::btree_set("[abc]", 0..3),
            "[xy]",
        )
            .prop_map(|(kind, amount, actions, payee)| {
                json!({ "type": kind, "amount": amount, "actions": actions, "payee": payee })
            });
        proptest::collection::vec(one, 0..3).prop_map(|mut items| {
            items.dedup();
            Details::of(items.into()).unwrap_or_default()
        })
    }

    fn arbitrary_ask() -> impl Strategy<Value = Ask> {
        (
            arbitrary_details(),
            proptest::collection::vec("[abc]", 0..4),
            proptest::collection::vec(0_u8..4, 0..4),
            proptest::option::of(0_i64..5),
            0_u8..5,
        )
            .prop_map(|(details, scopes, places, expires, depth)| Ask {
                details,
                ..ask(&scopes.join(" "), &places, expires, depth)
            })
    }

    proptest! {
        #[test]
        fn no_sequence_of_narrowings_ever_exceeds_an_ancestor(root in arbitrary_ask(), asks in proptest::collection::vec(arbitrary_ask(), 0..8)) {
            let mut chain = vec![Authority::root(root)];
            for ask in &asks {
                if let Ok(child) = chain.last().unwrap().narrow(ask, &types()) {
                    chain.push(child);
                }
            }
            let last = chain.last().unwrap();
            for ancestor in &chain {
                prop_assert!(last.scopes().iter().all(|scope| ancestor.scopes().contains(scope)));
                prop_assert!(last.audiences().iter().all(|place| ancestor.audiences().contains(place)));
                prop_assert!(last.depth() <= ancestor.depth());
                let sum = |authority: &Authority| -> i64 { authority.details().iter().map(|detail| detail.body()["amount"].as_i64().unwrap()).sum() };
                prop_assert!(sum(last) <= sum(ancestor));
                for detail in last.details() {
                    let texts = |detail: &Detail| -> BTreeSet<String> { detail.body()["actions"].as_array().unwrap().iter().map(ToString::to_string).collect() };
                    prop_assert!(ancestor.details().iter().any(|other| other.body()["payee"] == detail.body()["payee"] && texts(detail).is_subset(&texts(other))));
                }
                if let Some(end) = ancestor.expires() {
                    prop_assert!(last.expires().is_some_and(|own| own <= end));
                }
            }
        }

        #[test]
        fn asking_within_bounds_is_always_answered_with_exactly_that(root in arbitrary_ask()) {
            let parent = Authority::root(root.clone());
            let child = parent.narrow(&Ask { depth: 0, ..root.clone() }, &types());
            let gone = root.details.iter().any(|detail| detail.kind().as_str() == "gone");
            prop_assert_eq!(child.is_ok(), root.depth > 0 && !gone);
        }
    }

    #[test]
    fn each_dimension_has_its_own_refusal() {
        let parent = Authority::root(ask("a b", &[0, 1], Some(100), 2));
        let cases = [
            (ask("a", &[1], Some(100), 1), Ok(())),
            (ask("a", &[1], None, 0), Ok(())),
            (ask("c", &[1], None, 0), Err(Excess::Scope)),
            (ask("a", &[2], None, 0), Err(Excess::Audience)),
            (ask("a", &[1], Some(101), 0), Err(Excess::Expiry)),
            (ask("a", &[1], None, 2), Err(Excess::Depth)),
            (
                Ask {
                    details: Details::parse(r#"[{"type":"pay"}]"#).unwrap(),
                    ..ask("a", &[1], None, 0)
                },
                Err(Excess::Detail),
            ),
        ];
        for (wanted, expected) in cases {
            assert_eq!(parent.narrow(&wanted, &types()).map(|_| ()), expected, "{wanted:?}");
        }
        assert_eq!(
            parent.narrow(&ask("", &[], None, 0), &types()).unwrap().expires(),
            Some(Time::from_unix(100)),
            "no end asked: the parent's"
        );
        assert_eq!(
            parent
                .narrow(&ask("", &[], None, 0), &types())
                .unwrap()
                .narrow(&ask("", &[], None, 0), &types()),
            Err(Excess::Depth)
        );
    }

    #[test]
    fn scope_lists_follow_rfc_6749_section_3_3() {
        assert_eq!(Scopes::parse("b a b").unwrap().joined(), "a b");
        assert!(Scopes::parse("").unwrap().is_empty());
        for bad in [
            "a\"b",
            "a\\b",
            "a\tb",
            "a\u{7f}",
            "\u{e9}",
            &"x".repeat(257),
            &(0..129).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" "),
        ] {
            assert_eq!(Scopes::parse(bad), Err(Why::ScopeMalformed), "{bad:?}");
        }
    }
}
