//! One grant of the person who is signed in: what it gives, a form that takes from it, and its document.

use std::sync::Arc;

use kernel::{
    Audience, Details, GrantId, Less, Scopes, Time, Why,
    account::{self, Command, limitable},
    detail::Types,
    grant::{Grant, Holder, Subject},
    power::{Power, Powers},
    resource::Resource,
};
use pages::GrantNotice;
use proof::json::Object;
use serde_json::Value;
use time::{Date, Duration, OffsetDateTime, Time as Clock, format_description::well_known::Iso8601};

use super::{
    Browser,
    view::{self, View},
};
use crate::{
    attorney,
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Document, Outgoing, PageAnswer, Policy},
    },
    settle::Answered,
    walk::Walker,
};

/// GET `/agents/grants/{id}`.
pub(crate) async fn grant(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let notice = (inbound.query.as_deref() == Some("reduced")).then_some(GrantNotice::Reduced);
    let grant = theirs(&inbound).await?;
    page(&inbound, &browser, &grant, notice, None).await
}

/// GET `/agents/grants/{id}/document`.
pub(crate) async fn grant_document(inbound: Inbound) -> Result<Outgoing, Stop> {
    let grant = theirs(&inbound).await?;
    let document = attorney::document(&inbound, &[grant]).await?;
    Ok(Outgoing::Document(Document::json(document)))
}

/// POST `/agents/grants/{id}`: what is left is what was not taken away.
pub(crate) async fn grant_change(inbound: Inbound, browser: Browser) -> Result<Outgoing, Stop> {
    let grant = theirs(&inbound).await?;
    let less = match less(&inbound, &grant) {
        Ok(less) => less,
        Err(why) => return page(&inbound, &browser, &grant, Some(GrantNotice::More), Some(why)).await,
    };
    if less == Less::default() {
        return Ok(View::new(&inbound, &browser).to(&format!("/agents/grants/{}", grant.id)));
    }
    let command = Arc::new(Command::NarrowGrant {
        id: grant.id.clone(),
        less: Box::new(less),
    });
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let command = Arc::clone(&command);
            async move {
                let facts = store::flows::account::load(&tenant, &caller, &command, at.now).await?;
                Ok(account::decide(&command, &caller, &facts, &at))
            }
        })
        .await?;
    match answered {
        Answered::Issue(..) => Ok(View::new(&inbound, &browser).to(&format!("/agents/grants/{}?reduced", grant.id))),
        Answered::Refuse(why @ Why::Widens(_)) => {
            page(&inbound, &browser, &grant, Some(GrantNotice::More), Some(why)).await
        }
        Answered::Refuse(why @ Why::Body(_)) => {
            page(&inbound, &browser, &grant, Some(GrantNotice::Nothing), Some(why)).await
        }
        Answered::Refuse(why) => Err(why.into()),
        Answered::Wait(_) => Err(Fault::Unsigned.into()), // the kernel answers this door with nothing else
    }
}

/// The grant of the path, if it is a root of whoever is signed in, and counts. Unknown and somebody else's look the same.
async fn theirs(inbound: &Inbound) -> Result<Grant, Stop> {
    let person = inbound.caller.person().ok_or(Why::SignInRequired)?;
    let id = GrantId::parse(inbound.param("id")?).ok_or(Why::Absent("grant"))?;
    let grant = inbound.tenant.grant(&id).await?;
    let mine = Subject::User(person.user.id.clone());
    let theirs = grant.filter(|grant| grant.subject == mine && grant.parent.is_none() && grant.counts(inbound.at.now));
    Ok(theirs.ok_or(Why::Absent("grant"))?)
}

fn powers_of(inbound: &Inbound, grant: &Grant) -> Powers {
    let place = grant.authority.audiences().first();
    let place = place.map_or("", |place| inbound.tenant.tenant().place_of(place));
    limitable(grant, inbound.tenant.policy(), place)
}

/// What the form leaves. What it says as it was before is not named: it stays.
fn less(inbound: &Inbound, grant: &Grant) -> Result<Less, Why> {
    let form = &inbound.form;
    let taken: Vec<&str> = form.all("without").collect();
    let taken = Scopes::parse(&taken.join(" "))?;
    let left = grant.authority.scopes().without(&taken);
    let before = powers_of(inbound, grant);
    let after = before.iter().enumerate().map(|(n, power)| limited(inbound, n, power));
    let after: Vec<Value> = after.collect::<Result<_, _>>()?;
    let after = Powers::read(&Value::Array(after)).map_err(|_| MALFORMED)?;
    let ends = form
        .text("ends")
        .filter(|day| !day.is_empty())
        .map(end_of)
        .transpose()?;
    let earlier = ends.filter(|end| grant.authority.expires().is_none_or(|now| *end < now));
    Ok(Less {
        scopes: (left != *grant.authority.scopes()).then_some(left),
        powers: (after != before).then_some(after),
        expires: earlier,
        ..Less::default()
    })
}

const MALFORMED: Why = Why::ParameterMalformed("limits");

/// A power with the limits that the form says. A field that is empty keeps what there is.
fn limited(inbound: &Inbound, n: usize, power: &Power) -> Result<Value, Why> {
    let typed = |name: &str| {
        let text = inbound.form.text(&format!("{name}-{n}")).unwrap_or("").trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut limits = power.limits.document();
    for (name, member) in [("day", "daily_limit_count"), ("all", "max_executions")] {
        if let Some(text) = typed(name) {
            let count: i64 = text.parse().map_err(|_| MALFORMED)?;
            limits.insert(member.to_owned(), count.into());
        }
    }
    let mut amounts: Object = match limits.remove(AMOUNTS) {
        Some(Value::Object(amounts)) => amounts,
        Some(_) | None => Object::new(),
    };
    let known: Vec<String> = amounts.keys().cloned().collect();
    for currency in known {
        if let Some(text) = inbound.form.text(&format!("amount-{n}-{currency}")).map(str::trim)
            && !text.is_empty()
        {
            amounts.insert(currency, text.into());
        }
    }
    if let Some(text) = inbound.form.text(&format!("amount-{n}-")).map(str::trim)
        && !text.is_empty()
        && amounts.is_empty()
    {
        let currency = typed("currency").ok_or(MALFORMED)?;
        amounts.insert(currency.to_ascii_uppercase(), text.into());
    }
    if !amounts.is_empty() {
        limits.insert(AMOUNTS.to_owned(), Value::Object(amounts));
    }
    let mut document = power.document();
    if !limits.is_empty() {
        document.insert("limits".to_owned(), Value::Object(limits));
    }
    Ok(Value::Object(document))
}

const AMOUNTS: &str = "daily_limit_amount";

/// The end of what may be used through this day: the first second after it, UTC.
pub(super) fn end_of(day: &str) -> Result<Time, Why> {
    let day = Date::parse(day, &Iso8601::DATE).map_err(|_| Why::ParameterMalformed("ends"))?;
    let next = day.checked_add(Duration::DAY).ok_or(Why::ParameterMalformed("ends"))?;
    Ok(Time::from_unix(
        next.with_time(Clock::MIDNIGHT).assume_utc().unix_timestamp(),
    ))
}

/// The day of a time, UTC, as a field for days takes it.
pub(super) fn day(at: Time) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.unix()).ok();
    at.and_then(|at| at.date().format(&Iso8601::DATE).ok())
        .unwrap_or_default()
}

async fn page(
    inbound: &Inbound,
    browser: &Browser,
    grant: &Grant,
    notice: Option<GrantNotice>,
    why: Option<Why>,
) -> Result<Outgoing, Stop> {
    let client = match &grant.holder {
        Holder::Client(id) => inbound.tenant.client(id).await?,
        Holder::Host(_) | Holder::Session(_) => None,
    };
    let Holder::Client(id) = &grant.holder else {
        return Err(Why::Absent("grant").into());
    };
    let resource: Option<Resource> = match grant.authority.audiences().first() {
        Some(Audience::Resource(uri)) => inbound.tenant.resource(uri).await?,
        Some(Audience::Issuer) | None => None,
    };
    let details: &Details = grant.authority.details();
    let types = if details.is_empty() {
        Types::default()
    } else {
        inbound.tenant.types().await?
    };
    let view = View::new(inbound, browser);
    let worded = view::worded(grant.authority.scopes(), resource.as_ref(), browser.language);
    let exact = view::in_words(details, &types, browser.language);
    let powers = powers_of(inbound, grant);
    let sentences: Vec<String> = powers.iter().map(Power::words).collect();
    let (first, last) = (
        day(inbound.at.now),
        grant.authority.expires().map(day).unwrap_or_default(),
    );
    let here = format!("/agents/grants/{}", grant.id);
    let html = pages::grant(
        &view.frame(&here),
        &pages::Grant {
            id: grant.id.as_str(),
            csrf: &view.csrf,
            app: client.as_ref().map_or_else(|| view::gone(id), view::app),
            place: view::place(resource.as_ref()),
            items: view::items(&worded),
            particulars: view::particulars(&exact),
            powers: powers
                .iter()
                .zip(&sentences)
                .map(|(power, words)| told(power, words))
                .collect(),
            given_at: grant.created.unix(),
            expires_at: grant.authority.expires().map(Time::unix),
            days: (&first, &last),
            notice,
        },
    );
    Ok(Outgoing::Page(PageAnswer {
        why,
        html,
        policy: Policy::Stays,
        cookies: browser.cookies(),
    }))
}

fn told<'a>(power: &'a Power, words: &'a str) -> pages::Power<'a> {
    let limits = power.limits.document();
    let count = |member: &str| limits.get(member).map_or_else(String::new, Value::to_string);
    let amounts: Vec<(String, String)> = match limits.get(AMOUNTS) {
        Some(Value::Object(amounts)) => {
            let told =
                |(currency, most): (&String, &Value)| (currency.clone(), most.as_str().unwrap_or_default().to_owned());
            amounts.iter().map(told).collect()
        }
        Some(_) | None => vec![(String::new(), String::new())],
    };
    pages::Power {
        name: power.capability.as_str(),
        words,
        a_day: count("daily_limit_count"),
        in_all: count("max_executions"),
        amounts,
    }
}
