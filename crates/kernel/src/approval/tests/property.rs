//! That no sequence of transitions reaches what it must not.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Claim(u8),
    AskBack(u8),
    Clarify,
    Approve(u8),
    ApproveWhatWasAsked(u8),
    Deny(u8),
    Cancel,
    Expire,
    Redeem,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..4).prop_map(Step::Claim),
        (0_u8..4).prop_map(Step::AskBack),
        Just(Step::Clarify),
        (0_u8..4).prop_map(Step::Approve),
        (0_u8..4).prop_map(Step::Approve),
        (0_u8..4).prop_map(Step::ApproveWhatWasAsked),
        (0_u8..4).prop_map(Step::Deny),
        Just(Step::Cancel),
        Just(Step::Expire),
        Just(Step::Redeem),
    ]
}

fn name(n: u8) -> UserId {
    id(&format!("p{n}"))
}

proptest! {
    #[test]
    fn no_sequence_reaches_a_yes_without_the_quorum_or_fetches_twice_or_leaves_an_end(
        quorum in 1_u8..4,
        by_code in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..24),
    ) {
        let first = if by_code { of_device(&json!({})) } else { row(&json!({ "quorum": quorum })) };
        let mut approval = first.clone();
        let mut redeemed = 0;
        for step in steps {
            let before = approval.clone();
            let after = match step {
                Step::Claim(n) => approval.clone().claim(&name(n)),
                Step::AskBack(n) => approval.clone().ask_back(&name(n), "?", at().now),
                Step::Clarify => approval.clone().clarify("!"),
                Step::Approve(n) => {
                    let yes = yes(name(n).as_str(), &approval);
                    approval.clone().approve(yes, |_| Gift::New(id("g")))
                }
                Step::ApproveWhatWasAsked(n) => {
                    let yes = yes(name(n).as_str(), &first);
                    approval.clone().approve(yes, |_| Gift::New(id("g")))
                }
                Step::Deny(n) => approval.clone().deny(&name(n), presence(), at().now),
                Step::Cancel => approval.clone().cancel(at().now),
                Step::Expire => approval.clone().expire(at().now),
                Step::Redeem => approval.clone().redeem(at().now),
            };
            let Ok(after) = after else { continue };
            prop_assert!(!before.state.is_end(), "left an end: {:?}", before.state);
            prop_assert_eq!(after.epoch, before.epoch.saturating_add(1));
            if after.state.is_end() {
                prop_assert_eq!(after.state.yes(), before.state.yes(), "whoever said yes did, whatever came of it");
            }
            let kept = State::from_row(after.state.name(), &after.state.row().to_string());
            prop_assert_eq!(kept.as_ref(), Some(&after.state), "as a row keeps it");
            redeemed = i32::from(matches!(after.state, State::Redeemed { .. })).saturating_add(redeemed);
            approval = after;
            if let State::Approved { yes, .. } | State::Redeemed { yes, .. } = &approval.state {
                let people: BTreeSet<&str> = yes.iter().map(|yes| yes.by.as_str()).collect();
                prop_assert!(people.len() >= usize::from(approval.whom.quorum()));
                prop_assert!(yes.iter().all(|yes| yes.payload_hash == approval.payload_hash), "a yes to something else");
                prop_assert!(approval.whom != Whom::WhoeverHasTheCode);
            }
        }
        prop_assert!(redeemed <= 1);
    }
}
