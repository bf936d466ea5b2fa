//! What can be done: which request it is, and what it touches.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::{Answer, Asking, Browser, Client, Page, PageForm, Tenant, World, unique};

use crate::{
    engine::{CALLBACK, Checked, Sim},
    model::{Life, Line, PAYEES, PLACES, Payment, Power, Realm, SCOPES, Scopes, Way, Wish, as_details, scopes},
};

/// The grant type of devices (RFC 8628 s3.4).
pub(crate) const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The parameter of payments.
const DETAILS: &str = "authorization_details";

/// Who is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Person(usize),
    App(usize),
    Machine,
}

/// What is given back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    Access(usize),
    Refresh { line: usize, index: usize },
}

/// One request that changes something, in a realm.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A code is redeemed.
    Redeem { realm: usize, line: usize, wrong: bool },
    /// A refresh token is shown.
    Refresh {
        realm: usize,
        line: usize,
        index: usize,
        wish: Wish,
    },
    /// A machine asks for itself.
    Machine {
        realm: usize,
        place: &'static str,
        scope: Scopes,
    },
    /// A client gives a token back.
    GiveBack { realm: usize, what: Given },
    /// A person stops an app, or everything, as far as it stood when they asked.
    Stop {
        realm: usize,
        person: usize,
        app: Option<usize>,
        upto: usize,
    },
    /// An administrator switches somebody on or off.
    Switch {
        realm: usize,
        who: Who,
        to: Power,
        from: Power,
    },
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub(crate) enum Request {
    Plain {
        tenant: Tenant,
        method: &'static str,
        path: String,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    Form {
        browser: Browser,
        form: PageForm,
    },
}

impl Request {
    pub(crate) async fn send(self, world: &World) -> Answer {
        match self {
            Self::Plain {
                tenant,
                method,
                path,
                headers,
                body,
            } => tenant.send(world, method, &path, &headers, Some(body)).await,
            Self::Form { mut browser, form } => browser.post(world, &form, &[]).await.answer,
        }
    }
}

impl Action {
    pub(crate) fn realm(&self) -> usize {
        match self {
            Self::Redeem { realm, .. }
            | Self::Refresh { realm, .. }
            | Self::Machine { realm, .. }
            | Self::GiveBack { realm, .. }
            | Self::Stop { realm, .. }
            | Self::Switch { realm, .. } => *realm,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Redeem { .. } => "redeem",
            Self::Refresh { .. } => "refresh",
            Self::Machine { .. } => "machine",
            Self::GiveBack { .. } => "give back",
            Self::Stop { .. } => "stop",
            Self::Switch { .. } => "switch",
        }
    }

    pub(crate) fn told(&self) -> String {
        format!("{self:?}")
    }

    /// Whether it can touch everything in its realm.
    fn is_wide(&self) -> bool {
        matches!(self, Self::Stop { .. } | Self::Switch { .. })
    }
}

impl Sim {
    /// Something to do, if there is anything to do it with.
    pub(crate) fn choose(&mut self) -> Option<Action> {
        let realm = self.chance.below(self.realms.len());
        let known = self.realms.get(realm)?;
        let (lines, tokens) = (known.lines.len(), known.tokens.len());
        // What happened lately is likelier to be touched again: that is where races are.
        let back = if self.chance.percent(70) { 3 } else { lines.max(1) };
        let line = lines.checked_sub(1 + self.chance.below(back.min(lines)));
        match self.chance.below(100) {
            0..35 => {
                let wrong = self.chance.percent(5);
                Some(Action::Redeem {
                    realm,
                    line: line?,
                    wrong,
                })
            }
            35..70 => {
                // Of the lines that have been begun, one of the last few.
                let begun: Vec<usize> = (0..lines)
                    .filter(|line| known.lines.get(*line).is_some_and(|line| !line.refresh.is_empty()))
                    .collect();
                let line = begun.len().checked_sub(1 + self.chance.below(begun.len().min(4)));
                let line = *begun.get(line?)?;
                let held = self.realms.get(realm)?.lines.get(line)?.refresh.len();
                let older = if self.chance.percent(65) {
                    0
                } else {
                    self.chance.below(held)
                };
                let index = held.checked_sub(1 + older)?;
                let wish = Wish {
                    scope: self.chance.percent(40).then(|| self.some_scopes()),
                    payments: self.some_wish_to_pay(realm, line),
                };
                Some(Action::Refresh {
                    realm,
                    line,
                    index,
                    wish,
                })
            }
            70..78 => {
                let place = self.chance.pick(&PLACES).copied()?;
                let scope = self.some_scopes();
                Some(Action::Machine { realm, place, scope })
            }
            78..88 => {
                let of_line = line.filter(|_| self.chance.percent(40));
                let held = of_line
                    .and_then(|line| self.realms.get(realm)?.lines.get(line))
                    .map(|line| line.refresh.len());
                let what = match (of_line, held) {
                    (Some(line), Some(held)) if held > 0 => Given::Refresh {
                        line,
                        index: self.chance.below(held),
                    },
                    _ if tokens > 0 => Given::Access(self.chance.below(tokens)),
                    _ => return None,
                };
                Some(Action::GiveBack { realm, what })
            }
            88..93 => {
                let person = self.chance.below(2);
                let app = self.chance.percent(75).then(|| self.chance.below(3));
                let able = self.realms.get(realm)?.people.get(person)?.power == Power::On;
                able.then_some(Action::Stop {
                    realm,
                    person,
                    app,
                    upto: lines,
                })
            }
            _ => {
                let spared = self.chance.percent(60); // mostly people are there: else little happens
                let who = match self.chance.below(4) {
                    0 => Who::Machine,
                    1 => Who::Person(self.chance.below(2)),
                    _ => Who::App(self.chance.below(3)),
                };
                let from = self.realms.get_mut(realm)?.power_of(who)?;
                let to = match from {
                    Power::On if spared => return None,
                    Power::On => Power::Off,
                    Power::Off => Power::On,
                    Power::Unsure => return None,
                };
                Some(Action::Switch {
                    realm,
                    who,
                    to,
                    from: *from,
                })
            }
        }
    }

    pub(crate) fn some_scopes(&mut self) -> Scopes {
        match self.chance.below(3) {
            0 => [SCOPES[0]].into(),
            1 => [SCOPES[1]].into(),
            _ => SCOPES.into(),
        }
    }

    /// None mostly, else one or two.
    pub(crate) fn some_payments(&mut self) -> Vec<Payment> {
        let mut payments = Vec::new();
        for _ in 0..self.chance.below(6).saturating_sub(3) {
            let to = self.chance.pick(&PAYEES).copied().unwrap_or(PAYEES[0]);
            let amount = i64::try_from(self.chance.below(9)).unwrap_or(0);
            let payment = Payment { to, amount };
            if !payments.contains(&payment) {
                payments.push(payment);
            }
        }
        payments
    }

    /// What a refresh of a line says of payments: mostly nothing, else less than it may or whatever comes to mind.
    fn some_wish_to_pay(&mut self, realm: usize, line: usize) -> Option<Vec<Payment>> {
        let payments = match self.chance.below(5) {
            0 => self.some_payments(),
            1 => {
                let less = i64::try_from(self.chance.below(3)).unwrap_or(0);
                let mut payments = self.realms.get(realm)?.lines.get(line)?.payments.clone();
                payments.truncate(1);
                for payment in &mut payments {
                    payment.amount = (payment.amount - less).max(0);
                }
                payments
            }
            _ => return None,
        };
        Some(payments).filter(|payments| !payments.is_empty())
    }

    /// Whether the end of one depends on when the other runs: they touch the same line, or one of them may touch any.
    pub(crate) fn cross(&self, one: &Action, other: &Action) -> bool {
        let line = self.line_of(one);
        let same_line = line.is_some() && line == self.line_of(other);
        one.realm() == other.realm() && (one.is_wide() || other.is_wide() || same_line)
    }

    fn line_of(&self, action: &Action) -> Option<usize> {
        match action {
            Action::Redeem { line, .. }
            | Action::Refresh { line, .. }
            | Action::GiveBack {
                what: Given::Refresh { line, .. },
                ..
            } => Some(*line),
            Action::GiveBack {
                realm,
                what: Given::Access(token),
            } => self.realms.get(*realm)?.tokens.get(*token)?.line,
            Action::Machine { .. } | Action::Stop { .. } | Action::Switch { .. } => None,
        }
    }

    fn realm_of(&self, action: &Action) -> Checked<&Realm> {
        self.realms.get(action.realm()).ok_or_else(|| "no realm".to_owned())
    }

    /// Whether what it acts on is known to be dead, or used up, before it begins.
    pub(crate) fn is_late(&self, action: &Action) -> bool {
        let line = |line: &usize| self.realms.get(action.realm()).and_then(|realm| realm.lines.get(*line));
        match action {
            Action::Redeem { line: of, .. } => line(of).is_some_and(|line| {
                line.life == Life::Dead || line.spent || self.now() > line.born + line.way.seconds()
            }),
            Action::Refresh { line: of, .. } => line(of).is_some_and(|line| line.life == Life::Dead),
            Action::Machine { .. } | Action::GiveBack { .. } | Action::Stop { .. } | Action::Switch { .. } => false,
        }
    }

    /// The request of an action; none when the page has nothing to press.
    #[expect(clippy::too_many_lines, reason = "one table of requests")]
    pub(crate) async fn prepare(&mut self, action: &Action) -> Checked<Option<Request>> {
        let world = self.world()?;
        if let Action::Stop { realm, person, app, .. } = action {
            return self.prepare_stop(&world, *realm, *person, *app).await;
        }
        let realm = self.realm_of(action)?;
        let line = |line: usize| realm.lines.get(line).ok_or_else(|| "no line".to_owned());
        let app_of = |line: &Line| realm.apps.get(line.app).ok_or_else(|| "no app".to_owned());
        match action {
            Action::Redeem { line: of, wrong, .. } => {
                let line = line(*of)?;
                let form = match &line.way {
                    Way::Code(asking) => {
                        let made_up = unique() + &"x".repeat(43);
                        let verifier = if *wrong { made_up } else { asking.verifier.clone() };
                        vec![
                            ("grant_type", "authorization_code".to_owned()),
                            ("code", line.code.clone()),
                            ("redirect_uri", CALLBACK.to_owned()),
                            ("code_verifier", verifier),
                        ]
                    }
                    Way::Device => {
                        let code = if *wrong {
                            format!("{}x", line.code)
                        } else {
                            line.code.clone()
                        };
                        vec![("grant_type", DEVICE.to_owned()), ("device_code", code)]
                    }
                };
                let app = app_of(line)?;
                post(
                    &world,
                    &realm.tenant,
                    &app.client,
                    app.key.as_ref(),
                    "/oauth2/token",
                    form,
                )
                .await
                .map(Some)
            }
            Action::Refresh {
                line: of, index, wish, ..
            } => {
                let line = line(*of)?;
                let app = app_of(line)?;
                let mut form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", line.refresh.get(*index).cloned().unwrap_or_default()),
                ];
                form.extend(wish.scope.as_ref().map(|scope| ("scope", text(scope))));
                form.extend(wish.payments.as_ref().map(|wanted| (DETAILS, as_details(wanted))));
                post(
                    &world,
                    &realm.tenant,
                    &app.client,
                    app.key.as_ref(),
                    "/oauth2/token",
                    form,
                )
                .await
                .map(Some)
            }
            Action::Machine { place, scope, .. } => {
                let form = vec![
                    ("grant_type", "client_credentials".to_owned()),
                    ("resource", (*place).to_owned()),
                    ("scope", text(scope)),
                ];
                post(&world, &realm.tenant, &realm.machine, None, "/oauth2/token", form)
                    .await
                    .map(Some)
            }
            Action::GiveBack { what, .. } => {
                let (token, owner) = match what {
                    Given::Access(token) => {
                        let token = realm.tokens.get(*token).ok_or("no token")?;
                        let owner = match token.line {
                            None => &realm.machine,
                            Some(of) => &app_of(line(of)?)?.client,
                        };
                        (token.text.clone(), owner)
                    }
                    Given::Refresh { line: of, index } => {
                        let line = line(*of)?;
                        (
                            line.refresh.get(*index).cloned().unwrap_or_default(),
                            &app_of(line)?.client,
                        )
                    }
                };
                post(
                    &world,
                    &realm.tenant,
                    owner,
                    None,
                    "/oauth2/revoke",
                    vec![("token", token)],
                )
                .await
                .map(Some)
            }
            Action::Switch { who, to, .. } => {
                let path = match who {
                    Who::Machine => format!("/admin/v1/clients/{}", realm.machine.id),
                    Who::App(app) => format!("/admin/v1/clients/{}", realm.apps.get(*app).ok_or("no app")?.client.id),
                    Who::Person(person) => {
                        format!(
                            "/admin/v1/users/{}",
                            realm.people.get(*person).ok_or("nobody")?.person.id
                        )
                    }
                };
                Ok(Some(Request::Plain {
                    tenant: realm.tenant.clone(),
                    method: "PATCH",
                    path,
                    headers: vec![
                        ("authorization", format!("Bearer {}", realm.tenant.admin_token)),
                        ("content-type", "application/json".to_owned()),
                    ],
                    body: json!({ "disabled": *to == Power::Off }).to_string(),
                }))
            }
            Action::Stop { .. } => Ok(None),
        }
    }

    async fn prepare_stop(
        &mut self,
        world: &World,
        realm: usize,
        person: usize,
        app: Option<usize>,
    ) -> Checked<Option<Request>> {
        let realm = self.realms.get_mut(realm).ok_or("no realm")?;
        let person = realm.people.get_mut(person).ok_or("nobody")?;
        let mut page = person.browser.visit(world, "/agents").await;
        if page.has_form("sign-in") {
            page = person
                .browser
                .sign_in(world, &page, &person.person.login, &person.person.password)
                .await;
            page = person.browser.follow(world, page).await;
        }
        let form = match app.and_then(|app| realm.apps.get(app)) {
            Some(app) => page.find_form(&format!("name=\"client\" value=\"{}\"", app.client.id)),
            None => page.find_form("id=\"stop-all\""),
        };
        Ok(form.map(|form| Request::Form {
            browser: person.browser.clone(),
            form,
        }))
    }

    /// A person is asked by an app, and says yes or no. It is not held: what it makes is new, so nothing can race with it.
    #[expect(clippy::too_many_lines, reason = "one walk through the pages")]
    pub(crate) async fn approve(&mut self) -> Checked {
        let world = self.world()?;
        let (at, of, who) = (
            self.chance.below(self.realms.len()),
            self.chance.below(3),
            self.chance.below(2),
        );
        let place = self.chance.pick(&PLACES).copied().unwrap_or(PLACES[0]);
        let approved = self.some_scopes();
        let mut payments = self.some_payments();
        let (pushed, yes) = (self.chance.percent(25), self.chance.percent(90));
        let without = self.chance.percent(30);
        let extra = match self.chance.below(8) {
            0 => Some(("prompt", "login")),
            1 => Some(("prompt", "consent")),
            2 => Some(("max_age", "5")),
            3 => Some(("acr_values", "1")),
            4 => Some(("acr_values", "phr")),
            _ => None,
        };
        let realm = self.realms.get_mut(at).ok_or("no realm")?;
        let (app, person) = (
            realm.apps.get(of).ok_or("no app")?,
            realm.people.get_mut(who).ok_or("nobody")?,
        );
        if app.power == Power::Unsure || person.power == Power::Unsure {
            return Ok(());
        }
        let able = app.power == Power::On && person.power == Power::On;
        let mut asking = Asking::of(&app.client.id, CALLBACK, Some(place), Some(&text(&approved)));
        if let Some((name, value)) = extra {
            asking = asking.with(name, Some(value));
        }
        if !payments.is_empty() {
            asking = asking.with(DETAILS, Some(&as_details(&payments)));
        }
        let mut path = asking.path();
        if pushed {
            let form = asking
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let request = post(
                &world,
                &realm.tenant,
                &app.client,
                app.key.as_ref(),
                "/oauth2/par",
                form,
            )
            .await?;
            let answer = request.send(&world).await;
            path = match answer.status {
                201 if app.power == Power::On => {
                    let pairs = [
                        ("client_id", app.client.id.clone()),
                        ("request_uri", answer.text_of("request_uri").to_owned()),
                    ];
                    let query: Vec<String> = pairs
                        .iter()
                        .map(|(name, value)| format!("{name}={}", escaped(value)))
                        .collect();
                    format!("/oauth2/authorize?{}", query.join("&"))
                }
                201 => return Err("an app that is switched off pushed a request".to_owned()),
                _ if app.power == Power::Off => return Ok(()),
                _ => return Err(format!("a good request cannot be pushed: {answer:?}")),
            };
        }
        let (login, password) = (person.person.login.clone(), person.person.password.clone());
        let mut page = person.browser.visit(&world, &path).await;
        if page.has_form("sign-in") {
            page = person.browser.sign_in(&world, &page, &login, &password).await;
        }
        let asked = page.has_form("consent");
        if asked {
            let left_out = left_out(&page, without, &mut payments);
            let changes = decided(yes, left_out.as_deref());
            page = person.browser.submit(&world, &page, "consent", &changes).await;
        }
        let code = page.parameter("code");
        let strong = extra == Some(("acr_values", "phr"));
        let (born, outcome) = (world.now(), if code.is_some() { "a code" } else { "no code" });
        self.note(
            "approve",
            &format!(
                "{at} {of} {who} {place} {approved:?} {payments:?} {extra:?} pushed {pushed} asked {asked} yes {yes}: {outcome}"
            ),
        );
        match code {
            Some(_) if !able => Err("somebody who is switched off gave a yes, or got one".to_owned()),
            Some(_) if asked && !yes => Err("a no gave a code".to_owned()),
            Some(_) if !asked && !payments.is_empty() => Err("nobody was asked about a payment".to_owned()),
            Some(_) if strong => Err("a sign-in by password counts as one that resists phishing".to_owned()),
            Some(code) => {
                let line = Line {
                    app: of,
                    person: who,
                    place,
                    approved,
                    payments,
                    life: Life::Lives,
                    code,
                    way: Way::Code(Box::new(asking)),
                    born,
                    redeemed: 0,
                    spent: false,
                    refresh: Vec::new(),
                    turns: Vec::new(),
                };
                self.realms.get_mut(at).ok_or("no realm")?.lines.push(line);
                Ok(())
            }
            None if able && (yes || !asked) && !strong => Err(format!("a yes gave no code: {page:?}")),
            None => Ok(()),
        }
    }

    /// A device asks, and a person types its code, reads who asks, and says yes or no. It is not held, for the same reason.
    pub(crate) async fn approve_device(&mut self) -> Checked {
        let world = self.world()?;
        let (at, of, who) = (
            self.chance.below(self.realms.len()),
            self.chance.below(3),
            self.chance.below(2),
        );
        let place = self.chance.pick(&PLACES).copied().unwrap_or(PLACES[0]);
        let approved = self.some_scopes();
        let mut payments = self.some_payments();
        let (yes, without) = (self.chance.percent(85), self.chance.percent(30));
        let realm = self.realms.get_mut(at).ok_or("no realm")?;
        let (app, person) = (
            realm.apps.get(of).ok_or("no app")?,
            realm.people.get_mut(who).ok_or("nobody")?,
        );
        if app.power == Power::Unsure || person.power == Power::Unsure {
            return Ok(());
        }
        let mut form = vec![("resource", place.to_owned()), ("scope", text(&approved))];
        form.extend((!payments.is_empty()).then(|| (DETAILS, as_details(&payments))));
        let path = "/oauth2/device_authorization";
        let request = post(&world, &realm.tenant, &app.client, None, path, form).await?;
        let asked = request.send(&world).await;
        match (asked.status, app.power) {
            (200, Power::On) => {}
            (400.., Power::Off) => return Ok(()),
            _ => return Err(format!("a device asks: {asked:?}")),
        }
        let (code, typed) = (
            asked.text_of("device_code").to_owned(),
            asked.text_of("user_code").to_owned(),
        );
        let born = world.now();
        let (login, password) = (person.person.login.clone(), person.person.password.clone());
        let mut page = person.browser.visit(&world, "/device").await;
        if page.has_form("sign-in") {
            page = person.browser.sign_in(&world, &page, &login, &password).await;
        }
        if let Some(form) = page.find_form("name=\"user_code\"") {
            page = person.browser.post(&world, &form, &[("user_code", &typed)]).await;
            page = person.browser.follow(&world, page).await;
        }
        let question = page.find_form("/approvals/");
        let shown = question.is_some();
        if let Some(form) = question {
            let left_out = left_out(&page, without, &mut payments);
            let changes = decided(yes, left_out.as_deref());
            page = person.browser.post(&world, &form, &changes).await;
        }
        let able = person.power == Power::On;
        self.note(
            "device",
            &format!("{at} {of} {who} {place} {approved:?} {payments:?} shown {shown} yes {yes}"),
        );
        if shown != able {
            return Err(format!("who types a code is asked, and nobody else: {page:?}"));
        }
        if shown && yes {
            let line = Line {
                app: of,
                person: who,
                place,
                approved,
                payments,
                life: Life::Lives,
                code,
                way: Way::Device,
                born,
                redeemed: 0,
                spent: false,
                refresh: Vec::new(),
                turns: Vec::new(),
            };
            self.realms.get_mut(at).ok_or("no realm")?.lines.push(line);
            return Ok(());
        }
        // Nobody said yes: there is nothing to fetch.
        let realm = self.realms.get(at).ok_or("no realm")?;
        let app = realm.apps.get(of).ok_or("no app")?;
        let form = vec![("grant_type", DEVICE.to_owned()), ("device_code", code)];
        let request = post(
            &world,
            &realm.tenant,
            &app.client,
            app.key.as_ref(),
            "/oauth2/token",
            form,
        )
        .await?;
        let answer = request.send(&world).await;
        let expected = if shown {
            "access_denied"
        } else {
            "authorization_pending"
        };
        if answer.error() != expected {
            return Err(format!("{expected} it should be: {answer:?}"));
        }
        Ok(())
    }

    /// Somebody shows what is not theirs, at this tenant or another one. It gives nothing, and harms nobody.
    pub(crate) async fn confuse(&mut self) -> Checked {
        let world = self.world()?;
        let at = self.chance.below(2);
        let other = if self.chance.percent(70) {
            at
        } else {
            self.chance.below(2)
        };
        let (of, by) = (self.chance.below(1000), self.chance.below(3));
        let how = self.chance.below(4);
        let (Some(victim), Some(thief)) = (self.realms.get(at), self.realms.get(other)) else {
            return Ok(());
        };
        // What can be stolen is what somebody holds.
        let held: Vec<&Line> = victim.lines.iter().filter(|line| !line.refresh.is_empty()).collect();
        let Some(line) = held.get(of % held.len().max(1)) else {
            return Ok(());
        };
        let (Some(app), Some(owner)) = (thief.apps.get(by), victim.apps.get(line.app)) else {
            return Ok(());
        };
        if at == other && by == line.app && how != 2 {
            return Ok(());
        }
        let form = |token: &String| {
            vec![
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", token.clone()),
            ]
        };
        let (what, request) = match how {
            // A refresh token, by another app.
            0 | 1 => {
                let Some(token) = line.refresh.last() else {
                    return Ok(());
                };
                let request = post(
                    &world,
                    &thief.tenant,
                    &app.client,
                    app.key.as_ref(),
                    "/oauth2/token",
                    form(token),
                )
                .await?;
                ("another's refresh token", request)
            }
            // A bound refresh token, with another key.
            2 => {
                let (Some(token), Some(_)) = (line.refresh.last(), &owner.key) else {
                    return Ok(());
                };
                let key = testkit::Key::new(proof::Algorithm::ES256);
                let request = post(
                    &world,
                    &victim.tenant,
                    &owner.client,
                    Some(&key),
                    "/oauth2/token",
                    form(token),
                )
                .await?;
                ("a refresh token with another key", request)
            }
            // An access token, where it means nothing.
            _ => {
                if at == other {
                    return Ok(());
                }
                let Some(token) = victim.tokens.get(of % victim.tokens.len().max(1)) else {
                    return Ok(());
                };
                let answer = introspect(&world, thief, &token.text).await;
                if answer.body != json!({ "active": false }) {
                    return Err(format!("a token counts at another tenant: {answer:?}"));
                }
                self.note("confuse", "an access token at another tenant");
                return Ok(());
            }
        };
        let answer = request.send(&world).await;
        self.note("confuse", &format!("{what}: {} {}", answer.status, answer.error()));
        if answer.status < 400 || answer.status >= 500 {
            return Err(format!("{what}: {answer:?}"));
        }
        Ok(())
    }
}

impl Realm {
    pub(crate) fn power_of(&mut self, who: Who) -> Option<&mut Power> {
        match who {
            Who::Machine => Some(&mut self.machine_power),
            Who::App(app) => self.apps.get_mut(app).map(|app| &mut app.power),
            Who::Person(person) => self.people.get_mut(person).map(|person| &mut person.power),
        }
    }
}

/// The first detail of a page, if it is to be left out: it is no longer among the payments then.
fn left_out(page: &Page, wanted: bool, payments: &mut Vec<Payment>) -> Option<String> {
    let (_, rest) = page.answer.text.split_once("name=\"without_detail\" value=\"")?;
    if !wanted || payments.is_empty() {
        return None;
    }
    payments.remove(0);
    rest.split('"').next().map(str::to_owned)
}

/// What a form says.
fn decided(yes: bool, left_out: Option<&str>) -> Vec<(&'static str, &str)> {
    let decision = if yes { "allow" } else { "deny" };
    let left_out = left_out.map(|digest| ("without_detail", digest));
    [("decision", decision)].into_iter().chain(left_out).collect()
}

/// Scopes as they travel.
pub(crate) fn text(scopes: &BTreeSet<&'static str>) -> String {
    scopes.iter().copied().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| format!("%{byte:02X}").into_bytes())
        .map(char::from)
        .collect()
}

/// What a gateway of a realm hears of a token.
pub(crate) async fn introspect(world: &World, realm: &Realm, token: &str) -> Answer {
    let form = [("token", token.to_owned())];
    realm
        .tenant
        .post(world, "/oauth2/introspect", &[realm.gateway.basic()], &form)
        .await
}

/// A form that a client posts, with its credential and the proof of its key.
pub(crate) async fn post(
    world: &World,
    tenant: &Tenant,
    client: &Client,
    key: Option<&testkit::Key>,
    path: &str,
    mut form: Vec<(&str, String)>,
) -> Checked<Request> {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    if client.method == "none" {
        form.retain(|(name, _)| *name != "client_id");
        form.push(("client_id", client.id.clone()));
    } else {
        let (more_headers, more) = client.credentials(world).await;
        headers.extend(more_headers);
        form.extend(more);
    }
    if let Some(key) = key {
        let answer = tenant
            .post(world, "/oauth2/token", &[("dpop", "x".to_owned())], &[])
            .await;
        let nonce = answer.header("dpop-nonce").ok_or("no nonce")?.to_owned();
        let claims = json!({
            "jti": unique(), "htm": "POST", "htu": format!("{}{path}", tenant.issuer), "iat": world.now(), "nonce": nonce,
        });
        headers.push(("dpop", world.dpop(key, &claims).await));
    }
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    Ok(Request::Plain {
        tenant: tenant.clone(),
        method: "POST",
        path: path.to_owned(),
        headers,
        body: body.join("&"),
    })
}

/// The scopes of an answer, which must be within these.
pub(crate) fn granted(answer: &Answer, within: &Scopes) -> Checked<Scopes> {
    let granted = scopes(answer.text_of("scope"))?;
    if granted.is_empty() || !granted.is_subset(within) {
        return Err(format!("granted {granted:?}, approved {within:?}"));
    }
    Ok(granted)
}
