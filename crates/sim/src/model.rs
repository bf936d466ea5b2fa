//! What must be true, kept beside the server and by other means: plain lists of who approved what, and what has become of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{Asking, Browser, Client, Key, Person, Tenant};

/// The places that tokens are for. Every tenant has both.
pub(crate) const PLACES: [&str; 2] = ["https://mcp.example/mcp", "https://api.example/v1"];
/// The scopes of each place.
pub(crate) const SCOPES: [&str; 2] = ["read", "write"];

/// A set of scopes.
pub(crate) type Scopes = BTreeSet<&'static str>;

/// Reads the `scope` member of an answer; what is none of ours stays as an error.
pub(crate) fn scopes(text: &str) -> Result<Scopes, String> {
    text.split(' ')
        .filter(|name| !name.is_empty())
        .map(|name| {
            SCOPES
                .into_iter()
                .find(|known| *known == name)
                .ok_or_else(|| format!("a scope that nobody approved: {name:?}"))
        })
        .collect()
}

/// Who can be paid.
pub(crate) const PAYEES: [&str; 2] = ["Acme", "Bolt"];

/// What exactly may be done: at most so much, to somebody (RFC 9396).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Payment {
    pub(crate) to: &'static str,
    pub(crate) amount: i64,
}

/// The type of payments, as an administrator registers it.
pub(crate) fn payment_type() -> Value {
    json!({
        "type": "payment", "name": "Payment", "words": { "en": "pay {amount} to {to}" }, "narrowing": { "amount": "at_most" },
        "schema": {
            "properties": { "type": { "const": "payment" }, "amount": { "type": "integer" }, "to": { "type": "string" } },
            "required": ["amount", "to"], "additionalProperties": false,
        },
    })
}

/// Payments as they are asked for.
pub(crate) fn as_details(payments: &[Payment]) -> String {
    let detail = |payment: &Payment| json!({ "type": "payment", "amount": payment.amount, "to": payment.to });
    payments.iter().map(detail).collect::<Value>().to_string()
}

/// Reads the payments that an answer, a token or introspection tells of; what is none stays as an error.
pub(crate) fn payments(told: Option<&Value>) -> Result<Vec<Payment>, String> {
    let Some(told) = told else { return Ok(Vec::new()) };
    let wrong = || format!("details that nobody approved: {told}");
    let read = |detail: &Value| {
        let to = detail.get("to").and_then(Value::as_str)?;
        let to = PAYEES.into_iter().find(|known| *known == to)?;
        let amount = detail.get("amount").and_then(Value::as_i64)?;
        Some(Payment { to, amount })
    };
    let read: Option<Vec<Payment>> = told.as_array().ok_or_else(wrong)?.iter().map(read).collect();
    read.ok_or_else(wrong)
}

/// Whether each payment has one of its own among these that is to the same payee and not less: the largest of each payee are compared first.
pub(crate) fn lie_within(payments: &[Payment], approved: &[Payment]) -> bool {
    PAYEES.iter().all(|payee| {
        let to_them = |all: &[Payment]| {
            let mut amounts: Vec<i64> = all
                .iter()
                .filter(|one| one.to == *payee)
                .map(|one| one.amount)
                .collect();
            amounts.sort_unstable_by(|a, b| b.cmp(a));
            amounts
        };
        let (asked, approved) = (to_them(payments), to_them(approved));
        asked.len() <= approved.len() && asked.iter().zip(&approved).all(|(asked, approved)| asked <= approved)
    })
}

/// What a refresh asks for; nothing said of something is all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) scope: Option<Scopes>,
    pub(crate) payments: Option<Vec<Payment>>,
}

/// Whether what hangs on an approval is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It is, and must be.
    Lives,
    /// It may be: something raced, or broke off half way.
    Unsure,
    /// It is not, and never will be again.
    Dead,
}

/// Whether somebody is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    Off,
    /// A switch was thrown and nobody heard how it ended.
    Unsure,
}

/// A person with a browser.
#[derive(Debug)]
pub(crate) struct Citizen {
    pub(crate) person: Person,
    pub(crate) browser: Browser,
    pub(crate) power: Power,
}

/// An app that acts for people.
#[derive(Debug)]
pub(crate) struct SimApp {
    pub(crate) client: Client,
    /// The key that it proves with every request, if it is of that kind.
    pub(crate) key: Option<Key>,
    pub(crate) power: Power,
}

/// How a yes becomes tokens.
#[derive(Debug)]
pub(crate) enum Way {
    /// By a code that the browser brought, with this request behind it.
    Code(Box<Asking>),
    /// By a device that asks until somebody has answered.
    Device,
}

impl Way {
    /// For how long it can be redeemed, in seconds (`docs/flows/authorization-code.md`, `docs/flows/device-authorization.md`).
    pub(crate) fn seconds(&self) -> i64 {
        match self {
            Self::Code(_) => 60,
            Self::Device => 600,
        }
    }
}

/// One yes of a person, and all that hangs on it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) app: usize,
    pub(crate) person: usize,
    pub(crate) place: &'static str,
    /// What the person said yes to.
    pub(crate) approved: Scopes,
    /// And to what exactly.
    pub(crate) payments: Vec<Payment>,
    pub(crate) life: Life,
    /// What is redeemed.
    pub(crate) code: String,
    /// How it was come by.
    pub(crate) way: Way,
    /// When the code was made.
    pub(crate) born: i64,
    /// How often the code gave tokens, as far as anybody heard.
    pub(crate) redeemed: u32,
    /// The code is used up, whether or not anybody heard of it.
    pub(crate) spent: bool,
    /// The refresh tokens, in order.
    pub(crate) refresh: Vec<String>,
    /// When each of them but the last was turned into the next, and what was asked for then.
    pub(crate) turns: Vec<(i64, Wish)>,
}

/// An access token that somebody holds.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// The yes that it came of; a machine's own has none.
    pub(crate) line: Option<usize>,
    pub(crate) client: String,
    pub(crate) place: &'static str,
    pub(crate) scopes: Scopes,
    pub(crate) payments: Vec<Payment>,
    pub(crate) expires: i64,
    /// Given back, or seen inactive for a reason that does not pass.
    pub(crate) dead: bool,
}

/// A tenant and everybody in it.
#[derive(Debug)]
pub(crate) struct Realm {
    pub(crate) tenant: Tenant,
    pub(crate) gateway: Client,
    pub(crate) machine: Client,
    pub(crate) machine_power: Power,
    pub(crate) people: Vec<Citizen>,
    pub(crate) apps: Vec<SimApp>,
    pub(crate) lines: Vec<Line>,
    pub(crate) tokens: Vec<Token>,
    /// The lines that died since anybody looked.
    pub(crate) killed: Vec<usize>,
}

/// What is to be thought of a token now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Active,
    Inactive,
    Either,
}

impl Realm {
    /// The power of whoever stands behind a token: all are on, one is off, or it is not known.
    fn power(&self, token: &Token) -> Power {
        let powers = match token.line.and_then(|line| self.lines.get(line)) {
            None => [self.machine_power, Power::On],
            Some(line) => [
                self.apps.get(line.app).map_or(Power::Unsure, |app| app.power),
                self.people
                    .get(line.person)
                    .map_or(Power::Unsure, |person| person.power),
            ],
        };
        if powers.contains(&Power::Off) {
            Power::Off
        } else if powers.contains(&Power::Unsure) {
            Power::Unsure
        } else {
            Power::On
        }
    }

    /// What introspection must say of a token at a time.
    pub(crate) fn expected(&self, token: &Token, now: i64) -> Expected {
        let life = token
            .line
            .and_then(|line| self.lines.get(line))
            .map_or(Life::Lives, |line| line.life);
        let power = self.power(token);
        if token.dead || now >= token.expires || life == Life::Dead || power == Power::Off {
            Expected::Inactive
        } else if life == Life::Unsure || power == Power::Unsure {
            Expected::Either
        } else {
            Expected::Active
        }
    }

    /// Whether a token that is inactive now could become active again: somebody is switched off, or may be.
    pub(crate) fn may_return(&self, token: &Token) -> bool {
        self.power(token) != Power::On
    }

    /// A token in words.
    pub(crate) fn told(&self, at: usize, of: usize) -> String {
        let token = self.tokens.get(of);
        let line = token.and_then(|token| token.line).and_then(|line| self.lines.get(line));
        let of_token = token.map(|token| (token.line, token.place, &token.scopes, token.dead, token.expires));
        let of_line = line.map(|line| (line.app, line.person, line.life, line.spent, line.refresh.len()));
        format!(
            "tenant {at}, token {of} (line, place, scopes, dead, ends) {of_token:?}; its line (app, person, life, spent, held) {of_line:?}"
        )
    }

    /// A line is dead, for good.
    pub(crate) fn kill(&mut self, line: usize) {
        if let Some(known) = self.lines.get_mut(line) {
            known.life = Life::Dead;
            self.killed.push(line);
        }
    }

    /// Nobody knows what became of a line.
    pub(crate) fn doubt(&mut self, line: usize) {
        if let Some(line) = self.lines.get_mut(line)
            && line.life == Life::Lives
        {
            line.life = Life::Unsure;
        }
    }
}
