//! A power in one plain sentence.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Constraint, Limits, Power, Scalar,
    constraint::{Bound, Change, Test},
};

impl Power {
    /// What it allows, for people: `may purchase: amount at most 50.00 EUR, merchant one of Acme, Beta; at most 3 a day, at most 100.00 EUR a day`. Nothing of it stays unsaid.
    pub fn words(&self) -> String {
        let constraints: Vec<String> = self.constraints.iter().map(constraint).collect();
        let parts = [constraints.join(", "), limits(&self.limits).join(", ")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let may = format!("may {}", self.capability.as_str());
        if parts.is_empty() {
            return format!("{may}: anything, without limits");
        }
        format!("{may}: {}", parts.join("; "))
    }
}

fn constraint(Constraint { field, test }: &Constraint) -> String {
    let told = match test {
        Test::Is(value) => format!("is {}", scalar(value)),
        Test::In(values) => format!("one of {}", several(values)),
        Test::NotIn(values) => format!("none of {}", several(values)),
        Test::Number { bound, measure, limit } => format!("{} {}", side(*bound), measure.said(*limit)),
        Test::Class { bound, class } => format!("{} {class} as a class of data", side(*bound)),
        Test::Change(change) => pace(change),
    };
    format!("{field} {told}")
}

const fn side(bound: Bound) -> &'static str {
    match bound {
        Bound::Exactly => "exactly",
        Bound::AtMost => "at most",
        Bound::AtLeast => "at least",
    }
}

fn pace(change: &Change) -> String {
    let Change {
        measure,
        most,
        per_seconds,
        from,
    } = change;
    let start = match from {
        Some(from) => format!(" starting from {}", measure.said(*from)),
        None => String::new(),
    };
    format!(
        "changes by at most {} in {}{start}",
        measure.said(*most),
        seconds(*per_seconds)
    )
}

fn seconds(n: i64) -> String {
    if n == 1 {
        "1 second".to_owned()
    } else {
        format!("{n} seconds")
    }
}

fn several(values: &BTreeSet<Scalar>) -> String {
    values.iter().map(scalar).collect::<Vec<_>>().join(", ")
}

/// A value as it is written. A text that could be taken for something else, or for more of the sentence, stands in quotes.
fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | '&');
            let name = text.chars().all(plain) && text.chars().any(char::is_alphabetic);
            if name && !MEANT_OTHERWISE.contains(&text.as_str()) {
                text.clone()
            } else {
                Value::from(text.as_str()).to_string()
            }
        }
        Scalar::Integer(n) => n.to_string(),
        Scalar::Truth(truth) => truth.to_string(),
    }
}

/// Words that say something else where they stand alone.
const MEANT_OTHERWISE: [&str; 4] = ["true", "false", "any", "anything"];

fn limits(limits: &Limits) -> Vec<String> {
    let Limits {
        daily_count,
        daily_amount,
        cooldown_seconds,
        per_minute,
        executions,
    } = limits;
    let mut told = Vec::new();
    told.extend(daily_count.map(|n| format!("at most {n} a day")));
    told.extend(
        daily_amount
            .iter()
            .map(|(currency, most)| format!("at most {} {} a day", most.as_price(), currency.as_str())),
    );
    told.extend(per_minute.map(|n| format!("at most {n} a minute")));
    told.extend(cooldown_seconds.map(|n| format!("at least {} apart", seconds(n))));
    told.extend(executions.map(|n| format!("at most {n} in all")));
    told
}
