//! The same over HTTP: `AuthZEN` evaluations and uses of a limited power, whatever the tenant has of policies and grants.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    floor,
    generator::Feed,
    load::{Drive, Figures, drive},
    prokura::Prokura,
    report,
    spend::Budget,
};

/// What is driven, beside HTTP alone.
pub(super) fn run(how: Drive) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rows = vec![floor::drive("floor: HTTP alone", "hello", folder.path(), how)?];
    let world = Prokura::start(folder.path(), None)?;
    for count in [100, 1_000, 10_000] {
        apply(&world, count)?;
        rows.push(evaluations(
            &world,
            &format!("evaluation, {count} policies, few grants"),
            how,
        )?);
    }
    let budget = Budget::new(&world, &super::policies(10_000))?;
    let mut there = 0;
    for count in [10, 1_000, 1_000_000] {
        fill(folder.path(), there, count)?;
        there = count;
        rows.push(evaluations(
            &world,
            &format!("evaluation, 10000 policies, {count} grants"),
            how,
        )?);
        let name = format!("use of a limited power, {count} grants");
        rows.push(drive(
            &name,
            &world.server,
            world.address,
            &|n| Ok(budget.consumes(&world, n)),
            how,
        )?);
    }
    report::table(&rows);
    println!();
    report::lines(&rows);
    world.server.end()
}

fn apply(world: &Prokura, count: usize) -> Result<()> {
    let set = json!({
        "policies": super::policies(count) + "@id(\"rest\") permit(principal, action == Action::\"access\", resource);\n",
        "capabilities": [super::purchase()],
        "entities": [{ "type": "Client", "id": "agent", "in": ["Group::finance", "Role::buyer"] }],
    });
    world.admin("PUT", "/admin/v1/policies", &set).map(|_| ())
}

fn evaluations(world: &Prokura, name: &str, how: Drive) -> Result<Figures> {
    let gateway = world.machine("Gateway", "authzen:evaluate")?;
    let token = world.token(&gateway, &[("scope", "authzen:evaluate")])?;
    let body = json!({
        "subject": { "type": "Client", "id": "agent" },
        "action": { "name": "purchase", "properties": super::input() },
        "resource": { "type": "Resource", "id": "https://shop.example" },
    })
    .to_string();
    let headers = format!("Authorization: Bearer {token}\r\n");
    let mut program = crate::browser::Browser::new(world.address, &world.issuer)?;
    let answer = program.json("POST", "/access/v1/evaluation", &headers, &body)?;
    ensure!(answer.body.contains("true"), "{name}: {}", answer.body);
    let request = world.request("/access/v1/evaluation", &headers, "application/json", &body);
    drive(
        name,
        &world.server,
        world.address,
        &|_| Ok(Feed::Same(request.clone())),
        how,
    )
}

/// More grants of other holders, up to so many, put into the database as they would lie there.
fn fill(folder: &Path, from: usize, to: usize) -> Result<()> {
    let mut database = rusqlite::Connection::open(folder.join("prokura/prokura.db"))?;
    database.busy_timeout(std::time::Duration::from_secs(20))?;
    let columns: Vec<String> = database
        .prepare("SELECT name FROM pragma_table_info('grants')")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    ensure!(
        columns.iter().any(|name| name == "holder"),
        "the table of grants has another shape"
    );
    let values: Vec<String> = columns
        .iter()
        .map(|name| match name.as_str() {
            "id" => "'bench_' || n".to_owned(),
            "holder" => "'holder_' || n".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    let text = format!(
        "WITH RECURSIVE counted(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < ?2)
         INSERT INTO grants ({}) SELECT {} FROM counted, (SELECT * FROM grants LIMIT 1)",
        columns.join(", "),
        values.join(", ")
    );
    let transaction = database.transaction()?;
    let made = transaction.execute(&text, (i64::try_from(from)?, i64::try_from(to)?))?;
    transaction.commit()?;
    ensure!(made == to - from, "{made} grants were made");
    Ok(())
}
