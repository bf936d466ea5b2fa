//! Every statement there is: it prepares, it is listed, it begins with the tenant, its arguments have the types of their columns, and on the request path it finds its rows
//! by a key.

use std::collections::{BTreeMap, BTreeSet};

use store::{
    Database, Fault,
    registry::{Hold, Kind, Statement, Type, WITHOUT_TENANT, statements},
};

use crate::{
    sql_text::{begins_with_tenant, pairs, placeholders, schema, sources, words},
    world::World,
};

/// Reads and expectations that a request makes, and what looks for rows that are over.
const REQUEST_PATH: &[&str] = &[
    "administrator.by_token",
    "authorization_code.before",
    "authorization_code.of_request",
    "authorization_code.one",
    "browser_session.by_digest",
    "browser_session.ended",
    "browser_session.expired",
    "browser_session.live",
    "browser_session.of_user",
    "browser_session.one",
    "budget.one",
    "client.one",
    "client.over",
    "client.unchanged",
    "client.unused",
    "consent_rule.all",
    "detail_type.all",
    "detail_type.unchanged",
    "family.before",
    "family.current",
    "family.dead",
    "family.one",
    "family.stretch",
    "grant.held",
    "grant.live",
    "grant.of_user",
    "grant.one",
    "grant.persons",
    "grant.roots",
    "grant.to_client",
    "group.exists",
    "group.one",
    "installation.one",
    "key.all",
    "ledger.first_over",
    "ledger.of_grant",
    "ledger.one",
    "ledger.over",
    "passkey.by_credential",
    "passkey.of_user",
    "password.one",
    "recovery_code.left",
    "recovery_code.unused",
    "pushed_request.before",
    "pushed_request.one",
    "relying_party.before",
    "relying_party.of_ended",
    "relying_party.of_expired",
    "resource.one",
    "token.before",
    "token.one",
    "user.by_login",
    "user.one",
    "user.unchanged",
];

/// What a request reads all of a tenant's: a few rows each.
const READ_WHOLE: &[&str] = &["consent_rule.all", "detail_type.all", "key.all"];

#[tokio::test]
async fn every_statement_prepares_on_this_engine_with_as_many_arguments_as_it_states() {
    let world = World::empty().await;
    for statement in statements() {
        if let Err(fault) = world.store().explain(statement).await {
            panic!("{}: {fault}", statement.name);
        }
        let used: BTreeSet<usize> = placeholders(statement.sql).collect();
        assert_eq!(
            used,
            (1..=statement.args.len()).collect(),
            "{}: each argument is used, and none that is not there",
            statement.name
        );
        if let Some(postgres) = statement.postgres {
            assert_eq!(
                placeholders(postgres).collect::<BTreeSet<_>>(),
                used,
                "{}: the text for PostgreSQL has the same arguments",
                statement.name
            );
        }
    }
}

#[test]
fn statement_names_are_unique_and_say_the_noun_first() {
    let mut seen = BTreeSet::new();
    for statement in statements() {
        assert!(seen.insert(statement.name), "{} is there twice", statement.name);
        assert!(
            statement
                .name
                .split_once('.')
                .is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty()),
            "{}",
            statement.name
        );
    }
}

#[test]
fn every_statement_in_the_source_is_in_a_list() {
    let mut in_source: Vec<String> = Vec::new();
    for (path, text) in sources() {
        for constructor in ["Statement::read(", "Statement::write(", "Statement::expect("] {
            for (at, _) in text.match_indices(constructor) {
                let name = text
                    .get(at + constructor.len()..)
                    .unwrap()
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split_once('"'));
                in_source.push(
                    name.unwrap_or_else(|| panic!("{}: a statement whose name is no literal", path.display()))
                        .0
                        .to_owned(),
                );
            }
        }
        for line in text.lines().filter(|line| line.contains(": Statement = ")) {
            assert!(
                line.starts_with("static ") || line.starts_with("pub(crate) static "),
                "{}: {line}: statements are known by their address",
                path.display()
            );
        }
    }
    in_source.sort();
    let mut listed: Vec<String> = statements().iter().map(|statement| statement.name.to_owned()).collect();
    listed.sort();
    assert_eq!(in_source, listed);
}

#[test]
fn every_statement_begins_with_the_tenant_or_is_listed_as_global() {
    let global: BTreeMap<&str, &str> = WITHOUT_TENANT.iter().copied().collect();
    assert_eq!(global.len(), WITHOUT_TENANT.len(), "nothing is listed twice");
    for statement in statements() {
        let bound = begins_with_tenant(statement.sql) && statement.postgres.is_none_or(begins_with_tenant);
        match global.get(statement.name) {
            None => assert!(
                bound,
                "{} neither inserts the tenant first nor asks for it first:\n{}",
                statement.name, statement.sql
            ),
            Some(reason) => {
                assert!(
                    !bound,
                    "{} has a tenant after all; take it off the list of global statements",
                    statement.name
                );
                assert!(reason.len() > 10, "{}: give the reason", statement.name);
            }
        }
        if bound {
            assert_eq!(statement.args.first(), Some(&Type::Text), "{}", statement.name);
        }
    }
    let known: BTreeSet<&str> = statements().iter().map(|statement| statement.name).collect();
    let stale: Vec<_> = global.keys().filter(|name| !known.contains(*name)).collect();
    assert!(stale.is_empty(), "listed as global, but not there: {stale:?}");
}

#[test]
fn arguments_have_the_types_of_their_columns() {
    let columns = schema();
    let mut checked = 0;
    for statement in statements() {
        for (column, argument) in pairs(statement.sql) {
            let of_type = columns
                .get(&column)
                .unwrap_or_else(|| panic!("{}: no table has a column {column}", statement.name));
            assert_eq!(
                statement.args.get(argument - 1),
                Some(of_type),
                "{}: ${argument} is compared with or written to {column}",
                statement.name
            );
            checked += 1;
        }
        for limit in words(statement.sql).windows(2).filter(|pair| pair[0] == "LIMIT") {
            if let Some(argument) = placeholders(limit[1]).next() {
                assert_eq!(statement.args.get(argument - 1), Some(&Type::Int), "{}", statement.name);
            }
        }
    }
    assert!(checked > 100, "the scan finds the arguments: {checked}");
}

#[test]
fn statements_follow_the_style() {
    const LOWER: &[&str] = &[
        "select", "from", "where", "and", "or", "insert", "into", "values", "update", "set", "delete", "order", "by",
        "limit", "group", "on", "conflict", "do", "nothing", "join", "left", "is", "null", "not", "in", "as", "count",
        "max", "cast", "desc", "asc", "skip", "locked",
    ];
    for statement in statements() {
        for sql in [Some(statement.sql), statement.postgres].into_iter().flatten() {
            let name = statement.name;
            let lower: Vec<&str> = words(sql).into_iter().filter(|word| LOWER.contains(word)).collect();
            assert!(
                lower.is_empty(),
                "{name}: keywords are written in upper case: {lower:?}"
            );
            assert!(
                !sql.contains("SELECT *") && !sql.contains(".*") && !sql.contains("RETURNING *"),
                "{name}: columns are named"
            );
            assert!(
                !sql.contains(';') && !sql.contains("--"),
                "{name}: one statement, and comments stand outside"
            );
            assert!(!sql.contains('\''), "{name}: values are arguments");
            for foreign in [
                "BOOLEAN",
                "SERIAL",
                "json",
                "ANY(",
                "ARRAY",
                "WITH ",
                "now()",
                "FOR SHARE",
                "INSERT OR",
            ] {
                // A text for PostgreSQL alone may say so: a list of ids is found once, and not anew for each row that might be in it.
                let for_postgres_alone = statement.postgres == Some(sql) && ["ANY(", "ARRAY"].contains(&foreign);
                assert!(
                    for_postgres_alone || !sql.contains(foreign),
                    "{name}: {foreign:?} is not in the portable subset"
                );
            }
            if let Some(insert) = sql.strip_prefix("INSERT INTO ") {
                assert!(
                    insert.contains("ON CONFLICT"),
                    "{name}: every INSERT says what a conflict means"
                );
                let after_table = insert.split_once(' ').map(|(_, rest)| rest);
                assert!(
                    after_table.is_some_and(|rest| rest.starts_with('(')),
                    "{name}: columns are named"
                );
            }
            assert!(
                sql.split('\n').all(|line| line.trim() == line.trim_start()),
                "{name}: no blanks at the end of a line"
            );
        }
    }
}

#[test]
fn each_kind_of_statement_is_what_it_says() {
    for statement in statements() {
        let verb = statement.sql.split_whitespace().next().unwrap();
        match statement.kind {
            Kind::Read | Kind::Expect => assert_eq!(verb, "SELECT", "{}", statement.name),
            Kind::Write => assert!(["INSERT", "UPDATE", "DELETE"].contains(&verb), "{}", statement.name),
        }
        assert!(
            !statement.for_sqlite().contains('$') && !statement.for_sqlite().contains("FOR "),
            "{}",
            statement.name
        );
        let (share, alone) = (statement.for_postgres(Hold::Share), statement.for_postgres(Hold::Alone));
        match statement.kind {
            Kind::Expect => assert!(
                share.ends_with("FOR SHARE") && alone.ends_with("FOR UPDATE"),
                "{}: an expectation holds its row until the commit",
                statement.name
            ),
            Kind::Read | Kind::Write => assert_eq!(share, alone, "{}", statement.name),
        }
    }
}

#[test]
fn statements_that_differ_between_the_engines_live_in_one_file() {
    let differing = statements()
        .iter()
        .filter(|statement| statement.postgres.is_some())
        .count();
    let at_home = sources()
        .iter()
        .find(|(path, _)| path.ends_with("engine_only.rs"))
        .unwrap()
        .1
        .matches(".on_postgres(")
        .count();
    let everywhere: usize = sources()
        .iter()
        .filter(|(path, _)| !path.ends_with("statement.rs"))
        .map(|(_, text)| text.matches(".on_postgres(").count())
        .sum();
    assert_eq!((at_home, everywhere), (differing, differing));
}

#[tokio::test]
async fn reads_of_a_request_find_their_rows_by_a_key() {
    let world = World::empty().await;
    let known: BTreeMap<&str, &'static Statement> = statements()
        .into_iter()
        .map(|statement| (statement.name, statement))
        .collect();
    let marks = known.keys().copied().filter(|name| name.starts_with("mark.take"));
    for name in REQUEST_PATH.iter().copied().chain(marks) {
        let statement = known.get(name).unwrap_or_else(|| panic!("{name} is not there"));
        let plan = world.store().explain(statement).await.unwrap();
        match &world.fresh.database {
            Database::Sqlite(_) => {
                assert!(!plan.contains("SCAN"), "{name} looks at every row:\n{plan}");
                assert!(
                    !plan.contains("TEMP B-TREE FOR ORDER BY") || name == "key.all",
                    "{name} sorts what it found:\n{plan}"
                );
                assert!(
                    plan.contains("SEARCH") || statement.kind == Kind::Write,
                    "{name}:\n{plan}"
                );
                let by_tenant_alone = plan.lines().any(|line| line.ends_with("(tenant=?)"));
                assert!(
                    !by_tenant_alone || READ_WHOLE.contains(&name),
                    "{name} looks at every row of the tenant:\n{plan}"
                );
                assert!(
                    plan.contains("revoked_at=?") || name != "grant.held",
                    "revoked grants lie in the way:\n{plan}"
                );
            }
            // The planner goes by table sizes, and these are empty; the keys are the same on both engines.
            Database::Postgres(_) => assert_eq!(plan, ""),
        }
    }
}

#[test]
fn wrong_arguments_are_refused_by_count_and_by_type() {
    use store::registry::Value;
    for statement in statements() {
        let right: Vec<Value<'_>> = statement.args.iter().map(|of_type| fitting(*of_type)).collect();
        assert!(statement.check(&right).is_ok(), "{}", statement.name);
        let nulls: Vec<Value<'_>> = statement.args.iter().map(|of_type| null(*of_type)).collect();
        assert!(statement.check(&nulls).is_ok(), "{}: nulls are typed", statement.name);

        let more: Vec<Value<'_>> = right.iter().cloned().chain([Value::NoText]).collect();
        assert!(matches!(statement.check(&more), Err(Fault::Arguments(name)) if name == statement.name));
        for place in 0..right.len() {
            let fewer: Vec<Value<'_>> = right.iter().take(place).cloned().collect();
            assert!(
                matches!(statement.check(&fewer), Err(Fault::Arguments(_))),
                "{} with {place}",
                statement.name
            );
            let mut other = right.clone();
            other[place] = fitting(if statement.args[place] == Type::Text {
                Type::Int
            } else {
                Type::Text
            });
            assert!(
                matches!(statement.check(&other), Err(Fault::Arguments(_))),
                "{} at {place}",
                statement.name
            );
            other[place] = null(if statement.args[place] == Type::Text {
                Type::Int
            } else {
                Type::Text
            });
            assert!(
                matches!(statement.check(&other), Err(Fault::Arguments(_))),
                "{}: a null of the wrong type at {place}",
                statement.name
            );
        }
    }
}

fn fitting(of_type: Type) -> store::registry::Value<'static> {
    match of_type {
        Type::Text => "text".into(),
        Type::Int => 1.into(),
    }
}

fn null(of_type: Type) -> store::registry::Value<'static> {
    match of_type {
        Type::Text => store::registry::Value::NoText,
        Type::Int => store::registry::Value::NoInt,
    }
}
