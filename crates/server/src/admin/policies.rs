//! Calls about policies and capabilities: applied as a whole, looked at, asked.
//!
//! What is applied was compiled before; what is only tried is compiled and asked one at a time, apart from what doors wait for.

use std::sync::Arc;

use kernel::{
    Why,
    administration::{Command, NewPolicies, describe},
    capability::{Capability, CapabilityName},
    policy::{Asked, BUILT_IN, Policy},
};
use policy::Problem;
use store::{Applied, TenantDb};

use super::{
    calls::{carry_out, shown},
    replay, types,
};
use crate::{
    fault::{Fault, Stop},
    http::{entrance::Inbound, render::Outgoing},
    policies::compile,
    schemas,
    settle::Answered,
};

/// The most that is told of what is wrong, in bytes: it stands in the audit log too.
const TOLD_BYTES_MAX: usize = 8 * 1024;

/// The version that counts.
pub(super) async fn show(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let version = inbound.tenant.policy_version().await?;
    of_version(inbound, version).await
}

/// A version that counts, or once did.
pub(super) async fn show_version(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let named = inbound.param("id")?;
    let version: i64 = named.parse().map_err(|_| ABSENT)?;
    if version.to_string() != named {
        return Err(ABSENT.into()); // a version has one name: 7, and neither 007 nor +7
    }
    of_version(inbound, version).await
}

const ABSENT: Why = Why::Absent("version of the policies");

async fn of_version(inbound: &Inbound, version: i64) -> Result<Outgoing, Stop> {
    if version == 0 {
        return Ok(shown(describe::built_in_policies()));
    }
    let set = inbound.tenant.policy_set(version).await?.ok_or(ABSENT)?;
    Ok(shown(describe::policy_set(&set)))
}

/// A version in a list: without its texts.
pub(super) fn applied(applied: &Applied) -> proof::json::Object {
    let mut o = proof::json::Object::new();
    o.insert("version".into(), applied.version.into());
    o.insert("applied_by".into(), applied.by.as_str().into());
    o.insert("created_at".into(), applied.at.unix().into());
    o
}

/// The next version. From the answer on this node judges by it; what another node decides by the version before it is lost at its commit.
pub(super) async fn apply(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::PoliciesBody>(&inbound.body)?.into_command()?;
    adopted(inbound, new).await
}

/// Compiles, commits, and reads back with what was compiled: no door waits until it is compiled once more.
async fn adopted(inbound: Inbound, new: NewPolicies) -> Result<Outgoing, Stop> {
    let compiled = compiled(&inbound, &new).await?;
    let (app, tenant) = (Arc::clone(&inbound.app), inbound.tenant.clone());
    app.policies.prepare(tenant.id(), &new, &compiled);
    let answer = carry_out(inbound, Command::ApplyPolicies(Box::new(new))).await;
    if answer.is_ok() {
        drop(app.policies.read_again(tenant.clone()).await); // it is applied, whatever comes of this: the next question reads it then
    }
    app.policies.forget_prepared(tenant.id());
    answer
}

/// What a candidate would have said to what was decided lately.
pub(super) async fn replay(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let (candidate, last) = types::read::<types::ReplayBody>(&inbound.body)?.into_parts()?;
    let _alone = inbound.app.policies.alone().await?;
    let compiled = compiled(inbound, &candidate).await?;
    let counts = inbound.app.policies.read_again(inbound.tenant.clone()).await?;
    let counts = counts.policy().clone();
    let version = counts.version;
    let candidate = Policy::applied(version, candidate.capabilities, candidate.entities, compiled);
    let two = Arc::new(replay::Two { counts, candidate });
    let mut answer = replay::run(&inbound.tenant, &two, last).await?;
    answer.insert("compared_to_version".to_owned(), version.into());
    Ok(shown(answer))
}

/// What the policies that count say to a question; or others, if the call brings some.
pub(super) async fn explain(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let mut body = types::read::<types::ExplainBody>(&inbound.body)?;
    let counts = Counting::of(&inbound.tenant).await?;
    let version = counts.version;
    let candidate = body.candidate(counts.set)?;
    let asked = Asked::read(&body.question, inbound.at.now).map_err(|what| Why::Body(format!("question: {what}")))?;
    let _alone = inbound.app.policies.alone().await?;
    let policy = match &candidate {
        None => {
            let tenant = inbound.app.policies.read_again(inbound.tenant.clone()).await?;
            tenant.policy().clone()
        }
        Some(candidate) => {
            let compiled = compiled(inbound, candidate).await?;
            Policy::applied(
                version,
                candidate.capabilities.clone(),
                candidate.entities.clone(),
                compiled,
            )
        }
    };
    let (asked, version) = (asked.known_to(&policy), policy.version);
    let judged = tokio::task::spawn_blocking(move || {
        let verdict = policy.judge(&asked.question());
        (policy.takes_a_human(asked.action(), &verdict), verdict)
    });
    let (takes_a_human, verdict) = judged.await.map_err(|_| Fault::TaskEnded)?;
    let mut answer = describe::verdict(&verdict);
    answer.insert("takes_a_human".to_owned(), takes_a_human.into());
    answer.insert("version".to_owned(), version.into());
    Ok(shown(answer))
}

/// The whole catalogue: it is short, and it is read whole wherever it counts.
pub(super) async fn list_capabilities(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let counts = Counting::of(&inbound.tenant).await?;
    let items = counts.set.capabilities.iter().map(describe::capability).collect();
    Ok(shown(describe::list("capabilities", items)))
}

/// Edits of the catalogue that are made anew when somebody was quicker.
const TRIES: usize = 5;

/// A capability, new or anew: the next version of everything.
pub(super) async fn put_capability(inbound: Inbound) -> Result<Outgoing, Stop> {
    let name = named(&inbound)?;
    let capability = types::read::<types::CapabilityBody>(&inbound.body)?.into_capability(&name)?;
    edited(&inbound, |all| {
        match all.iter_mut().find(|one| one.name == name) {
            Some(known) => *known = capability.clone(),
            None => all.push(capability.clone()),
        }
        Ok(capability.clone())
    })
    .await
}

/// A capability less: the next version of everything. While scopes stand for it, dropping it would take its demands off them: they would be judged as what no capability names.
pub(super) async fn drop_capability(inbound: Inbound) -> Result<Outgoing, Stop> {
    let name = named(&inbound)?;
    edited(&inbound, |all| {
        let place = all.iter().position(|one| one.name == name);
        let capability = all.remove(place.ok_or(Why::Absent("capability"))?);
        let scopes: Vec<&str> = capability.scopes.iter().map(|one| one.scope.as_str()).collect();
        if !scopes.is_empty() {
            return Err(Why::Body(format!(
                "scopes: {} would be judged as access, without what this capability demands; enter it without them first if that is meant",
                scopes.join(", ")
            )));
        }
        Ok(capability)
    })
    .await
}

/// An edit of the catalogue that counts now. Whoever was quicker is no conflict: the edit is made to theirs.
async fn edited(
    inbound: &Inbound,
    edit: impl Fn(&mut Vec<Capability>) -> Result<Capability, Why>,
) -> Result<Outgoing, Stop> {
    for _ in 0..TRIES {
        let mut counts = Counting::of(&inbound.tenant).await?;
        let about = edit(&mut counts.set.capabilities)?;
        let changed = change(inbound.clone(), counts.set, &about).await;
        match changed {
            Ok(Outgoing::Answered(Answered::Refuse(Why::VersionReplaced(_) | Why::LostTwice)))
            | Err(Stop::Refuse(Why::VersionReplaced(_) | Why::LostTwice)) => {}
            other => return other,
        }
    }
    Err(Why::LostTwice.into())
}

async fn change(inbound: Inbound, set: NewPolicies, about: &Capability) -> Result<Outgoing, Stop> {
    match adopted(inbound, set).await? {
        Outgoing::Answered(Answered::Refuse(why)) => Ok(Outgoing::Answered(Answered::Refuse(why))),
        Outgoing::Answered(answered) => {
            let applied = answered.document()?;
            let mut document = describe::capability(about);
            document.extend(
                applied
                    .get("version")
                    .map(|version| ("version".to_owned(), version.clone())),
            );
            Ok(shown(document))
        }
        other @ (Outgoing::Document(_) | Outgoing::Page(_) | Outgoing::SeeOther(_)) => Ok(other),
    }
}

fn named(inbound: &Inbound) -> Result<CapabilityName, Why> {
    types::capability_in_path(inbound.param("id")?).ok_or(Why::Absent("capability"))
}

/// What counts now, as it would be applied again.
struct Counting {
    version: i64,
    set: NewPolicies,
}

impl Counting {
    async fn of(tenant: &TenantDb) -> Result<Self, Fault> {
        let version = tenant.policy_version().await?;
        let set = if version == 0 {
            NewPolicies {
                policies: BUILT_IN.to_owned(),
                schema: None,
                capabilities: Capability::seeded(),
                entities: Vec::new(),
                replaces: Some(version),
            }
        } else {
            let set = tenant.policy_set(version).await?;
            let set = set.ok_or(Fault::Stored("policy_set"))?;
            NewPolicies {
                policies: set.policies,
                schema: set.schema,
                capabilities: set.capabilities,
                entities: set.entities,
                replaces: Some(version),
            }
        };
        Ok(Self { version, set })
    }
}

/// Compiles, with the schemas of the catalogue. All that is wrong is told at once.
async fn compiled(inbound: &Inbound, new: &NewPolicies) -> Result<Arc<policy::Policies>, Stop> {
    new.check()?;
    let capabilities = new.capabilities.clone();
    tokio::task::spawn_blocking(move || capabilities.iter().try_for_each(sound))
        .await
        .map_err(|_| Fault::TaskEnded)??;
    let policies = &inbound.app.policies;
    let compiled = policies
        .alone_to_compile(compile(
            new.policies.clone(),
            new.schema.clone(),
            new.capabilities.clone(),
        ))
        .await?;
    let compiled = compiled.map_err(|problems| Why::Body(told(&problems)))?;
    let problems = compiled.check_entities(&new.entities);
    if !problems.is_empty() {
        return Err(Why::Body(told(&problems)).into());
    }
    Ok(Arc::new(compiled))
}

/// Whether the schemas of a capability are such as are registered.
fn sound(capability: &Capability) -> Result<(), Why> {
    let schemas = [("input", &capability.input), ("output", &capability.output)];
    for (which, schema) in schemas {
        let Some(schema) = schema else { continue };
        if let Err(why) = schemas::check(schema) {
            let Why::Body(what) = &why else { return Err(why) };
            return Err(Why::Body(format!("{}: {which}_{what}", capability.name.as_str())));
        }
    }
    Ok(())
}

/// Every problem, as long as there is room.
fn told(problems: &[Problem]) -> String {
    let mut text = String::new();
    for (n, problem) in problems.iter().enumerate() {
        let line: String = problem
            .to_string()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(1_000)
            .collect();
        if text.len().saturating_add(line.len()) > TOLD_BYTES_MAX {
            let more = problems.len().saturating_sub(n);
            return format!("{text}; and {more} more");
        }
        if n > 0 {
            text.push_str("; ");
        }
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_as_long_as_there_is_room() {
        let problem = |says: &str| Problem {
            policy: Some("a".to_owned()),
            line: Some(3),
            says: says.to_owned(),
        };
        assert_eq!(
            told(&[problem("one\nof"), problem("two")]),
            "line 3: policy a: one of; line 3: policy a: two"
        );
        let many: Vec<Problem> = (0..1_000).map(|_| problem(&"x".repeat(100))).collect();
        let text = told(&many);
        assert!(text.len() < 9_000 && text.ends_with(" more"), "{text}");
    }
}
