//! What is less than what, from the texts alone: whatever the child's constraints admit, the parent's admit too. Where that is not plain it is denied.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Constraint, Constraints, DataClasses, Decimal, Measure, Scalar,
    constraint::{Bound, Change, Test},
};

impl Constraints {
    /// Whether these admit nothing that `parent` does not: each of the parent's follows from one of these on the same field. A child that leaves out the currency of an
    /// amount, or names one where the parent's amounts have none, admits other amounts.
    pub fn imply(&self, parent: &Self, order: &DataClasses) -> bool {
        parent.iter().all(|wanted| {
            self.iter().any(|own| {
                own.field == wanted.field
                    && implies(&own.test, &wanted.test, order)
                    && self.as_bare(own, parent, wanted)
            })
        })
    }

    /// A parent that bounds a bare number and says no currency admits amounts without one only. Then the child must be as strict: bound the bare number, and say none.
    fn as_bare(&self, own: &Constraint, parent: &Self, wanted: &Constraint) -> bool {
        match wanted.leaves_out().filter(|currency| !parent.pin(currency)) {
            None => true,
            Some(currency) => own.leaves_out().is_some() && !self.pin(&currency),
        }
    }
}

/// Whether every value that passes `own` passes `wanted`.
fn implies(own: &Test, wanted: &Test, order: &DataClasses) -> bool {
    if own == wanted {
        return true; // also where neither holds of anything
    }
    match wanted {
        Test::Is(only) => listed(own).is_some_and(|values| values.iter().all(|value| *value == only)),
        Test::In(some) => listed(own).is_some_and(|values| values.iter().all(|value| some.contains(value))),
        Test::NotIn(none) => avoids(own, none),
        Test::Number { bound, measure, limit } => numbers_within(own, *bound, measure, *limit),
        Test::Class { bound, class } => classes_within(own, *bound, class, order),
        Test::Change(wanted) => matches!(own, Test::Change(own) if own.is_within(wanted)),
    }
}

/// All that a test admits, where it says so.
fn listed(test: &Test) -> Option<Vec<&Scalar>> {
    match test {
        Test::Is(value) => Some(vec![value]),
        Test::In(values) => Some(values.iter().collect()),
        Test::NotIn(_) | Test::Number { .. } | Test::Class { .. } | Test::Change(_) => None,
    }
}

/// Whether a test admits none of these, and nothing of a type that is not among theirs.
fn avoids(own: &Test, none: &BTreeSet<Scalar>) -> bool {
    let of_known_type = |value: &Scalar| none.iter().any(|one| one.is_like(&value.value()));
    match own {
        Test::Is(_) | Test::In(_) => listed(own).is_some_and(|values| {
            values
                .iter()
                .all(|value| of_known_type(value) && !none.contains(*value))
        }),
        Test::NotIn(own) => none.is_subset(own) && own.iter().all(of_known_type),
        Test::Number { .. } | Test::Class { .. } | Test::Change(_) => false,
    }
}

fn numbers_within(own: &Test, bound: Bound, measure: &Measure, limit: Decimal) -> bool {
    match own {
        Test::Number {
            bound: side,
            measure: same,
            limit: nearer,
        } => same == measure && (*side == bound || *side == Bound::Exactly) && bound.admits(nearer, &limit),
        Test::Is(_) | Test::In(_) => {
            let is_within = |value: &Value| {
                measure
                    .number(value)
                    .is_some_and(|number| bound.admits(&number, &limit))
            };
            listed(own).is_some_and(|values| values.iter().all(|value| is_within(&value.value())))
        }
        Test::NotIn(_) | Test::Class { .. } | Test::Change(_) => false,
    }
}

fn classes_within(own: &Test, bound: Bound, class: &str, order: &DataClasses) -> bool {
    let within = |name: &str| {
        let ranks = (order.rank(name), order.rank(class));
        matches!(ranks, (Some(rank), Some(limit)) if bound.admits(&rank, &limit))
    };
    match own {
        Test::Class {
            bound: side,
            class: nearer,
        } => (*side == bound || *side == Bound::Exactly) && within(nearer),
        Test::Is(_) | Test::In(_) => {
            let named = |value: &Scalar| matches!(value, Scalar::Text(name) if within(name));
            listed(own).is_some_and(|values| values.iter().all(|value| named(value)))
        }
        Test::NotIn(_) | Test::Number { .. } | Test::Change(_) => false,
    }
}

impl Change {
    /// Whether it never lets a number move further: no larger step, no higher pace, and a first value measured against the same, or none admitted.
    fn is_within(&self, wanted: &Self) -> bool {
        let pace = |one: &Self, other: &Self| {
            i128::from(one.most.ten_thousandths()).checked_mul(i128::from(other.per_seconds))
        };
        self.measure == wanted.measure
            && self.most <= wanted.most
            && matches!((pace(self, wanted), pace(wanted, self)), (Some(own), Some(theirs)) if own <= theirs)
            && (self.from.is_none() || self.from == wanted.from)
    }
}
