//! A slice says what the full set says: the index loses nothing (decision 21).

use std::collections::HashSet;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request};
use proptest::prelude::*;

use super::*;
use crate::Answer;

const USERS: [&str; 3] = ["u0", "u1", "u2"];
const GROUPS: [&str; 4] = ["g0", "g1", "g2", "g3"];

/// A policy's head: who, and the rest of it.
#[derive(Clone, Debug)]
struct Head {
    forbid: bool,
    principal: String,
    action: bool,
    condition: usize,
}

fn head() -> impl Strategy<Value = Head> {
    let user = prop::sample::select(&USERS[..]).prop_map(|id| format!("principal == User::\"{id}\""));
    let group = prop::sample::select(&GROUPS[..]).prop_map(|id| format!("principal in Group::\"{id}\""));
    let is_in = prop::sample::select(&GROUPS[..]).prop_map(|id| format!("principal is User in Group::\"{id}\""));
    let principal = prop_oneof![
        Just("principal".to_owned()),
        Just("principal is User".to_owned()),
        Just("principal is Client".to_owned()),
        Just("principal in User::\"u0\"".to_owned()), // whoever is in a user: the user too
        user,
        group,
        is_in
    ];
    (prop::bool::weighted(0.2), principal, any::<bool>(), 0..CONDITIONS.len()).prop_map(
        |(forbid, principal, action, condition)| Head {
            forbid,
            principal,
            action,
            condition,
        },
    )
}

/// Holds, does not, depends, fails.
const CONDITIONS: [&str; 4] = [
    "",
    " when { context.hour == 3 }",
    " when { principal in Group::\"g1\" }",
    " when { context.now + 9223372036854775807 > 0 }",
];

impl Head {
    fn text(&self, n: usize) -> String {
        let effect = if self.forbid { "forbid" } else { "permit" };
        let action = if self.action {
            "action"
        } else {
            "action == Action::\"purchase\""
        };
        let Self {
            principal, condition, ..
        } = self;
        format!(
            "@id(\"p{n}\")\n{effect}({principal}, {action}, resource){};\n",
            CONDITIONS[*condition]
        )
    }
}

/// What the user is in.
fn memberships() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..GROUPS.len(), 0..3)
}

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().unwrap();
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn a_slice_says_what_all_policies_say(
        heads in prop::collection::vec(head(), 0..12),
        user in prop::sample::select(&USERS[..]),
        memberships in memberships(),
    ) {
        let text: String = heads.iter().enumerate().map(|(n, head)| head.text(n)).collect();
        let compiled = policies(&text);
        let principal = Entity {
            parents: memberships.iter().map(|at| EntityName::new("Group", GROUPS[*at])).collect(),
            ..Entity::named("User", user)
        };
        let sliced = said(&compiled, &principal, "read_profile", None);

        // Cedar itself, with everything at once.
        let full: PolicySet = text.parse().unwrap();
        let named = |id: &cedar_policy::PolicyId| full.annotation(id, "id").unwrap().to_owned();
        let parents: HashSet<EntityUid> = memberships.iter().map(|at| uid("Group", GROUPS[*at])).collect();
        let entities = Entities::from_entities([cedar_policy::Entity::new_no_attrs(uid("User", user), parents)], None).unwrap();
        let context = json!({ "now": NOW, "hour": 9, "weekday": 4, "risk": { "unusual_hour": false, "velocity": 0 } });
        let request = Request::new(
            uid("User", user),
            uid("Action", "read_profile"),
            uid("Resource", "https://shop.example"),
            Context::from_json_value(context, None).unwrap(),
            None,
        ).unwrap();
        let response = Authorizer::new().is_authorized(&request, &full, &entities);
        let mut reasons: Vec<String> = response.diagnostics().reason().map(named).collect();
        reasons.sort_unstable();
        let failed_forbids = response.diagnostics().errors().any(|error| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            full.policy(error.policy_id()).unwrap().effect() == cedar_policy::Effect::Forbid
        });
        match (response.decision(), failed_forbids) {
            (_, true) => prop_assert_eq!(sliced.answer, Answer::Forbid), // ours: what could not forbid forbids
            (Decision::Allow, false) => {
                prop_assert_eq!(sliced.answer, Answer::Permit);
                prop_assert_eq!(sliced.decided, reasons, "every permit that holds: their demands add up");
            }
            (Decision::Deny, false) if reasons.is_empty() => prop_assert_eq!(sliced.answer, Answer::Silence),
            (Decision::Deny, false) => {
                prop_assert_eq!(sliced.answer, Answer::Forbid);
                prop_assert_eq!(sliced.decided, reasons);
            }
        }
        prop_assert!(sliced.looked_at <= compiled.len());
    }
}

#[test]
fn what_is_looked_at_does_not_grow_with_policies_for_others() {
    let others = |n: usize| {
        let one = |n| format!("@id(\"p{n}\") permit(principal == User::\"other{n}\", action, resource);");
        (0..n).map(one).collect::<Vec<_>>().join("\n")
    };
    let own = "@id(\"own\") permit(principal in Role::\"buyer\", action, resource);\n@id(\"never\") forbid(principal is Client, action, resource);\n";
    let looked_at = [10, 1_000].map(|n| said(&policies(&(others(n) + own)), &alice(), "read_profile", None).looked_at);
    assert_eq!(looked_at, [2, 2]);
}
