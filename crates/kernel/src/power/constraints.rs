//! Constraints together: all of them hold.

use std::fmt;

use proof::{Time, json::Object};
use serde_json::Value;

use super::{Constraint, DataClasses, Field, Last, Op, Seen, constraint::Test, measure::CURRENCY, read::list};

/// Constraints of one power, at most.
pub const CONSTRAINTS_MAX: usize = 64;

/// What all must hold of what is asked; with none, anything may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints(pub(super) Vec<Constraint>);

/// The first constraint that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Its place in the list, from 0.
    pub place: usize,
    /// Where it looks.
    pub field: Field,
    /// Its operator.
    pub op: Op,
    /// Whether it bounds something that moves: a quantity in a unit, or a pace. Outside such an envelope a yes takes a passkey (seed 001).
    pub moves: bool,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "constraints[{}]: {} on {} does not hold",
            self.place,
            self.op.name(),
            self.field
        )
    }
}

impl Unmet {
    /// The sentence for whoever asked: which constraint, not which value it has.
    pub fn said(&self) -> String {
        format!("{}: not within what was granted ({})", self.field, self.op.name())
    }
}

impl Constraints {
    /// Reads a list. What is wrong is told in a sentence that begins with the place: `constraints[2]: op: ...`.
    pub fn read(value: &Value) -> Result<Self, String> {
        list(value, "constraints", CONSTRAINTS_MAX, Constraint::read).map(Self)
    }

    /// The documents.
    pub fn value(&self) -> Value {
        self.0.iter().map(Constraint::document).collect()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Constraint> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them hold of what is asked now, `last` being what was accepted last.
    ///
    /// A bound on the bare number of an amount does not hold where the currency stands beside it and nothing here says which: 50 of what would be up to whoever asks (S-32).
    pub fn hold(&self, input: &Object, last: &Last, now: Time, order: &DataClasses) -> Result<(), Unmet> {
        let unmet = |constraint: &Constraint| {
            !constraint.holds(input, last, now, order) || self.leaves_currency_open(constraint, input)
        };
        match self.0.iter().enumerate().find(|(_, constraint)| unmet(constraint)) {
            None => Ok(()),
            Some((place, constraint)) => Err(Unmet {
                place,
                field: constraint.field.clone(),
                op: constraint.op(),
                moves: constraint.bounds_what_moves(),
            }),
        }
    }

    /// Whether those hold that look at nothing but what is asked: whether it was too far from what came before was asked when it was accepted.
    pub(crate) fn hold_alone(&self, input: &Object, order: &DataClasses) -> bool {
        let alone = |constraint: &&Constraint| !matches!(constraint.test, Test::Change(_));
        let holds = |constraint: &Constraint| {
            constraint.holds(input, &Last::default(), Time::from_unix(0), order)
                && !self.leaves_currency_open(constraint, input)
        };
        self.0.iter().filter(alone).all(holds)
    }

    /// The first that bounds the bare number of an amount whose currency the schema of the input demands and nothing here says: it would never hold. With the field of that currency.
    pub(super) fn never_holds(&self, schema: &Object) -> Option<(usize, &Constraint, Field)> {
        let open = |(place, constraint): (usize, &'_ Constraint)| {
            let currency = self.left_open(constraint)?;
            currency.is_demanded_by(schema).then_some((place, currency))
        };
        let (place, currency) = self.0.iter().enumerate().find_map(open)?;
        self.0.get(place).map(|constraint| (place, constraint, currency))
    }

    /// The currency that a constraint on a bare number leaves out and nothing here says.
    fn left_open(&self, constraint: &Constraint) -> Option<Field> {
        constraint.leaves_out().filter(|field| !self.pin(field))
    }

    fn leaves_currency_open(&self, constraint: &Constraint, input: &Object) -> bool {
        let Some(currency) = self.left_open(constraint) else {
            return false;
        };
        let amounts = currency.objects(input).unwrap_or_default();
        amounts.iter().any(|amount| amount.contains_key(CURRENCY))
    }

    /// Whether one of them says which of a few values a field has.
    pub(super) fn pin(&self, field: &Field) -> bool {
        self.0.iter().any(|constraint| constraint.pins(field))
    }

    /// What is to be remembered of something that was accepted: the values whose pace is bounded.
    pub fn readings(&self, input: &Object, now: Time) -> Last {
        let mut last = Last::default();
        for Constraint { field, test } in &self.0 {
            if let Test::Change(change) = test
                && let Some([value]) = field.values(input).as_deref()
                && let Some(number) = change.measure.number(value)
            {
                let seen = Seen {
                    value: number,
                    measure: change.measure.clone(),
                    at: now,
                };
                last.note(field.clone(), seen);
            }
        }
        last
    }
}

impl<'a> IntoIterator for &'a Constraints {
    type Item = &'a Constraint;
    type IntoIter = std::slice::Iter<'a, Constraint>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
