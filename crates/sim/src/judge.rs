//! The server is asked about what everybody holds, and what it says is compared with what must be.

use testkit::Answer;

use crate::{
    act::{introspect, post},
    engine::{Checked, Sim},
    model::{Expected, payments, scopes},
};

impl Sim {
    /// After every step: all that hangs on what just died, and a few of the rest.
    pub(crate) async fn judge_some(&mut self) -> Checked {
        for at in 0..self.realms.len() {
            let Some(realm) = self.realms.get_mut(at) else { continue };
            let killed = std::mem::take(&mut realm.killed);
            let mut judged: Vec<usize> = (0..realm.tokens.len())
                .filter(|token| {
                    let line = realm.tokens.get(*token).and_then(|token| token.line);
                    line.is_some_and(|line| killed.contains(&line))
                })
                .collect();
            let held = realm.tokens.len();
            if held > 0 {
                judged.push(self.chance.below(held));
                judged.push(held.saturating_sub(1));
            }
            for token in judged {
                self.judge(at, token).await?;
            }
            for line in killed {
                self.judge_line(at, line).await?;
            }
        }
        Ok(())
    }

    /// Everything that anybody holds.
    pub(crate) async fn judge_all(&mut self) -> Checked {
        for at in 0..self.realms.len() {
            for token in 0..self.realms.get(at).map_or(0, |realm| realm.tokens.len()) {
                self.judge(at, token).await?;
            }
        }
        Ok(())
    }

    async fn judge(&mut self, at: usize, of: usize) -> Checked {
        let world = self.world()?;
        let now = self.now();
        let realm = self.realms.get_mut(at).ok_or("no realm")?;
        let token = realm.tokens.get(of).ok_or("no token")?;
        let answer = introspect(&world, realm, &token.text).await;
        let active = answer.body.get("active").and_then(serde_json::Value::as_bool);
        let active = active.ok_or_else(|| format!("introspection says nothing: {answer:?}"))?;
        match realm.expected(token, now) {
            Expected::Active if !active => {
                return Err(format!("a token that must count does not: {}", realm.told(at, of)));
            }
            Expected::Inactive if active => {
                return Err(format!("a token that must not count does: {}", realm.told(at, of)));
            }
            Expected::Active | Expected::Inactive | Expected::Either => {}
        }
        if active {
            let told = scopes(answer.text_of("scope"))?;
            if !told.is_subset(&token.scopes)
                || payments(answer.body.get("authorization_details"))? != token.payments
                || answer.text_of("client_id") != token.client
                || !names(&answer, token.place)
            {
                return Err(format!("a token says more than was given: {answer:?}, {token:?}"));
            }
        } else if !realm.may_return(token)
            && let Some(token) = realm.tokens.get_mut(of)
        {
            token.dead = true; // and what is dead stays dead
        }
        Ok(())
    }

    /// A line that died gives nothing any more.
    async fn judge_line(&mut self, at: usize, of: usize) -> Checked {
        let world = self.world()?;
        let realm = self.realms.get(at).ok_or("no realm")?;
        let line = realm.lines.get(of).ok_or("no line")?;
        let app = realm.apps.get(line.app).ok_or("no app")?;
        let Some(token) = line.refresh.last() else {
            return Ok(());
        };
        let form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.clone()),
        ];
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
        if answer.status < 400 || answer.status >= 500 {
            return Err(format!("a line that was stopped goes on: {answer:?}"));
        }
        Ok(())
    }
}

fn names(answer: &Answer, place: &str) -> bool {
    let audience = answer.body.get("aud");
    match audience {
        Some(serde_json::Value::String(one)) => one == place,
        Some(serde_json::Value::Array(all)) => all.iter().all(|one| one == place) && !all.is_empty(),
        _ => false,
    }
}
