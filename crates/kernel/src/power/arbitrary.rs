//! Small worlds of powers and of what is asked, in which most things meet: a few fields, a few values each, and the mistakes that people make with them.

use proof::{Time, json::Object};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{
    Constraint, Constraints, Currency, Decimal, Field, Last, Limits, Measure, Powers, Scalar, Seen, Unit,
    constraint::{Bound, Test},
};

fn number() -> impl Strategy<Value = Value> {
    select(vec![
        json!("-1"),
        json!("0"),
        json!(1),
        json!("1.5"),
        json!("2"),
        json!(2),
        json!("3.00"),
    ])
}

fn scalar() -> impl Strategy<Value = Value> {
    let texts = ["a", "b", "1", "2", "EUR", "USD", "public", "internal", "restricted"].map(Value::from);
    let others = [json!(1), json!(2), json!(3), json!(true)];
    select(texts.into_iter().chain(others).collect::<Vec<_>>())
}

fn class() -> impl Strategy<Value = Value> {
    select(vec![
        json!("public"),
        json!("internal"),
        json!("restricted"),
        json!("cosmic"),
    ])
}

/// Members by which a number is measured.
fn measure() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({}),
        json!({ "currency": "EUR" }),
        json!({ "currency": "USD" }),
        json!({ "unit": "m" }),
    ])
}

fn field() -> impl Strategy<Value = &'static str> {
    select(vec![
        "x",
        "x",
        "x",
        "p",
        "p.value",
        "p.value",
        "p.currency",
        "p.currency",
        "value",
        "currency",
    ])
}

fn join(parts: &[Value]) -> Object {
    let members = parts.iter().filter_map(Value::as_object).flatten();
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub(crate) fn constraint() -> impl Strategy<Value = Constraint> {
    let listed = (select(vec!["in", "not_in"]), vec(scalar(), 1..4))
        .prop_map(|(op, values)| json!({ "op": op, "values": values }));
    let equal = scalar().prop_map(|value| json!({ "op": "eq", "value": value }));
    let bounded = (select(vec!["max", "min", "eq"]), number(), measure())
        .prop_map(|(op, value, measure)| Value::Object(join(&[json!({ "op": op, "value": value }), measure])));
    let classed = (select(vec!["max", "min", "eq"]), class())
        .prop_map(|(op, value)| json!({ "op": op, "value": value, "order": "data_class" }));
    let change = (
        select(vec!["0", "0.5", "1", "2"]),
        select(vec![1, 2, 5]),
        option::of(select(vec!["0", "1"])),
        measure(),
    )
        .prop_map(|(value, per, from, measure)| {
            let from = from.map_or_else(|| json!({}), |from| json!({ "from": from }));
            Value::Object(join(&[
                json!({ "op": "max_change", "value": value, "per_sec": per }),
                from,
                measure,
            ]))
        });
    let test = prop_oneof![3 => listed, 2 => equal, 4 => bounded, 1 => classed, 2 => change];
    (field(), test).prop_map(|(field, test)| Constraint::read(&join(&[json!({ "field": field }), test])).unwrap())
}

/// One of these that is like `like`: the first with its operator, each member its own or that one's. Lists of values are taken together.
pub(crate) fn alike(like: &Constraint, some: &[Constraint], own: u8) -> Constraint {
    let mut o = like.document();
    let other = some.iter().find(|one| one.op() == like.op()).unwrap_or(like).document();
    for (n, (name, value)) in other.into_iter().enumerate().filter(|(_, (name, _))| name != "field") {
        match o.get_mut(&name) {
            Some(Value::Array(values)) if own & 1 == 1 => values.extend(value.as_array().unwrap().iter().cloned()),
            Some(there) if (own >> n) & 1 == 1 => *there = value,
            Some(_) | None => (),
        }
    }
    Constraint::read(&o).unwrap_or_else(|_| like.clone())
}

pub(crate) fn constraints(most: usize) -> impl Strategy<Value = Constraints> {
    vec(constraint(), 0..=most)
        .prop_map(|all| Constraints::read(&all.iter().map(Constraint::document).collect()).unwrap())
}

/// What stands in a field: anything that one constraint or another could be about, alone or in a list, and now and then nothing that any could.
fn asked() -> impl Strategy<Value = Value> {
    let measured = (option::of(number()), measure()).prop_map(|(value, measure)| {
        let value = value.map_or_else(|| json!({}), |value| json!({ "value": value }));
        Value::Object(join(&[value, measure]))
    });
    let one = prop_oneof![
        5 => scalar(), 3 => number(), 3 => measured, 1 => class(),
        1 => select(vec![json!(null), json!(1.5), json!(1e0), json!({}), json!([])]),
    ];
    prop_oneof![4 => one.clone(), 1 => vec(one, 0..3).prop_map(Value::Array)]
}

pub(crate) fn input() -> impl Strategy<Value = Object> {
    let member = |name: &'static str| {
        option::weighted(0.8, asked())
            .prop_map(move |value| value.map_or_else(|| json!({}), |value| json!({ name: value })))
    };
    let amount = (
        option::weighted(0.9, asked()),
        option::of(select(vec![json!("EUR"), json!("USD"), json!(null)])),
    );
    let amount = amount.prop_map(|(value, currency)| {
        let mut o = Object::new();
        o.extend(value.map(|value| ("value".to_owned(), value)));
        o.extend(currency.map(|currency| ("currency".to_owned(), currency)));
        json!({ "p": o })
    });
    let p = prop_oneof![3 => amount, 1 => member("p")];
    (member("x"), p, member("value"), member("currency"))
        .prop_map(|(x, p, value, currency)| join(&[x, p, value, currency]))
}

/// The same with what these constraints are about near their limits, the `n`th way: most of it passes, so that what is wrong with a parent that refuses it comes out.
pub(crate) fn toward(constraints: &Constraints, last: &Last, mut input: Object, n: usize) -> Object {
    for constraint in constraints {
        let names: Vec<String> = constraint.field.to_string().split('.').map(str::to_owned).collect();
        let mut here = &mut input;
        let (name, above) = names.split_last().unwrap();
        for name in above {
            let below = here.entry(name.clone()).or_insert(Value::Null);
            if !below.is_object() {
                *below = json!({});
            }
            here = below.as_object_mut().unwrap();
        }
        let before = last.get(&constraint.field).map(|seen| seen.value);
        here.insert(name.clone(), near(&constraint.test, before, n));
    }
    input
}

fn near(test: &Test, before: Option<Decimal>, n: usize) -> Value {
    let nth = |values: Vec<Value>| values.into_iter().cycle().nth(n).unwrap();
    let halves = i64::try_from(n % 5).unwrap().saturating_mul(5_000);
    let number = |measure: &Measure, from: Decimal, steps: i64| {
        let value = from.plus(Decimal::from_ten_thousandths(steps)).unwrap().to_string();
        if *measure == Measure::Plain {
            return json!(value);
        }
        let mut o = object(json!({ "value": value }));
        measure.write(&mut o);
        Value::Object(o)
    };
    match test {
        Test::Is(value) => value.value(),
        Test::In(values) => nth(values.iter().map(Scalar::value).collect()),
        Test::NotIn(_) => nth(vec![
            json!("a"),
            json!("b"),
            json!("USD"),
            json!(1),
            json!(4),
            json!(true),
        ]),
        Test::Number { bound, measure, limit } => match bound {
            Bound::Exactly => number(measure, *limit, 0),
            Bound::AtMost => number(measure, *limit, halves.saturating_neg()),
            Bound::AtLeast => number(measure, *limit, halves),
        },
        Test::Class { class, .. } => nth(vec![
            json!(class),
            json!("public"),
            json!("internal"),
            json!("restricted"),
        ]),
        Test::Change(change) => number(
            &change.measure,
            before.or(change.from).unwrap_or_default(),
            halves.saturating_sub(10_000),
        ),
    }
}

fn object(value: Value) -> Object {
    let Value::Object(o) = value else { panic!("an object") };
    o
}

/// What was accepted before, at some time until 10.
pub(crate) fn last() -> impl Strategy<Value = Last> {
    let measure = select(vec![
        Measure::Plain,
        Measure::Plain,
        Measure::Currency(Currency::parse("EUR").unwrap()),
        Measure::Unit(Unit::parse("m").unwrap()),
    ]);
    vec((field(), number(), measure, 0_i64..10), 0..4).prop_map(|all| {
        let mut last = Last::default();
        for (field, value, measure, at) in all {
            let seen = Seen {
                value: Decimal::of_value(&value).unwrap(),
                measure,
                at: Time::from_unix(at),
            };
            last.note(Field::parse(field).unwrap(), seen);
        }
        last
    })
}

pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let count = || option::of(1_i64..6);
    let amount = option::of(1_i64..9);
    (
        count(),
        count(),
        option::of(1_i64..200),
        count(),
        amount.clone(),
        amount,
    )
        .prop_map(|(daily, minute, rest, executions, eur, usd)| {
            let counts = [
                ("daily_limit_count", daily),
                ("max_per_minute", minute),
                ("cooldown_sec", rest),
                ("max_executions", executions),
            ];
            let named = |pairs: &[(&str, Option<i64>)]| -> Object {
                pairs
                    .iter()
                    .filter_map(|(name, n)| Some(((*name).to_owned(), (*n)?.into())))
                    .collect()
            };
            let mut o = named(&counts);
            let amounts = named(&[("EUR", eur), ("USD", usd)]);
            if !amounts.is_empty() {
                o.insert("daily_limit_amount".to_owned(), Value::Object(amounts));
            }
            Limits::read(&Value::Object(o)).unwrap()
        })
}

/// Powers of two capabilities, with few constraints, so that one often lies within another.
pub(crate) fn powers() -> impl Strategy<Value = Powers> {
    let power = (select(vec!["buy", "read"]), constraints(2), option::weighted(0.2, limits())).prop_map(|(action, constraints, limits)| {
        json!({ "action": action, "constraints": constraints.value(), "limits": limits.unwrap_or_default().document() })
    });
    vec(power, 0..4).prop_map(|all| Powers::read(&all.into()).unwrap())
}
