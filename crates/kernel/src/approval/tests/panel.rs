//! Several groups that are asked together: enough different people of each, and nobody stands for two.

use proptest::prelude::*;

use super::{
    answered::{approve, loaded, made, refusal},
    *,
};
use crate::{policy::Approvers, why::Why};

fn panel(groups: &[(&str, u8)]) -> Panel {
    let asked = groups.iter().map(|(group, quorum)| Approvers {
        group: (*group).to_owned(),
        quorum: *quorum,
    });
    Panel::demanded(&asked.collect()).unwrap()
}

fn members(groups: &[&str]) -> BTreeSet<GroupId> {
    groups.iter().map(|group| id(group)).collect()
}

/// What a machine asked one of finance and one of security.
fn asked(state: &[(&str, &[&str])]) -> Approval {
    let mut approval = Approval {
        whom: Whom::Members(panel(&[("finance", 1), ("security", 1)])),
        ..row(&json!({}))
    };
    for (who, of) in state {
        let yes = Yes {
            of: members(of),
            ..yes(who, &approval)
        };
        approval = approval.approve(yes, |_| Gift::New(id("given"))).unwrap();
    }
    approval
}

#[test]
fn one_of_each_group_says_yes_and_nobody_for_two() {
    let both: &[&str] = &["finance", "security"];
    for (people, name, taken) in [
        (vec![("ann", both)], "partly_approved", [1, 0]),
        (
            vec![("ann", &["finance"][..]), ("bob", &["security"])],
            "approved",
            [1, 1],
        ),
        (vec![("ann", both), ("bob", &["finance"])], "approved", [1, 1]), // ann counts for security then
        (vec![("ann", both), ("bob", &["security"])], "approved", [1, 1]),
        (vec![("ann", both), ("bob", both)], "approved", [1, 1]),
    ] {
        let approval = asked(&people);
        let seats: Vec<usize> = approval.seats().iter().map(|seats| seats.yes).collect();
        assert_eq!(
            (approval.state.name(), seats.as_slice()),
            (name, &taken[..]),
            "{people:?}"
        );
    }
    let approval = asked(&[("ann", &["finance"])]);
    let colleague = Yes {
        of: members(&["finance"]),
        ..yes("cleo", &approval)
    };
    assert_eq!(
        approval.approve(colleague, |_| Gift::New(id("given"))).unwrap_err(),
        Unfit::Enough
    );
}

#[test]
fn who_comes_second_of_one_group_can_say_no_and_hears_why_yes_is_not_theirs() {
    let facts = loaded(asked(&[("ann", &["finance"])]), &json!({}));
    let cleo = person("cleo", &["finance"]);
    assert_eq!(view(&cleo, &facts, &at()).unwrap().open, Open::EnoughOfTheirs);
    assert_eq!(
        refusal(&answer(&approve(&facts, ""), &cleo, &facts, &at())),
        &Why::AlreadyAnswered
    );
    let no = answer(&Said::Deny, &cleo, &facts, &at());
    assert_eq!(advanced(&no).unwrap().state.name(), "denied");

    let bob = person("bob", &["security", "sales"]);
    assert_eq!(view(&bob, &facts, &at()).unwrap().open, Open::YesOrNo);
    let yes = answer(&approve(&facts, ""), &bob, &facts, &at());
    assert!(made(&yes).is_some());
    assert_eq!(advanced(&yes).unwrap().state.yes()[1].of, members(&["security"]));
    assert_eq!(
        view(&person("eve", &["sales"]), &facts, &at()).unwrap_err(),
        Why::Absent("approval")
    );
}

#[test]
fn who_moved_between_groups_keeps_nobody_else_from_counting() {
    let said = asked_with_two();
    let moved = |groups: &[&str]| people::user(&json!({ "id": "ann", "groups": groups }));
    let of_finance = people::user(&json!({ "id": "bob", "groups": ["finance"] }));
    // Ann was of both and stood for security; she is of finance alone now, where bob stands already.
    let facts = Facts {
        people: vec![moved(&["finance"]), of_finance],
        ..loaded(said, &json!({}))
    };
    let cleo = person("cleo", &["security"]);
    assert_eq!(view(&cleo, &facts, &at()).unwrap().open, Open::YesOrNo);
    let yes = answer(&approve(&facts, ""), &cleo, &facts, &at());
    assert_eq!(advanced(&yes).unwrap().state.name(), "approved");
}

/// One of each is asked, and the row waits still; ann, of both, and bob, of finance, said yes.
fn asked_with_two() -> Approval {
    let mut approval = Approval {
        whom: Whom::Members(panel(&[("finance", 1), ("security", 1)])),
        ..row(&json!({}))
    };
    approval.state = State::PartlyApproved {
        yes: [("ann", &["finance", "security"][..]), ("bob", &["finance"])]
            .into_iter()
            .map(|(who, of)| Yes {
                of: members(of),
                ..yes(who, &approval)
            })
            .collect(),
    };
    approval
}

#[test]
fn several_groups_are_one_row() {
    let approval = asked(&[("ann", &["finance", "security"])]);
    let (kind, who) = (approval.whom.kind(), approval.whom.who());
    assert_eq!(
        (kind, who.as_ref(), approval.whom.quorum()),
        ("groups", "finance=1 security=1", 2)
    );
    assert_eq!(Whom::from_row(kind, &who, 2), Some(approval.whom.clone()));
    let state = approval.state.row().to_string();
    assert_eq!(
        State::from_row(approval.state.name(), &state),
        Some(approval.state.clone())
    );
    for bad in [
        "",
        "finance",
        "finance=1",
        "finance=0 security=1",
        "finance=1  security=1",
        "finance=x security=1",
    ] {
        assert_eq!(Whom::from_row("groups", bad, 2), None, "{bad}");
    }
    let mut other = approval.clone();
    other.whom = Whom::Members(panel(&[("finance", 2), ("security", 1)]));
    assert_ne!(
        other.twin(),
        approval.twin(),
        "the same question to more people is another"
    );
}

/// The most people who can sit, by trying everything.
fn most(seats: &[(usize, u8)], people: &[Vec<usize>]) -> usize {
    let Some((first, rest)) = people.split_first() else {
        return 0;
    };
    let standing = most(seats, rest);
    let sitting = first.iter().filter_map(|group| {
        let mut left = seats.to_vec();
        let seat = left.iter_mut().find(|(name, free)| name == group && *free > 0)?;
        seat.1 = seat.1.saturating_sub(1);
        Some(most(&left, rest).saturating_add(1))
    });
    sitting.max().unwrap_or(0).max(standing)
}

proptest! {
    #[test]
    fn as_many_count_as_can(
        quorums in prop::collection::vec(1_u8..3, 2..5),
        people in prop::collection::vec(prop::collection::vec(0_usize..5, 0..4), 0..7),
    ) {
        let name = |group: usize| format!("g{group}");
        let seats: Vec<(usize, u8)> = quorums.iter().copied().enumerate().collect();
        let named: Vec<(String, u8)> = seats.iter().map(|(group, quorum)| (name(*group), *quorum)).collect();
        let panel = panel(&named.iter().map(|(group, quorum)| (group.as_str(), *quorum)).collect::<Vec<_>>());
        let of: Vec<BTreeSet<GroupId>> = people.iter().map(|groups| groups.iter().map(|group| id(&name(*group))).collect()).collect();
        let seated = panel.seated(&of.iter().collect::<Vec<_>>());
        prop_assert_eq!(seated.values().sum::<usize>(), most(&seats, &people));
        for (group, quorum) in panel.iter() {
            prop_assert!(seated[group] <= usize::from(quorum));
        }
    }
}
