//! `prokura grant`.

mod spent;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    api::Call,
    arguments::{Planned, number},
    client::insert_if,
    console::Console,
    failure::{Exit, Failure},
    file,
    member::{is_set, items, text, time, words},
    scope,
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum GrantCommand {
    /// Give a client a grant, or narrow one for it
    #[command(after_help = "\
Examples:
  prokura grant create --client report-agent --scope notes:read --resource https://mcp.example.com/mcp --expires-in 30d
  prokura grant create --client buyer --capabilities purchase.json
  prokura grant create --client intern-bot --denied --scope notes:write --resource https://mcp.example.com/mcp
  prokura grant create --client sub-agent --parent GRANT --scope notes:read --resource https://mcp.example.com/mcp")]
    Create(CreateArguments),
    /// List the grants
    List(ListArguments),
    /// Show a grant
    Show(GrantId),
    /// List what was booked by its tokens, the newest first
    Ledger(LedgerArguments),
    /// Show what its capabilities are limited to, what was used of it, and what is left
    Budgets(GrantId),
    /// Print a grant as one JSON document: the power of attorney itself
    Export(GrantId),
    /// Edit a grant down: what is left of it, and of everything below it
    #[command(after_help = "\
An edit only takes away; what is not named stays. More is given by a new grant.

Examples:
  prokura grant edit GRANT --scope notes:read
  prokura grant edit GRANT --capabilities less.json --expires 2027-01-31T00:00:00Z")]
    Edit(EditArguments),
    /// Revoke a grant: it, every grant narrowed from it, and every token of theirs fall silent
    Revoke(Named),
}

#[derive(Debug, Args)]
pub(super) struct GrantId {
    /// The grant's id
    grant: String,
}

#[derive(Debug, Args)]
pub(super) struct LedgerArguments {
    /// The grant's id
    grant: String,
    /// So many at most
    #[arg(long, value_name = "N", value_parser = number::<u16>, default_value_t = 50)]
    limit: u16,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The grant's id
    grant: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only those of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Also those that are revoked, have ended, or are silent because one above them is
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// The client that may use it
    #[arg(long, value_name = "ID")]
    client: String,
    /// A scope of it; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A resource of it; repeatable
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A file with its authorization details (RFC 9396): a JSON array of objects, each of a registered type
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// A file with what it allows of each capability: a JSON array of objects, each with an action, constraints and limits
    #[arg(long, value_name = "FILE")]
    capabilities: Option<PathBuf>,
    /// When it ends, as in 12h or 30d from now; never if absent
    #[arg(long, value_name = "TIME", value_parser = when::duration, conflicts_with = "expires_at")]
    expires_in: Option<i64>,
    /// When it ends, as in 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    expires_at: Option<i64>,
    /// How many more times it may be narrowed, 0 to 8
    #[arg(long, value_name = "N", value_parser = number::<u8>, default_value_t = 0)]
    depth: u8,
    /// The grant to narrow; a new root if absent
    #[arg(long, value_name = "GRANT")]
    parent: Option<String>,
    /// Refuse the client what it names, whatever other grants say, instead of giving it
    #[arg(long, conflicts_with = "parent")]
    denied: bool,
    #[command(flatten)]
    terms: TermsArguments,
    #[command(flatten)]
    planned: Planned,
}

/// When a grant stops counting by itself, beside its end.
#[derive(Debug, Args)]
struct TermsArguments {
    /// It falls silent after so long without a token of it or below it, as in 30d
    #[arg(long, value_name = "TIME", value_parser = when::duration)]
    idle: Option<i64>,
    /// It falls silent while this person is disabled or gone; their id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// It is revoked once a policy that looks at context.risk forbids what is asked under it
    #[arg(long)]
    revoke_at_risk: bool,
}

impl TermsArguments {
    fn into_body(self) -> Option<Value> {
        let mut body = Map::new();
        insert_if(&mut body, "idle_seconds", self.idle.map(Value::from));
        insert_if(&mut body, "owner", self.owner.map(Value::from));
        insert_if(&mut body, "risk", self.revoke_at_risk.then_some(Value::Bool(true)));
        (!body.is_empty()).then_some(Value::Object(body))
    }
}

#[derive(Debug, Args)]
pub(super) struct EditArguments {
    /// The grant's id
    grant: String,
    /// A scope that is left; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A resource that is left; repeatable
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A file with the authorization details that are left: a JSON array of objects
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// A file with what is left of each capability: a JSON array; the n-th of an action becomes the n-th of it, and a limit that is left out stays
    #[arg(long, value_name = "FILE")]
    capabilities: Option<PathBuf>,
    /// An earlier end, as in 12h or 30d from now
    #[arg(long, value_name = "TIME", value_parser = when::duration, conflicts_with = "expires_at")]
    expires_in: Option<i64>,
    /// An earlier end, as in 2027-01-31T00:00:00Z
    #[arg(long, visible_alias = "expires", value_name = "TIME", value_parser = when::moment)]
    expires_at: Option<i64>,
    /// How many more times it may be narrowed
    #[arg(long, value_name = "N", value_parser = number::<u8>)]
    depth: Option<u8>,
    #[command(flatten)]
    terms: TermsArguments,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: GrantCommand, console: &Console<'_>) -> Result<()> {
    match command {
        GrantCommand::Create(arguments) => create(arguments, console).await,
        GrantCommand::List(arguments) => list(arguments, console).await,
        GrantCommand::Show(GrantId { grant }) => show(&grant, console).await,
        GrantCommand::Ledger(arguments) => spent::ledger(&arguments.grant, arguments.limit, console).await,
        GrantCommand::Budgets(GrantId { grant }) => spent::budgets(&grant, console).await,
        GrantCommand::Export(GrantId { grant }) => export(&grant, console).await,
        GrantCommand::Edit(arguments) => edit(arguments, console).await,
        GrantCommand::Revoke(Named { grant, planned }) => {
            console.confirm(
                &format!(
                    "Revoke grant {grant}? Everything narrowed from it and every token of it falls silent, for good."
                ),
                planned,
            )?;
            changed(
                Call::post(format!("revoke grant {grant}"), &["grants", &grant, "revoke"]),
                planned,
                console,
            )
            .await
        }
    }
}

async fn show(grant: &str, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let document = api
        .send(&Call::get(format!("show grant {grant}"), &["grants", grant]))
        .await?;
    let mut path = vec![document.clone()];
    while let Some(parent) = path
        .last()
        .and_then(|last| last.get("parent")?.as_str())
        .filter(|_| console.is_for_people() && path.len() <= PATH_MAX)
    {
        let parent = api
            .send(&Call::get(format!("show grant {parent}"), &["grants", parent]))
            .await?;
        path.push(parent);
    }
    console.show(&document, &record(&document, &Forest::of(&path), console.now))
}

/// The document as it is, for people and programs alike.
async fn export(grant: &str, console: &Console<'_>) -> Result<()> {
    let document = console
        .api()?
        .send(&Call::get(format!("export grant {grant}"), &["grants", grant]))
        .await?;
    console.show(&document, &format!("{document:#}\n"))
}

async fn edit(arguments: EditArguments, console: &Console<'_>) -> Result<()> {
    let EditArguments {
        grant,
        scopes,
        resources,
        details,
        capabilities,
        expires_in,
        expires_at,
        depth,
        terms,
        planned,
    } = arguments;
    let expires = expires_at.or_else(|| expires_in.map(|seconds| console.now.saturating_add(seconds)));
    let details = details.map(|file| details_in(&file)).transpose()?;
    let capabilities = capabilities.map(|file| capabilities_in(&file)).transpose()?;
    let mut body = Map::new();
    insert_if(
        &mut body,
        "scope",
        (!scopes.is_empty()).then(|| scopes.join(" ").into()),
    );
    insert_if(
        &mut body,
        "resources",
        (!resources.is_empty()).then(|| resources.into()),
    );
    insert_if(&mut body, "authorization_details", details);
    insert_if(&mut body, "capabilities", capabilities);
    insert_if(&mut body, "expires_at", expires.map(Value::from));
    insert_if(&mut body, "depth", depth.map(Value::from));
    insert_if(&mut body, "revocation", terms.into_body());
    if body.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing is taken away")
            .advice("name what is left: --scope, --resource, --details, --capabilities, --expires, --depth, --idle, --owner or --revoke-at-risk")
            .into());
    }
    console.confirm(
        &format!("Edit grant {grant} down? It, everything narrowed from it and every token of it lose what is not named, for good."),
        planned,
    )?;
    changed(
        Call::patch(format!("edit grant {grant}"), &["grants", &grant]).body(Value::Object(body)),
        planned,
        console,
    )
    .await
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments {
        client,
        scopes,
        resources,
        details,
        capabilities,
        expires_in,
        expires_at,
        depth,
        parent,
        denied,
        terms,
        planned,
    } = arguments;
    if scopes.is_empty() && resources.is_empty() && details.is_none() && capabilities.is_none() {
        return Err(Failure::new(Exit::Usage, "a grant of nothing gives nothing")
            .advice("name what it gives: --scope, --resource, --details or --capabilities")
            .into());
    }
    if !planned.dry_run && resources.is_empty() {
        scope::warn_of_unknown(scopes.iter().map(String::as_str), console).await?;
    }
    let expires = expires_at.or_else(|| expires_in.map(|seconds| console.now.saturating_add(seconds)));
    let mut body = Map::new();
    body.insert("client_id".to_owned(), client.as_str().into());
    insert_if(
        &mut body,
        "scope",
        (!scopes.is_empty()).then(|| scopes.join(" ").into()),
    );
    insert_if(
        &mut body,
        "resources",
        (!resources.is_empty()).then(|| resources.into()),
    );
    let details = details.map(|file| details_in(&file)).transpose()?;
    insert_if(&mut body, "authorization_details", details);
    let capabilities = capabilities.map(|file| capabilities_in(&file)).transpose()?;
    insert_if(&mut body, "capabilities", capabilities);
    insert_if(&mut body, "expires_at", expires.map(Value::from));
    insert_if(&mut body, "depth", (depth > 0).then(|| depth.into()));
    insert_if(&mut body, "parent", parent.map(Value::from));
    insert_if(&mut body, "denied", denied.then_some(true.into()));
    insert_if(&mut body, "revocation", terms.into_body());
    changed(
        Call::post(format!("give client {client} a grant"), &["grants"]).body(Value::Object(body)),
        planned,
        console,
    )
    .await
}

/// Authorization details from a file: always a list, since a grant may give several.
fn details_in(file: &Path) -> Result<Value> {
    let what = "a JSON array of objects, each with a type (RFC 9396),";
    list_in(file, what, "authorization details are a list, even where there is one")
}

/// Capabilities from a file: a list for the same reason.
fn capabilities_in(file: &Path) -> Result<Value> {
    let what = "a JSON array of objects, each with an action,";
    let list = list_in(file, what, "capabilities are a list, even where there is one")?;
    if list.as_array().is_some_and(Vec::is_empty) {
        return Err(
            Failure::new(Exit::Usage, format!("{} names no capability", file.display()))
                .why("a grant without capabilities is limited by none")
                .advice("name one, or leave --capabilities out")
                .into(),
        );
    }
    Ok(list)
}

fn list_in(file: &Path, what: &'static str, why: &'static str) -> Result<Value> {
    let document = file::json(file, what)?;
    if document.is_array() {
        return Ok(document);
    }
    Err(
        Failure::new(Exit::Usage, format!("{} is not a JSON array", file.display()))
            .why(why)
            .advice("put [ and ] around the object")
            .into(),
    )
}

async fn list(arguments: ListArguments, console: &Console<'_>) -> Result<()> {
    let mut grants = console
        .api()?
        .list(&Call::get("list grants", &["grants"]), "grants")
        .await?;
    let forest = Forest::of(&grants);
    if let Some(client) = &arguments.client {
        grants.retain(|grant| grant.get("client_id").and_then(Value::as_str) == Some(client));
    }
    if !arguments.all {
        grants.retain(|grant| matches!(forest.state(grant, console.now), "active" | "denies"));
    }
    let table = table(&grants, &forest, console.now);
    console.list(
        "grants",
        grants,
        &table,
        "no such grants; prokura grant create gives one, and --all shows those that ended",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, &Forest::default(), console.now)),
        None => Ok(()),
    }
}

/// Grants as a table. For whom each is stands there only where that differs.
pub(super) fn table(grants: &[Value], forest: &Forest, now: i64) -> Table {
    let people: BTreeSet<String> = grants.iter().map(|grant| text(grant, "user_id")).collect();
    let differs = people.len() > 1;
    let mut head = vec!["GRANT", "HOLDER"];
    head.extend(differs.then_some("FOR"));
    head.extend(["SCOPE", "RESOURCES", "ENDS", "NARROWED FROM", "STATE"]);
    let mut table = Table::new(&head);
    for grant in grants {
        let person = Some(text(grant, "user_id")).filter(|id| !id.is_empty());
        let mut cells = vec![text(grant, "id"), holder(grant)];
        cells.extend(differs.then(|| person.unwrap_or_else(|| "itself".to_owned())));
        cells.extend([
            text(grant, "scope"),
            words(grant, "resources"),
            time(grant, "expires_at").map_or_else(|| "never".to_owned(), |at| when::relative(at, now)),
            text(grant, "parent"),
            forest.state(grant, now).to_owned(),
        ]);
        table.row(&cells);
    }
    table
}

fn record(grant: &Value, forest: &Forest, now: i64) -> String {
    let parent = text(grant, "parent");
    let given = Record::default()
        .line("grant", text(grant, "id"))
        .line("holder", holder(grant))
        .line_if("for", grant.get("user_id").and_then(Value::as_str).map(str::to_owned))
        .line("scope", text(grant, "scope"))
        .line("resources", words(grant, "resources"))
        .line_if(
            "details",
            grant
                .get("authorization_details")
                .map(|_| text(grant, "authorization_details")),
        );
    let powers = items(grant, "capabilities").iter();
    powers
        .fold(given, |record, power| {
            let said = if text(grant, "status") == "denied" {
                format!("may not {}", text(power, "action"))
            } else {
                text(power, "words")
            };
            record.line("capability", said)
        })
        .line(
            "at this server",
            if is_set(grant, "own_endpoints") {
                "yes: its tokens may be for our own endpoints"
            } else {
                "no"
            },
        )
        .line(
            "may be narrowed",
            match time(grant, "depth") {
                Some(1) => "once".to_owned(),
                Some(n) if n > 1 => format!("{n} times"),
                Some(_) | None => "no".to_owned(),
            },
        )
        .line_if("narrowed from", (!parent.is_empty()).then_some(parent))
        .line(
            "ends",
            time(grant, "expires_at").map_or_else(|| "never".to_owned(), |at| when::both(at, now)),
        )
        .line("given by", text(grant, "given_by"))
        .line_if("in words", sentences(grant))
        .line_if("created", time(grant, "created_at").map(|at| when::both(at, now)))
        .line(
            "state",
            match time(grant, "revoked_at") {
                Some(at) => format!("revoked {}", when::both(at, now)),
                None => match forest.state(grant, now) {
                    "silent" => "silent: a grant above it was revoked or has ended".to_owned(),
                    state => state.to_owned(),
                },
            },
        )
        .text()
}

/// What the document says in sentences, if it is one.
fn sentences(grant: &Value) -> Option<String> {
    let said: Vec<&str> = items(grant, "words").iter().filter_map(Value::as_str).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn holder(grant: &Value) -> String {
    ["client_id", "host_id", "session_id"]
        .iter()
        .map(|name| text(grant, name))
        .find(|holder| !holder.is_empty())
        .unwrap_or_default()
}

/// More steps up than any path has (a grant is narrowed at most 8 times).
const PATH_MAX: usize = 16;

/// Grants by their ids: one whose parent has ended is silent too.
#[derive(Debug, Default)]
pub(super) struct Forest {
    by_id: BTreeMap<String, Value>,
}

impl Forest {
    /// Of all grants that are known.
    pub(super) fn of(grants: &[Value]) -> Self {
        Self {
            by_id: grants.iter().map(|grant| (text(grant, "id"), grant.clone())).collect(),
        }
    }

    /// Whether a grant counts, in a word.
    pub(super) fn state(&self, grant: &Value, now: i64) -> &'static str {
        if time(grant, "revoked_at").is_some() {
            return "revoked";
        }
        if is_denial(grant) {
            return if has_ended(grant, now) { "ended" } else { "denies" };
        }
        if has_ended(grant, now) {
            return "ended";
        }
        let parent = |grant: &Value| self.by_id.get(grant.get("parent")?.as_str()?);
        let path = std::iter::successors(parent(grant), |grant| parent(grant)).take(PATH_MAX);
        if path
            .into_iter()
            .any(|above| time(above, "revoked_at").is_some() || has_ended(above, now))
        {
            "silent"
        } else {
            "active"
        }
    }
}

/// Whether it gives nothing, and refuses what it names.
fn is_denial(grant: &Value) -> bool {
    is_set(grant, "denied") || text(grant, "status") == "denied"
}

fn has_ended(grant: &Value, now: i64) -> bool {
    time(grant, "expires_at").is_some_and(|end| end <= now) || text(grant, "status") == "expired"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Forest, table};

    #[test]
    fn a_grant_below_one_that_ended_is_silent() {
        let grants = [
            json!({ "id": "root", "revoked_at": 5 }),
            json!({ "id": "child", "parent": "root" }),
            json!({ "id": "grandchild", "parent": "child" }),
            json!({ "id": "other", "expires_at": 100 }),
            json!({ "id": "of other", "parent": "other" }),
            json!({ "id": "no", "status": "denied" }),
        ];
        let forest = Forest::of(&grants);
        let states = |now| grants.iter().map(|grant| forest.state(grant, now)).collect::<Vec<_>>();
        assert_eq!(
            states(10),
            ["revoked", "silent", "silent", "active", "active", "denies"]
        );
        assert_eq!(
            states(100),
            ["revoked", "silent", "silent", "ended", "silent", "denies"]
        );
    }
    #[test]
    fn for_whom_a_grant_is_stands_where_that_differs() {
        let of = |user: &str| json!({ "id": "g", "client_id": "c", "user_id": user, "scope": "read", "resources": [] });
        let own = json!({ "id": "h", "client_id": "m", "scope": "read", "resources": [] });
        let shown = |grants: &[serde_json::Value]| table(grants, &Forest::default(), 0).text();
        assert_eq!(
            shown(&[of("alice"), own.clone()]),
            "GRANT  HOLDER  FOR     SCOPE  RESOURCES  ENDS   NARROWED FROM  STATE\n\
             g      c       alice   read   -          never  -              active\n\
             h      m       itself  read   -          never  -              active\n"
        );
        for same in [vec![of("alice"), of("alice")], vec![own.clone(), own]] {
            assert!(!shown(&same).contains("FOR"), "{same:?}");
        }
    }
}
