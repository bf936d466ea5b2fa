//! Which grants live, and what a path allows after edits.

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*, sample, sample::Index};
use serde_json::json;

use super::*;
use crate::{
    authority::{Ask, Less},
    vectors,
};

fn node(id: &str, parent: Option<&str>, status: Status, expires: Option<i64>) -> Grant {
    let ask = Ask {
        scopes: Scopes::default(),
        details: crate::Details::default(),
        powers: crate::power::Powers::default(),
        audiences: BTreeSet::new(),
        expires: expires.map(Time::from_unix),
        depth: 3,
    };
    Grant {
        id: GrantId::parse(id).unwrap(),
        holder: Holder::Client(ClientId::parse("c").unwrap()),
        subject: Subject::Nobody,
        authority: Authority::root(ask),
        parent: parent.and_then(GrantId::parse),
        source: Source::Administrator(AdministratorId::parse("a").unwrap()),
        status,
        epoch: 0,
        created: Time::from_unix(0),
        terms: Terms::default(),
        signs: Signs::default(),
    }
}

#[test]
fn a_grant_dies_with_any_ancestor() {
    let now = Time::from_unix(50);
    let revoked = Status::Revoked {
        at: Time::from_unix(10),
    };
    let active = Status::Active;
    let root = |status, end| node("r", None, status, end);
    let middle = |status, end| node("m", Some("r"), status, end);
    let leaf = |status, end| node("l", Some("m"), status, end);
    let cases = [
        (
            vec![leaf(active, None), middle(active, None), root(active, None)],
            true,
            "all live",
        ),
        (
            vec![leaf(active, None), middle(active, None), root(revoked, None)],
            false,
            "root revoked",
        ),
        (
            vec![leaf(active, None), middle(revoked, None), root(active, None)],
            false,
            "middle revoked",
        ),
        (
            vec![leaf(revoked, None), middle(active, None), root(active, None)],
            false,
            "leaf revoked",
        ),
        (
            vec![leaf(active, None), middle(active, Some(50)), root(active, None)],
            false,
            "expiry is the first second it no longer counts",
        ),
        (
            vec![leaf(active, None), middle(active, Some(51)), root(active, None)],
            true,
            "one second left",
        ),
        (
            vec![leaf(active, None), middle(active, None)],
            false,
            "an incomplete path fails closed",
        ),
        (
            vec![leaf(active, None), root(active, None)],
            false,
            "a gap in the path fails closed",
        ),
        (vec![], false, "no path fails closed"),
    ];
    for (path, expected, claim) in cases {
        assert_eq!(lives(&path, now), expected, "{claim}");
    }
}

/// Scopes of four, places of three, one payment of at most so many, one capability of at most so many.
#[derive(Clone, Debug)]
struct Has {
    scopes: Vec<&'static str>,
    places: Vec<&'static str>,
    amounts: Vec<i64>,
    most: Option<i64>,
    ends: Option<i64>,
}

fn has() -> impl Strategy<Value = Has> {
    let places = sample::subsequence(
        vec!["https://a.example", "https://b.example", "https://c.example"],
        1..4,
    );
    (
        sample::subsequence(vec!["one", "two", "three", "four"], 0..5),
        places,
        vec(1_i64..9, 0..3),
        option::of(1_i64..9),
        option::of(100_i64..110),
    )
        .prop_map(|(scopes, places, amounts, most, ends)| Has {
            scopes,
            places,
            amounts,
            most,
            ends,
        })
}

impl Has {
    fn details(&self) -> Details {
        let items = self.amounts.iter().enumerate();
        let items = items.map(|(n, amount)| json!({ "type": "purchase", "amount": amount, "payee": n }));
        Details::of(items.collect()).unwrap_or_default()
    }

    fn powers(&self) -> Powers {
        let power = |most: &i64| json!({ "action": "purchase", "constraints": [{ "field": "amount", "op": "max", "value": most }] });
        Powers::read(&self.most.iter().map(power).collect()).unwrap()
    }

    fn audiences(&self) -> BTreeSet<Audience> {
        let places = self.places.iter().map(|place| Audience::from_row(place).unwrap());
        places.collect()
    }

    fn ask(&self, depth: u8) -> Ask {
        Ask {
            scopes: Scopes::parse(&self.scopes.join(" ")).unwrap(),
            details: self.details(),
            powers: self.powers(),
            audiences: self.audiences(),
            expires: self.ends.map(Time::from_unix),
            depth,
        }
    }

    /// An edit of the dimensions that are named.
    fn less(&self, named: &[bool]) -> Less {
        let ask = self.ask(0);
        Less {
            scopes: named[0].then_some(ask.scopes),
            details: named[1].then_some(ask.details),
            powers: named[2].then_some(ask.powers),
            audiences: named[3].then_some(ask.audiences),
            expires: ask.expires.filter(|_| named[4]),
            depth: None,
        }
    }
}

fn types() -> Types {
    let kind = json!({ "type": "purchase", "words": { "en": "pay" }, "narrowing": { "amount": "at_most" } });
    Types::of([vectors::details::kind(&kind)])
}

fn policy() -> Policy {
    Policy::built_in()
}

/// What a token said when it was issued.
#[derive(Clone, Debug)]
struct Token {
    audience: Audience,
    scopes: Scopes,
    details: Details,
}

proptest! {
    /// A path of grants, made by narrowing; tokens that it gives at some time; and edits of any node at any time. However they follow each other, a token that counts says no more
    /// than each node of its path has now, and what the path allows is no more than what each of them has.
    #[test]
    fn after_any_edits_no_token_says_more_than_every_node_of_its_path_has_now(
        root in has(),
        children in vec(has(), 0..3),
        edits in vec((any::<Index>(), has(), vec(any::<bool>(), 5)), 1..8),
    ) {
        let (types, policy, now) = (types(), policy(), Time::from_unix(50));
        let mut path = vec![Grant { authority: Authority::root(root.ask(5)), ..node("g0", None, Status::Active, None) }];
        for child in &children {
            let parent = path[0].clone();
            let ask = child.ask(parent.authority.depth().saturating_sub(1));
            // What does not lie within its parent is cut down to it: most of what chance makes would be refused.
            let ask = Ask {
                scopes: ask.scopes.shared_with(parent.authority.scopes().iter()),
                audiences: ask.audiences.intersection(parent.authority.audiences()).cloned().collect(),
                details: types.part_within(&ask.details, parent.authority.details()),
                expires: ask.expires.min(parent.authority.expires()).or(parent.authority.expires()),
                ..ask
            };
            if let Ok(authority) = parent.authority.narrow(&ask, &types, &DataClasses::default()) {
                let id = format!("g{}", path.len());
                path.insert(0, Grant { authority, ..node(&id, Some(parent.id.as_str()), Status::Active, None) });
            }
        }
        let mut tokens: Vec<Token> = Vec::new();
        for edit in std::iter::once(None).chain(edits.iter().map(Some)) {
            if let Some((which, to, named)) = edit {
                let at = which.index(path.len());
                let less = to.less(named);
                if let Ok(authority) = path[at].authority.edited(&less, &types, &DataClasses::default()) {
                    let narrowed = Narrowed { id: path[at].id.clone(), from_epoch: path[at].epoch, authority, terms: Terms::default() };
                    path[at] = narrowed.after(&path[at]);
                }
            }
            prop_assert!(lives(&path, now));
            let allowed = allowed(&path, &types).unwrap().into_owned();
            for node in &path {
                prop_assert!(node.authority.scopes().covers(allowed.scopes()));
                prop_assert!(allowed.audiences().is_subset(node.authority.audiences()));
                prop_assert!(node.authority.expires().is_none_or(|end| allowed.expires().is_some_and(|own| own <= end)));
                prop_assert!(allowed.details().is_empty() || types.within(allowed.details(), node.authority.details()));
            }
            for audience in allowed.audiences() {
                let holds = |detail: &Detail| {
                    let input = input_of(detail);
                    let within = |powers: &Powers| powers.is_empty() || powers.iter().any(|power| power.constraints.hold_alone(&input, &DataClasses::default()));
                    path.iter().all(|node| within(node.authority.powers()))
                };
                let admitted: Vec<bool> = allowed.details().iter().map(holds).collect();
                let token = Token { audience: audience.clone(), scopes: allowed.scopes().clone(), details: allowed.details().keeping(|place| admitted[place]) };
                let Token { audience, scopes, details } = &token;
                prop_assert!(all_have(&path, audience, scopes, details, &types, &policy), "what is issued now counts now");
                tokens.push(token);
            }
            for Token { audience, scopes, details } in &tokens {
                if !all_have(&path, audience, scopes, details, &types, &policy) {
                    continue;
                }
                for node in path.iter().filter(|node| node.epoch > 0) {
                    prop_assert!(node.authority.scopes().covers(scopes));
                    prop_assert!(node.authority.audiences().contains(audience));
                    let amount = |detail: &Detail| detail.body()["amount"].as_i64().unwrap();
                    for detail in details {
                        let most = node.authority.powers().iter().map(crate::power::Power::words).next();
                        let bounded = most.is_none_or(|words| (1..9).filter(|n| words.contains(&format!("at most {n}"))).all(|n| amount(detail) <= n));
                        prop_assert!(bounded, "no detail beyond the node's power");
                        let by_power = path.iter().all(|node| !node.authority.powers().is_empty());
                        let by_detail = node.authority.details().iter().any(|own| own.body()["payee"] == detail.body()["payee"] && amount(detail) <= amount(own));
                        prop_assert!(by_power || by_detail);
                    }
                }
            }
        }
    }
}

#[test]
fn an_edit_of_an_ancestor_takes_from_its_subtree_without_touching_it() {
    let has = |scopes: &[&'static str], places: &[&'static str]| Has {
        scopes: scopes.to_vec(),
        places: places.to_vec(),
        amounts: Vec::new(),
        most: None,
        ends: None,
    };
    let (a, b) = ("https://a.example", "https://b.example");
    let root = Grant {
        authority: Authority::root(has(&["one", "two"], &[a, b]).ask(2)),
        ..node("r", None, Status::Active, None)
    };
    let ask = has(&["one", "two"], &[a, b]).ask(1);
    let leaf = Grant {
        authority: root.authority.narrow(&ask, &types(), &DataClasses::default()).unwrap(),
        ..node("l", Some("r"), Status::Active, None)
    };
    let place = Audience::from_row(b).unwrap();
    let both = Scopes::parse("one two").unwrap();
    let none = Details::default();
    let before = [leaf.clone(), root.clone()];
    assert!(all_have(&before, &place, &both, &none, &types(), &policy()));
    let cases: [(Less, &str, usize, Option<i64>); 3] = [
        (
            Less {
                scopes: Some(Scopes::one("two")),
                ..Less::default()
            },
            "two",
            2,
            None,
        ),
        (
            Less {
                audiences: Some([Audience::from_row(a).unwrap()].into()),
                ..Less::default()
            },
            "one two",
            1,
            None,
        ),
        (
            Less {
                expires: Some(Time::from_unix(90)),
                ..Less::default()
            },
            "one two",
            2,
            Some(90),
        ),
    ];
    for (less, scope, places, ends) in cases {
        let narrowed = Narrowed {
            id: root.id.clone(),
            from_epoch: 0,
            authority: root.authority.edited(&less, &types(), &DataClasses::default()).unwrap(),
            terms: Terms::default(),
        };
        let path = [leaf.clone(), narrowed.after(&root)];
        let allowed = allowed(&path, &types()).unwrap();
        assert_eq!(allowed.scopes().joined(), scope, "{less:?}");
        assert_eq!(allowed.audiences().len(), places, "{less:?}");
        assert_eq!(allowed.expires(), ends.map(Time::from_unix), "{less:?}");
        let counts = all_have(&path, &place, &both, &none, &types(), &policy());
        assert_eq!(counts, scope == "one two" && places == 2, "{less:?}");
        assert_eq!(path[1].epoch, 1, "what relied on the epoch of before is lost");
    }
    assert!(super::allowed(&[], &types()).is_none(), "no path allows nothing");
}
