//! What may be done, exactly what of it and how much, where, until when, and how often it may be handed on. A child comes of [`Authority::narrow`], an edit of
//! [`Authority::edited`], what a path allows now of [`Authority::met_with`]: each only takes away, and there is no way to grow.

use std::collections::BTreeSet;

use proof::Time;

use crate::{
    detail::{Details, Types},
    form::Form,
    power::{DataClasses, Powers},
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
    powers: Powers,
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
    /// What is wanted of each capability.
    pub powers: Powers,
    /// The places wanted.
    pub audiences: BTreeSet<Audience>,
    /// Until when; `None` for as long as the parent.
    pub expires: Option<Time>,
    /// How many more times the child may be narrowed.
    pub depth: u8,
}

/// What is left of an authority when somebody takes from it; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Less {
    /// The scope tokens that are left.
    pub scopes: Option<Scopes>,
    /// The details that are left.
    pub details: Option<Details>,
    /// The powers that are left. Those of one capability keep their places, for what was used of each is counted by its place; a limit that is not stated stays.
    pub powers: Option<Powers>,
    /// The places that are left.
    pub audiences: Option<BTreeSet<Audience>>,
    /// An earlier end.
    pub expires: Option<Time>,
    /// How many more times it may be narrowed.
    pub depth: Option<u8>,
}

/// In what an ask exceeds an authority: the first dimension found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Scopes that the authority does not have.
    Scope(Scopes),
    /// A detail that lies within none of the authority's.
    Detail,
    /// Powers that lie within none of the authority's: their capabilities.
    Power(String),
    /// A place that the authority does not reach.
    Audience(Audience),
    /// A later end than this.
    Expiry(Time),
    /// More handing on than is left: so much is.
    Depth(u8),
}

impl Excess {
    /// What exactly is more, or how far it may go; nothing where the sentence says all.
    pub fn what(&self) -> Option<String> {
        match self {
            Self::Scope(scopes) => Some(scopes.joined()),
            Self::Power(names) if !names.is_empty() => Some(names.clone()),
            Self::Detail | Self::Power(_) => None,
            Self::Audience(Audience::Issuer) => Some("the endpoints of this server".to_owned()),
            Self::Audience(Audience::Resource(uri)) => Some(uri.as_str().to_owned()),
            Self::Expiry(end) => Some(format!("it ends at {}", end.rfc3339())),
            Self::Depth(left) => Some(format!("at most {left}")),
        }
    }

    /// The sentence for an administrator who asked for it.
    pub const fn said(&self) -> &'static str {
        match self {
            Self::Scope(_) => "a child grant cannot have a scope that its parent does not have",
            Self::Detail => "a child grant cannot have a detail that does not lie within one of its parent's",
            Self::Power(_) => "a child grant cannot have a capability beyond what its parent has",
            Self::Audience(_) => "a child grant cannot reach a resource that its parent does not reach",
            Self::Expiry(_) => "a child grant cannot outlive its parent",
            Self::Depth(_) => "the parent grant may not be handed on that often",
        }
    }

    /// The sentence for whoever wanted to edit so: more is given by a new grant.
    pub const fn said_of_edit(&self) -> &'static str {
        match self {
            Self::Scope(_) => {
                "an edit only takes away, and this grant does not have all of these scopes: give a new one"
            }
            Self::Detail => {
                "an edit only takes away, and one of these details lies within none of this grant's: give a new one"
            }
            Self::Power(_) => {
                "an edit only takes away: each capability lies within the one in its place, and a grant that has some keeps one at least; more is given by a new one"
            }
            Self::Audience(_) => {
                "an edit only takes away, and this grant does not reach all of these resources: give a new one"
            }
            Self::Expiry(_) => "an edit only takes away, and this grant ends before: give a new one",
            Self::Depth(_) => "an edit only takes away, and this grant may not be handed on that often: give a new one",
        }
    }
}

impl Authority {
    /// The authority of a root: what an administrator or a person gives. Everything else comes from [`Self::narrow`].
    pub fn root(ask: Ask) -> Self {
        Self {
            scopes: ask.scopes,
            details: ask.details,
            powers: ask.powers,
            audiences: ask.audiences,
            expires: ask.expires,
            depth: ask.depth.min(DEPTH_MAX),
        }
    }

    /// The only way to derive authority: what was asked, if all of it lies within `self`. What is less of a detail its type says, as it is registered now; of a type that
    /// is gone nothing is less, nor the same. Which class of data is more secret than which the tenant's order says.
    pub fn narrow(&self, ask: &Ask, types: &Types, order: &DataClasses) -> Result<Self, Excess> {
        self.reaches(&ask.scopes, &ask.audiences)?;
        if !types.within(&ask.details, &self.details) {
            return Err(Excess::Detail);
        }
        // Where the parent says nothing of capabilities, a child's powers are limits to what its scopes and details give, and give nothing themselves.
        if !self.powers.is_empty() && !ask.powers.within(&self.powers, order) {
            return Err(Excess::Power(ask.powers.beyond(&self.powers, order)));
        }
        let expires = self.end_by(ask.expires)?;
        if self.depth == 0 || ask.depth >= self.depth {
            return Err(Excess::Depth(self.depth.saturating_sub(1)));
        }
        Ok(Self {
            scopes: ask.scopes.clone(),
            details: ask.details.clone(),
            powers: if ask.powers.is_empty() {
                self.powers.clone() // who asks for none keeps the limits
            } else {
                ask.powers.clone()
            },
            audiences: ask.audiences.clone(),
            expires,
            depth: ask.depth,
        })
    }

    /// What is left of it when somebody takes from it: never more than before, in no dimension. What lies within what is asked as [`Self::narrow`] asks it, except that an edit is no
    /// step down and that a limit nobody states stays.
    pub fn edited(&self, less: &Less, types: &Types, order: &DataClasses) -> Result<Self, Excess> {
        let scopes = less.scopes.as_ref().unwrap_or(&self.scopes);
        let audiences = less.audiences.as_ref().unwrap_or(&self.audiences);
        self.reaches(scopes, audiences)?;
        let details = match &less.details {
            Some(details) if !types.within(details, &self.details) => return Err(Excess::Detail),
            Some(details) => details,
            None => &self.details,
        };
        let powers = match &less.powers {
            Some(powers) => {
                let left = self.powers.edited(powers, order);
                left.ok_or_else(|| Excess::Power(powers.beyond(&self.powers, order)))?
            }
            None => self.powers.clone(),
        };
        let depth = less.depth.unwrap_or(self.depth);
        if depth > self.depth {
            return Err(Excess::Depth(self.depth));
        }
        Ok(Self {
            scopes: scopes.clone(),
            details: details.clone(),
            powers,
            audiences: audiences.clone(),
            expires: self.end_by(less.expires)?,
            depth,
        })
    }

    /// What of it its parent has too, now. Powers are not among it: each node of a path is asked for its own, and its own are charged.
    #[must_use]
    pub fn met_with(&self, parent: &Self, types: &Types) -> Self {
        Self {
            scopes: self.scopes.shared_with(parent.scopes.iter()),
            details: types.part_within(&self.details, &parent.details),
            audiences: self.audiences.intersection(&parent.audiences).cloned().collect(),
            depth: self.depth.min(parent.depth.saturating_sub(1)),
            ..self.met_in_time_with(parent)
        }
    }

    /// The same where the parent was never edited: what it gave lies within it, and only its end may be nearer.
    #[must_use]
    pub(crate) fn met_in_time_with(&self, parent: &Self) -> Self {
        let ends = [self.expires, parent.expires];
        Self {
            expires: ends.into_iter().flatten().min(),
            ..self.clone()
        }
    }

    fn reaches(&self, scopes: &Scopes, audiences: &BTreeSet<Audience>) -> Result<(), Excess> {
        if !self.scopes.covers(scopes) {
            return Err(Excess::Scope(scopes.without(&self.scopes)));
        }
        let beyond = audiences.difference(&self.audiences).next();
        beyond.map_or(Ok(()), |beyond| Err(Excess::Audience(beyond.clone())))
    }

    /// The end of what lasts at most as long.
    fn end_by(&self, wanted: Option<Time>) -> Result<Option<Time>, Excess> {
        match (self.expires, wanted) {
            (Some(end), Some(wanted)) if wanted > end => Err(Excess::Expiry(end)),
            (end, None) => Ok(end),
            (_, wanted) => Ok(wanted),
        }
    }

    /// The scope tokens.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The details.
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// What it allows of each capability.
    pub fn powers(&self) -> &Powers {
        &self.powers
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
    use proof::json::Object;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        detail::Detail,
        power::{Last, Power, arbitrary},
        vectors,
    };

    fn audience(n: u8) -> Audience {
        match n {
            0 => Audience::Issuer,
            n => Audience::Resource(ResourceUri::parse(&format!("https://r{n}.example/api")).unwrap()),
        }
    }

    fn ask(scopes: &str, places: &[u8], expires: Option<i64>, depth: u8) -> Ask {
        Ask {
            scopes: Scopes::parse(scopes).unwrap(),
            details: Details::default(),
            powers: Powers::default(),
            audiences: places.iter().copied().map(audience).collect(),
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
            arbitrary::powers(),
            proptest::collection::vec("[abc]", 0..4),
            proptest::collection::vec(0_u8..4, 0..4),
            proptest::option::of(0_i64..5),
            0_u8..5,
        )
            .prop_map(|(details, powers, scopes, places, expires, depth)| Ask {
                details,
                powers,
                ..ask(&scopes.join(" "), &places, expires, depth)
            })
    }

    fn arbitrary_less() -> impl Strategy<Value = Less> {
        (
            arbitrary_ask(),
            proptest::collection::vec(proptest::bool::weighted(0.4), 6),
        )
            .prop_map(|(ask, of)| Less {
                scopes: of[0].then_some(ask.scopes),
                details: of[1].then_some(ask.details),
                powers: of[2].then_some(ask.powers),
                audiences: of[3].then_some(ask.audiences),
                expires: ask.expires.filter(|_| of[4]),
                depth: of[5].then_some(ask.depth),
            })
    }

    proptest! {
        #[test]
        fn no_sequence_of_narrowings_ever_exceeds_an_ancestor(
            root in arbitrary_ask(), asks in proptest::collection::vec(arbitrary_ask(), 0..8), inputs in proptest::collection::vec(arbitrary::input(), 8),
        ) {
            let mut chain = vec![Authority::root(root)];
            for ask in &asks {
                if let Ok(child) = chain.last().unwrap().narrow(ask, &types(), &DataClasses::default()) {
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
                for power in last.powers().iter().filter(|_| !ancestor.powers().is_empty()) {
                    let admits = |power: &Power, input: &Object| power.constraints.hold(input, &Last::default(), Time::from_unix(0), &DataClasses::default()).is_ok();
                    let near = inputs.iter().enumerate().map(|(n, input)| arbitrary::toward(&power.constraints, &Last::default(), input.clone(), n));
                    for input in near.filter(|input| admits(power, input)) {
                        prop_assert!(ancestor.powers().of(&power.capability).any(|other| admits(other, &input)));
                    }
                    prop_assert!(ancestor.powers().of(&power.capability).any(|other| power.limits.within(&other.limits)));
                }
                if let Some(end) = ancestor.expires() {
                    prop_assert!(last.expires().is_some_and(|own| own <= end));
                }
            }
        }

        #[test]
        fn no_sequence_of_edits_ever_gives_more(
            root in arbitrary_ask(), edits in proptest::collection::vec(arbitrary_less(), 1..6), inputs in proptest::collection::vec(arbitrary::input(), 4),
        ) {
            let before = Authority::root(root);
            let mut after = before.clone();
            for less in &edits {
                if let Ok(edited) = after.edited(less, &types(), &DataClasses::default()) {
                    after = edited;
                }
            }
            prop_assert!(before.scopes().covers(after.scopes()));
            prop_assert!(after.audiences().is_subset(before.audiences()));
            prop_assert!(after.depth() <= before.depth());
            prop_assert!(before.expires().is_none_or(|end| after.expires().is_some_and(|own| own <= end)));
            let untouched = after.details() == before.details();
            prop_assert!(untouched || types().within(after.details(), before.details()));
            if !before.powers().is_empty() {
                prop_assert!(!after.powers().is_empty(), "a grant that has powers never loses the last of them");
                for name in after.powers().iter().map(|power| &power.capability) {
                    for (place, power) in after.powers().of(name).enumerate() {
                        let own = before.powers().of(name).nth(place);
                        prop_assert!(own.is_some(), "in its place");
                        let own = own.unwrap();
                        prop_assert!(power.limits.within(&own.limits));
                        prop_assert_eq!(power.limits.or_those_of(&own.limits), power.limits.clone(), "no limit is dropped");
                        let admits = |power: &Power, input: &Object| power.constraints.hold_alone(input, &DataClasses::default());
                        let near = inputs.iter().enumerate().map(|(n, input)| arbitrary::toward(&power.constraints, &Last::default(), input.clone(), n));
                        for input in near.filter(|input| admits(power, input)) {
                            prop_assert!(admits(own, &input));
                        }
                    }
                }
            }
        }

        #[test]
        fn asking_within_bounds_is_always_answered_with_exactly_that(root in arbitrary_ask()) {
            let parent = Authority::root(root.clone());
            let child = parent.narrow(&Ask { depth: 0, ..root.clone() }, &types(), &DataClasses::default());
            let gone = root.details.iter().any(|detail| detail.kind().as_str() == "gone");
            prop_assert_eq!(child.is_ok(), root.depth > 0 && !gone);
        }
    }

    #[test]
    fn each_dimension_has_its_own_refusal() {
        let parent = Authority::root(Ask {
            powers: Powers::read(&json!([{ "action": "read_profile" }])).unwrap(),
            ..ask("a b", &[0, 1], Some(100), 2)
        });
        let cases = [
            (ask("a", &[1], Some(100), 1), Ok(())),
            (ask("a", &[1], None, 0), Ok(())),
            (ask("c", &[1], None, 0), Err(Excess::Scope(Scopes::one("c")))),
            (ask("a", &[2], None, 0), Err(Excess::Audience(audience(2)))),
            (ask("a", &[1], Some(101), 0), Err(Excess::Expiry(Time::from_unix(100)))),
            (ask("a", &[1], None, 2), Err(Excess::Depth(1))),
            (
                Ask {
                    details: Details::parse(r#"[{"type":"pay"}]"#).unwrap(),
                    ..ask("a", &[1], None, 0)
                },
                Err(Excess::Detail),
            ),
            (
                Ask {
                    powers: Powers::read(&json!([{ "action": "purchase" }])).unwrap(),
                    ..ask("a", &[1], None, 0)
                },
                Err(Excess::Power("purchase".to_owned())),
            ),
        ];
        for (wanted, expected) in cases {
            assert_eq!(
                parent.narrow(&wanted, &types(), &DataClasses::default()).map(|_| ()),
                expected,
                "{wanted:?}"
            );
        }
        assert_eq!(
            parent
                .narrow(&ask("", &[], None, 0), &types(), &DataClasses::default())
                .unwrap()
                .expires(),
            Some(Time::from_unix(100)),
            "no end asked: the parent's"
        );
        assert_eq!(
            parent
                .narrow(&ask("", &[], None, 0), &types(), &DataClasses::default())
                .unwrap()
                .narrow(&ask("", &[], None, 0), &types(), &DataClasses::default()),
            Err(Excess::Depth(0))
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
