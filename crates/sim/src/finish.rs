//! What an answer means: what must be true of it, and what is true from then on.

use proof::jws::Compact;
use testkit::Answer;

use crate::{
    act::{Action, Given, granted},
    engine::{Checked, Landed, Sim},
    model::{Life, Payment, Power, Realm, Scopes, Token, Way, Wish, lie_within, payments},
};

/// For how long the same refresh is answered again, in seconds (`docs/flows/refresh-token.md`).
const REPEAT_SECONDS: i64 = 10;

impl Sim {
    /// A request goes out: from now on nobody knows who is switched on, until it is heard.
    pub(crate) fn began(&mut self, action: &Action) {
        if let Action::Switch { realm, who, .. } = action {
            self.set_power(*realm, *who, Power::Unsure);
        }
    }

    fn set_power(&mut self, realm: usize, who: crate::act::Who, power: Power) {
        if let Some(known) = self.realms.get_mut(realm).and_then(|realm| realm.power_of(who)) {
            *known = power;
        }
    }

    /// It is on the disk, though nobody has heard of it. What stops somebody holds from here.
    pub(crate) fn committed(&mut self, action: &Action, crossed: bool) {
        let Some(realm) = self.realms.get_mut(action.realm()) else {
            return;
        };
        match action {
            // Tokens were made, or the line was ended: which of the two is heard later.
            Action::Redeem { line: of, wrong, .. } => {
                let spent = realm.lines.get(*of).is_some_and(|line| line.spent);
                match realm.lines.get_mut(*of) {
                    Some(line) if !*wrong && !spent => line.spent = true,
                    _ if spent || crossed => realm.doubt(*of),
                    _ => {}
                }
            }
            Action::Refresh { line: of, index, .. } => {
                let is_last = realm.lines.get(*of).is_some_and(|line| index + 1 == line.refresh.len());
                if !is_last || crossed {
                    realm.doubt(*of);
                }
            }
            Action::GiveBack { what, .. } => give_back(realm, *what),
            Action::Stop { person, app, upto, .. } => realm.stop(*person, *app, *upto),
            Action::Switch { realm, who, to, .. } => self.switched(*realm, *who, *to),
            Action::Machine { .. } => {}
        }
    }

    /// The process was killed under it.
    pub(crate) fn lost(&mut self, action: &Action, committed: bool) {
        match action {
            Action::Switch { realm, who, from, .. } if !committed => self.set_power(*realm, *who, *from),
            // Tokens were made that nobody has. The next try tells.
            Action::Redeem { realm, line, .. } | Action::Refresh { realm, line, .. } if committed => {
                if let Some(realm) = self.realms.get_mut(*realm) {
                    realm.doubt(*line);
                }
            }
            Action::Redeem { .. }
            | Action::Refresh { .. }
            | Action::Machine { .. }
            | Action::GiveBack { .. }
            | Action::Stop { .. }
            | Action::Switch { .. } => {}
        }
    }

    fn switched(&mut self, at: usize, who: crate::act::Who, to: Power) {
        self.set_power(at, who, to);
        // Whether what a person allowed stands when they come back is not said here.
        if let (crate::act::Who::Person(person), Some(realm)) = (who, self.realms.get_mut(at)) {
            for line in 0..realm.lines.len() {
                if realm.lines.get(line).is_some_and(|line| line.person == person) {
                    realm.doubt(line);
                }
            }
        }
    }

    pub(crate) fn finish(&mut self, landed: Landed) -> Checked {
        let Landed {
            action,
            answer,
            crossed,
            failed,
            started,
            late,
        } = landed;
        let now = self.now();
        let good = answer.status < 400;
        if failed && !good {
            // Nothing was written: whatever it was, it can be done again.
            if let Action::Switch { realm, who, from, .. } = action {
                self.set_power(realm, who, from);
            }
            return Ok(());
        }
        if good && late {
            return Err(format!("what was dead, spent or too old gave tokens: {answer:?}"));
        }
        let realm = self.realms.get_mut(action.realm()).ok_or("no realm")?;
        match &action {
            Action::Redeem { line, wrong, .. } => {
                if good && *wrong {
                    return Err("a wrong verifier redeemed a code".to_owned());
                }
                redeemed(realm, *line, &answer, *wrong, crossed, (started, now))
            }
            Action::Refresh { line, index, wish, .. } => {
                refreshed(realm, *line, *index, wish, &answer, crossed, (started, now))
            }
            Action::Machine { place, scope, .. } => {
                let registered = Scopes::from(["read"]);
                let within: Scopes = scope.intersection(&registered).copied().collect();
                if good {
                    let scopes = granted(&answer, &within)?;
                    let client = realm.machine.id.clone();
                    realm
                        .tokens
                        .push(token(&answer, None, client, place, scopes, &[], started)?);
                } else if scope.is_subset(&registered) && realm.machine_power == Power::On && !crossed {
                    return Err(format!("a machine does not get what is its own: {answer:?}"));
                }
                Ok(())
            }
            Action::GiveBack { what, .. } => {
                if good {
                    give_back(realm, *what);
                } else if !crossed
                    && realm.apps.iter().all(|app| app.power == Power::On)
                    && realm.machine_power == Power::On
                {
                    return Err(format!("a token cannot be given back: {answer:?}"));
                }
                Ok(())
            }
            Action::Stop { person, app, upto, .. } => {
                let stopped = answer
                    .header("location")
                    .is_some_and(|place| place.contains("/agents?stopped"));
                if stopped {
                    realm.stop(*person, *app, *upto);
                } else if !crossed {
                    return Err(format!("stopping does not stop: {answer:?}"));
                }
                Ok(())
            }
            Action::Switch { realm, who, to, from } => {
                if good {
                    self.switched(*realm, *who, *to);
                    return Ok(());
                }
                self.set_power(*realm, *who, *from);
                Err(format!("a switch does not work: {answer:?}"))
            }
        }
    }
}

impl Realm {
    /// A person stopped an app, or all of them. What they allowed while that was under way may have been too late for it.
    fn stop(&mut self, person: usize, app: Option<usize>, upto: usize) {
        for place in 0..self.lines.len() {
            let touched = self
                .lines
                .get(place)
                .is_some_and(|line| line.person == person && app.is_none_or(|app| app == line.app));
            if touched && place < upto {
                self.kill(place);
            } else if touched {
                self.doubt(place);
            }
        }
    }

    /// Whether app and person of a line are both switched on.
    fn able(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| {
            self.apps.get(line.app).is_some_and(|app| app.power == Power::On)
                && self
                    .people
                    .get(line.person)
                    .is_some_and(|person| person.power == Power::On)
        })
    }
}

fn give_back(realm: &mut Realm, what: Given) {
    match what {
        Given::Access(token) => {
            if let Some(token) = realm.tokens.get_mut(token) {
                token.dead = true;
            }
        }
        Given::Refresh { line, .. } => realm.kill(line),
    }
}

fn token(
    answer: &Answer,
    line: Option<usize>,
    client: String,
    place: &'static str,
    scopes: Scopes,
    approved: &[Payment],
    started: i64,
) -> Checked<Token> {
    let seconds = answer.body.get("expires_in").and_then(serde_json::Value::as_i64);
    let seconds = seconds
        .filter(|seconds| (1..=3600).contains(seconds))
        .ok_or("a token without an end")?;
    let text = answer.text_of("access_token").to_owned();
    let claims = Compact::parse(&text).map_err(|_| "no token")?.claims_unverified();
    let claims = claims.map_err(|_| "a token without claims")?;
    let paying = payments(claims.get("authorization_details"))?;
    if payments(answer.body.get("authorization_details"))? != paying || !lie_within(&paying, approved) {
        return Err(format!("approved {approved:?}, a token for {paying:?}: {answer:?}"));
    }
    Ok(Token {
        text,
        line,
        client,
        place,
        scopes,
        payments: paying,
        expires: started.saturating_add(seconds),
        dead: false,
    })
}

fn redeemed(
    realm: &mut Realm,
    of: usize,
    answer: &Answer,
    wrong: bool,
    crossed: bool,
    (started, now): (i64, i64),
) -> Checked {
    let able = realm.able(of);
    let line = realm.lines.get_mut(of).ok_or("no line")?;
    if answer.status == 200 {
        if line.redeemed > 0 {
            return Err("a code gave tokens twice".to_owned());
        }
        (line.redeemed, line.spent) = (1, true);
        let scopes = granted(answer, &line.approved)?;
        if scopes != line.approved {
            return Err(format!("approved {:?}, given {scopes:?}", line.approved));
        }
        line.refresh.push(answer.text_of("refresh_token").to_owned());
        let (place, app, approved) = (line.place, line.app, line.payments.clone());
        let client = realm.apps.get(app).map(|app| app.client.id.clone()).unwrap_or_default();
        let made = token(answer, Some(of), client, place, scopes, &approved, started)?;
        if made.payments != approved {
            return Err(format!("approved {approved:?}, given {:?}", made.payments));
        }
        realm.tokens.push(made);
        return Ok(());
    }
    let fresh = now < line.born + line.way.seconds();
    let too_soon = answer.error() == "slow_down";
    if !crossed && able && !wrong && !line.spent && line.life == Life::Lives && fresh && !too_soon {
        return Err(format!("a good code gives nothing: {answer:?}"));
    }
    if too_soon {
        return Ok(()); // a device that asks too often is told so, and nothing happens
    }
    // A code that is shown once more ends what it gave; a device asks as often as it likes.
    let by_code = matches!(line.way, Way::Code(_));
    let again = by_code && line.spent && !wrong && able && answer.error() == "invalid_grant";
    if again && !crossed && started == now {
        realm.kill(of);
    } else {
        realm.doubt(of);
    }
    Ok(())
}

fn refreshed(
    realm: &mut Realm,
    of: usize,
    index: usize,
    wish: &Wish,
    answer: &Answer,
    crossed: bool,
    (started, now): (i64, i64),
) -> Checked {
    let able = realm.able(of);
    let line = realm.lines.get_mut(of).ok_or("no line")?;
    let asked = wish.scope.as_ref().unwrap_or(&line.approved);
    let asked_to_pay = wish.payments.as_ref().unwrap_or(&line.payments).clone();
    let turn = line.turns.get(index).cloned();
    let same = turn.as_ref().is_some_and(|(_, before)| before == wish);
    let soon = turn
        .as_ref()
        .is_some_and(|(at, _)| started.saturating_sub(*at) <= REPEAT_SECONDS);
    let is_last = index + 1 == line.refresh.len();
    let repeats = same && soon && index + 2 == line.refresh.len(); // of one whose successor was used, nothing is repeated
    if answer.status == 200 {
        let scopes = granted(answer, &line.approved)?;
        if !scopes.is_subset(asked) {
            return Err(format!("asked {asked:?}, given {scopes:?}"));
        }
        let next = answer.text_of("refresh_token").to_owned();
        match line.refresh.iter().position(|known| *known == next) {
            Some(place) if place == index + 1 => {
                if !crossed && !repeats {
                    return Err("a used refresh token is answered though nothing is repeated".to_owned());
                }
            }
            Some(place) => return Err(format!("refresh token {index} gives number {place}")),
            None if is_last => {
                line.refresh.push(next);
                line.turns.push((now, wish.clone()));
            }
            None => {
                return Err(format!(
                    "refresh token {index} of {} turned a second time",
                    line.refresh.len()
                ));
            }
        }
        let (place, app, approved) = (line.place, line.app, line.payments.clone());
        let client = realm.apps.get(app).map(|app| app.client.id.clone()).unwrap_or_default();
        let made = token(answer, Some(of), client, place, scopes, &approved, started)?;
        if made.payments != asked_to_pay {
            return Err(format!("asked {asked_to_pay:?}, given {:?}", made.payments));
        }
        realm.tokens.push(made);
        return Ok(());
    }
    let wide = !asked.is_subset(&line.approved) || !lie_within(&asked_to_pay, &line.payments);
    if !crossed && able && line.life == Life::Lives && !wide && (is_last || repeats) {
        return Err(format!("a good refresh token gives nothing: {answer:?}"));
    }
    match answer.error() {
        "invalid_scope" | "invalid_authorization_details" if wide => {} // told, and nothing happened
        _ if crossed || !able => realm.doubt(of),
        // One that was used before ends its line.
        "invalid_grant" if !is_last => realm.kill(of),
        _ => realm.doubt(of),
    }
    Ok(())
}
