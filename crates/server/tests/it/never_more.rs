//! One property over every door that a person's yes goes through: whatever is asked, in whatever order, no token says more than somebody said yes to (S-15, S-16, S-32).
//!
//! A case is a list of steps against a world of its own. What fails is made smaller until no step can be left out, and is printed. The simulator looks for what races and deaths
//! do to the same flows; here everything happens in order, so that a fault is told by three lines.

use std::collections::BTreeSet;

use proof::jws::Compact;
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Page, Person, World};

use crate::{
    asked::{DEVICE_CODE, ask, id_in, of, poll, poll_deferred, typed},
    front::{WEB, boxes},
    setup::MCP,
};

const PLACES: [&str; 2] = [MCP, "https://api.example.com/v1"];
const SCOPES: [&str; 2] = ["read", "write"];
/// How long a sign-in may be ago where one of now is wanted: the tests' clock stands still between requests.
const NOW: &str = "0";

/// What is asked: scopes, and at most one payment of so many.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    scopes: BTreeSet<&'static str>,
    amount: Option<u8>,
}

/// How the person must have signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignIn {
    AsItIs,
    /// `max_age=0`: they prove themselves again (RFC 9470 s4).
    Again,
    /// `acr_values=phr`, which somebody with a password alone cannot reach.
    Stronger,
}

/// Where it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Plain(SignIn),
    Pushed(SignIn),
    Device,
}

#[derive(Clone, Debug)]
enum Step {
    /// Somebody is asked, leaves these out, and says yes to the rest, which is redeemed at once or not yet.
    Ask {
        door: Door,
        place: usize,
        wanted: Wanted,
        without: Wanted,
        redeemed: bool,
    },
    /// What they said yes to is redeemed, in part or at another place perhaps.
    Redeem {
        yes: Index,
        wanted: Option<Wanted>,
        elsewhere: bool,
    },
    /// A refresh token is shown, the newest or an older one.
    Refresh {
        line: Index,
        older: bool,
        wanted: Option<Wanted>,
        elsewhere: bool,
    },
    /// A refresh that asks for more and would wait; the person says yes but for these.
    More {
        line: Index,
        wanted: Wanted,
        without: Wanted,
    },
    /// Time passes.
    Wait(i64),
}

/// How a yes becomes tokens.
#[derive(Debug)]
enum Way {
    Code(Box<Asking>, String),
    Device(String),
    Deferral(String),
}

/// What a person said yes to.
#[derive(Debug)]
struct Yes {
    place: usize,
    given: Wanted,
    way: Way,
    /// They signed in no earlier than this.
    since: i64,
    /// Until when it is certainly good; none once it was used.
    fresh_until: Option<i64>,
    /// The line that asked for it, which must live on.
    asked_by: Option<usize>,
}

/// What hangs on a redeemed yes.
#[derive(Debug)]
struct Line {
    yes: usize,
    refresh: Vec<String>,
    /// It goes on for certain: nobody showed anything twice.
    lives: bool,
}

struct Case {
    world: World,
    alice: Person,
    browser: Browser,
    app: App,
    all: Vec<Yes>,
    lines: Vec<Line>,
    tokens: usize,
}

impl Case {
    async fn new() -> Self {
        let world = World::new().await;
        for place in PLACES {
            world.resource(place, &[]).await;
        }
        let made = world.admin("POST", "/admin/v1/detail-types", Some(&payment())).await;
        assert_eq!(made.status, 201, "{made:?}");
        let alice = world.person("alice@demo.test").await;
        let browser = world.signed_in(&alice).await;
        let members = json!({
            "client_name": "Atlas", "redirect_uris": [WEB],
            "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE],
        });
        let app = App::registered(&world, "none", &members, WEB).await;
        Self {
            world,
            alice,
            browser,
            app,
            all: Vec::new(),
            lines: Vec::new(),
            tokens: 0,
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Ask {
                door,
                place,
                wanted,
                without,
                redeemed,
            } => {
                let before = self.all.len();
                match door {
                    Door::Plain(how) => self.ask_in_browser(false, *how, *place, wanted, without).await,
                    Door::Pushed(how) => self.ask_in_browser(true, *how, *place, wanted, without).await,
                    Door::Device => self.ask_from_device(*place, wanted, without).await,
                }
                if *redeemed && self.all.len() > before {
                    self.redeem(before, None, false).await;
                }
            }
            Step::Redeem { yes, wanted, elsewhere } => {
                if !self.all.is_empty() {
                    self.redeem(yes.index(self.all.len()), wanted.as_ref(), *elsewhere)
                        .await;
                }
            }
            Step::Refresh {
                line,
                older,
                wanted,
                elsewhere,
            } => {
                if !self.lines.is_empty() {
                    let line = line.index(self.lines.len());
                    self.refresh(line, *older, wanted.as_ref(), *elsewhere).await;
                }
            }
            Step::More { line, wanted, without } => {
                if !self.lines.is_empty() {
                    self.more(line.index(self.lines.len()), wanted, without).await;
                }
            }
            Step::Wait(seconds) => self.world.advance(*seconds),
        }
    }

    async fn ask_in_browser(&mut self, pushed: bool, how: SignIn, place: usize, wanted: &Wanted, without: &Wanted) {
        let at = self.world.now();
        let mut asking = Asking::new(&self.app, Some(PLACES[place]), wanted.scope().as_deref());
        asking = match how {
            SignIn::AsItIs => asking,
            SignIn::Again => asking.with("max_age", Some(NOW)),
            SignIn::Stronger => asking.with("acr_values", Some("phr")),
        };
        asking = asking.with("authorization_details", wanted.details().as_deref());
        let path = if pushed {
            self.push(&asking).await
        } else {
            asking.path()
        };

        let mut page = self.browser.visit(&self.world, &path).await;
        let again = page.has_form("sign-in") || page.has_form("passkey");
        assert!(
            again || how == SignIn::AsItIs,
            "nobody steps up by being there: {}",
            told(&page)
        );
        if again {
            // Where a passkey is demanded the page takes nothing else. Whoever sends a password all the same is no stronger by it.
            let id = if how == SignIn::Stronger { "passkey" } else { "sign-in" };
            let mut form = page.form(id);
            assert_eq!(page.has_form("sign-in"), how != SignIn::Stronger, "{}", told(&page));
            "/sign-in".clone_into(&mut form.action);
            let fields = [("login", self.alice.login.as_str()), ("password", &self.alice.password)];
            page = self.browser.post(&self.world, &form, &fields).await;
            page = self.browser.follow(&self.world, page).await;
        }
        let shown = page.has_form("consent");
        let given = if shown {
            let (left, kept) = left_out(&page, wanted, without);
            let nothing = kept.is_nothing();
            let mut changes = vec![("decision", if nothing { "deny" } else { "allow" })];
            changes.extend(left.iter().map(|(name, value)| (*name, value.as_str())));
            page = self.browser.submit(&self.world, &page, "consent", &changes).await;
            kept
        } else {
            wanted.clone()
        };
        let Some(code) = page.parameter("code") else {
            let error = page.parameter("error");
            let expected = match how {
                SignIn::Stronger => "unmet_authentication_requirements",
                SignIn::AsItIs | SignIn::Again => "access_denied",
            };
            assert_eq!(error.as_deref(), Some(expected), "{}", told(&page));
            assert!(
                how == SignIn::Stronger || given.is_nothing(),
                "a yes is answered with a code: {}",
                told(&page)
            );
            return;
        };
        assert_ne!(how, SignIn::Stronger, "a password is no passkey");
        if !shown {
            // What nobody was asked about, somebody said yes to before; and never to a payment.
            let before = self.all.iter().filter(|yes| yes.place == place);
            let ever: BTreeSet<&str> = before.flat_map(|yes| yes.given.scopes.iter().copied()).collect();
            assert!(
                given.scopes.is_subset(&ever) && given.amount.is_none(),
                "nobody was asked about {given:?}"
            );
        }
        self.all.push(Yes {
            place,
            given,
            way: Way::Code(Box::new(asking), code),
            since: if how == SignIn::Again { at } else { 0 },
            fresh_until: Some(at + 59),
            asked_by: None,
        });
    }

    async fn push(&self, asking: &Asking) -> String {
        let form: Vec<(&str, String)> = asking
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let pushed = self.world.post("/oauth2/par", &[], &form).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        // What stands beside the name of a pushed request is not read (RFC 9126 s4).
        let name = pushed.text_of("request_uri").replace(':', "%3A");
        format!(
            "/oauth2/authorize?client_id={}&request_uri={name}&scope=read%20write&acr_values=1",
            self.app.client.id
        )
    }

    async fn ask_from_device(&mut self, place: usize, wanted: &Wanted, without: &Wanted) {
        let at = self.world.now();
        let mut form = vec![("resource", PLACES[place].to_owned())];
        form.extend(wanted.scope().map(|scope| ("scope", scope)));
        form.extend(wanted.details().map(|details| ("authorization_details", details)));
        let codes = of(&ask(&self.world, &self.app, &form, &[]).await);
        let page = typed(&self.world, &mut self.browser, &codes.user).await;
        let given = self.answered(&page, wanted, without).await;
        if !given.is_nothing() {
            self.all.push(Yes {
                place,
                given,
                way: Way::Device(codes.device),
                since: 0,
                fresh_until: Some(at + 599),
                asked_by: None,
            });
        }
    }

    /// Says yes on the page of a question, but for these; no when nothing would be left.
    async fn answered(&mut self, page: &Page, wanted: &Wanted, without: &Wanted) -> Wanted {
        let (left, kept) = left_out(page, wanted, without);
        let mut form = page.form("approval");
        form.fields
            .extend(left.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let decision = if kept.is_nothing() { "deny" } else { "allow" };
        let after = self.browser.post(&self.world, &form, &[("decision", decision)]).await;
        let after = self.browser.follow(&self.world, after).await;
        assert_eq!(after.answer.status, 200, "{}", told(&after));
        kept
    }

    async fn redeem(&mut self, of: usize, wanted: Option<&Wanted>, elsewhere: bool) {
        let now = self.world.now();
        let yes = &self.all[of];
        let mut form = less(wanted);
        form.extend(elsewhere.then(|| ("resource", PLACES[1 - yes.place].to_owned())));
        let answer = match &yes.way {
            Way::Code(asking, code) => {
                form.extend([
                    ("grant_type", "authorization_code".to_owned()),
                    ("code", code.clone()),
                    ("redirect_uri", WEB.to_owned()),
                    ("code_verifier", asking.verifier.clone()),
                ]);
                self.world.as_app(&self.app, &form, &[]).await
            }
            Way::Device(code) => poll(&self.world, &self.app, code, &[]).await,
            Way::Deferral(code) => poll_deferred(&self.world, &self.app, code, &[]).await,
        };
        let plain = (wanted.is_none() && !elsewhere) || !matches!(yes.way, Way::Code(..));
        let asker_lives = yes.asked_by.is_none_or(|line| self.lines[line].lives);
        let fresh = asker_lives && yes.fresh_until.is_some_and(|until| now <= until);
        if fresh && plain {
            Self::exactly(&answer, yes);
        }
        if self.checked(&answer, of) {
            assert!(self.all[of].fresh_until.is_some(), "a yes is redeemed once");
            self.all[of].fresh_until = None;
            self.lines.push(Line {
                yes: of,
                refresh: vec![answer.text_of("refresh_token").to_owned()],
                lives: true,
            });
        } else if self.all[of].fresh_until.is_none() {
            // Shown a second time: what hangs on it may end (RFC 6749 s4.1.2).
            let hanging = self.lines.iter_mut().filter(|line| line.yes == of);
            hanging.for_each(|line| line.lives = false);
        }
    }

    async fn refresh(&mut self, of: usize, older: bool, wanted: Option<&Wanted>, elsewhere: bool) {
        let line = &self.lines[of];
        let yes = line.yes;
        let back = usize::from(older && line.refresh.len() > 1);
        let Some(token) = line.refresh.iter().rev().nth(back).cloned() else {
            return;
        };
        let mut form = less(wanted);
        form.extend(elsewhere.then(|| ("resource", PLACES[1 - self.all[yes].place].to_owned())));
        let answer = self.world.refresh(&self.app, &token, &form, &[]).await;
        if line.lives && back == 0 && wanted.is_none() && !elsewhere {
            Self::exactly(&answer, &self.all[yes]);
        }
        let good = self.checked(&answer, yes);
        let line = &mut self.lines[of];
        if back > 0 && !good {
            line.lives = false;
        }
        let next = answer.text_of("refresh_token").to_owned();
        if good && !line.refresh.contains(&next) {
            line.refresh.push(next);
        }
    }

    async fn more(&mut self, of: usize, wanted: &Wanted, without: &Wanted) {
        let line = &self.lines[of];
        let (yes, place) = (line.yes, self.all[line.yes].place);
        let Some(token) = line.refresh.last().cloned() else {
            return;
        };
        let mut form = less(Some(wanted));
        form.push(("completion_mode", "deferred".to_owned()));
        let answer = self.world.refresh(&self.app, &token, &form, &[]).await;
        if answer.error() != "interaction_required" {
            if self.checked(&answer, yes) {
                let next = answer.text_of("refresh_token").to_owned();
                self.lines[of].refresh.push(next);
            }
            return;
        }
        let at = self.world.now();
        let list = self.browser.visit(&self.world, "/approvals").await;
        let page = self
            .browser
            .visit(&self.world, &format!("/approvals/{}", id_in(&list)))
            .await;
        // What is not asked otherwise is asked as the line has it (`docs/flows/deferred.md`).
        let had = &self.all[yes].given;
        let asked = Wanted {
            scopes: if wanted.scopes.is_empty() {
                had.scopes.clone()
            } else {
                wanted.scopes.clone()
            },
            amount: wanted.amount.or(had.amount),
        };
        let given = self.answered(&page, &asked, without).await;
        if !given.is_nothing() {
            self.all.push(Yes {
                place,
                given,
                way: Way::Deferral(answer.text_of("deferral_code").to_owned()),
                since: 0,
                fresh_until: Some(at + 3_599),
                asked_by: Some(of),
            });
        }
    }

    /// A token that says no more than this yes; false when there is none.
    fn checked(&mut self, answer: &Answer, yes: usize) -> bool {
        let yes = &self.all[yes];
        if answer.status != 200 {
            assert!((400..500).contains(&answer.status), "{answer:?}");
            assert!(answer.body.get("access_token").is_none() && answer.body.get("id_token").is_none());
            return false;
        }
        let claims = claims(answer);
        for told in [&claims, &answer.body] {
            let says = Wanted::read(told);
            assert!(
                says.is_within(&yes.given),
                "{says:?}, where {:?} was said yes to: {told}",
                yes.given
            );
        }
        assert_eq!(
            claims["aud"], PLACES[yes.place],
            "a token is for the place that was asked about"
        );
        let signed_in = claims["auth_time"].as_i64().unwrap_or_default();
        assert!(
            signed_in >= yes.since,
            "{signed_in}: a sign-in of {} was wanted",
            yes.since
        );
        self.tokens += 1;
        true
    }

    /// A yes that nobody touched gives what it says, neither less nor nothing: else the property would hold for a server that refuses.
    fn exactly(answer: &Answer, yes: &Yes) {
        assert_eq!(answer.status, 200, "a good yes is refused: {answer:?}");
        assert_eq!(Wanted::read(&answer.body), yes.given);
    }
}

impl Wanted {
    fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.iter().copied().collect::<Vec<_>>().join(" "))
    }

    fn details(&self) -> Option<String> {
        let pay = |amount: u8| json!([{ "type": "payment", "amount": amount }]).to_string();
        self.amount.map(pay)
    }

    fn is_nothing(&self) -> bool {
        self.scopes.is_empty() && self.amount.is_none()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.scopes.is_subset(&other.scopes) && self.amount.is_none_or(|amount| other.amount >= Some(amount))
    }

    /// What a token or an answer says; panics at what nobody can have asked for.
    fn read(told: &Value) -> Self {
        let words = told["scope"]
            .as_str()
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty());
        let known = |word: &str| {
            SCOPES
                .into_iter()
                .find(|scope| *scope == word)
                .expect("a scope that was asked")
        };
        let amount = told.get("authorization_details").map(|details| {
            let all = details.as_array().unwrap();
            assert_eq!(all.len(), 1, "{details}");
            let amount = all[0]["amount"].as_u64().unwrap();
            u8::try_from(amount).unwrap()
        });
        Self {
            scopes: words.map(known).collect(),
            amount,
        }
    }
}

/// The parameters of a token request that ask for this.
fn less(wanted: Option<&Wanted>) -> Vec<(&'static str, String)> {
    let Some(wanted) = wanted else { return Vec::new() };
    let scope = wanted.scope().map(|scope| ("scope", scope));
    let details = wanted.details().map(|details| ("authorization_details", details));
    scope.into_iter().chain(details).collect()
}

/// The boxes of a page that are ticked to leave things out, and what is left of what was asked.
fn left_out(page: &Page, wanted: &Wanted, without: &Wanted) -> (Vec<(&'static str, String)>, Wanted) {
    let mut kept = wanted.clone();
    let mut left = Vec::new();
    for scope in boxes(page)
        .iter()
        .filter(|scope| without.scopes.contains(scope.as_str()))
    {
        kept.scopes.remove(scope.as_str());
        left.push(("without", scope.clone()));
    }
    let detail = page.answer.text.split("name=\"without_detail\" value=\"").nth(1);
    if let Some(value) = detail.and_then(|rest| rest.split('"').next())
        && without.amount.is_some()
    {
        kept.amount = None;
        left.push(("without_detail", value.to_owned()));
    }
    (left, kept)
}

/// A page in short: what a case that is made smaller prints again and again.
fn told(page: &Page) -> String {
    let heading = page
        .answer
        .text
        .split("<h1")
        .nth(1)
        .and_then(|rest| rest.split("</h1>").next());
    format!(
        "{} {:?} {:?} {heading:?}",
        page.answer.status,
        page.location(),
        page.problem()
    )
}

fn claims(answer: &Answer) -> Value {
    let token = answer.text_of("access_token");
    Value::Object(Compact::parse(token).unwrap().claims_unverified().unwrap())
}

/// A payment of at most so many.
fn payment() -> Value {
    json!({
        "type": "payment", "name": "Payment", "words": { "en": "pay {amount}" }, "narrowing": { "amount": "at_most" },
        "schema": {
            "type": "object", "required": ["amount"], "additionalProperties": false,
            "properties": { "type": { "const": "payment" }, "amount": { "type": "integer", "minimum": 0 } },
        },
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (1..4_u8, proptest::option::weighted(0.3, 0..100_u8), any::<bool>()).prop_map(|(bits, amount, alone)| Wanted {
        scopes: match (amount, alone) {
            (Some(_), true) => BTreeSet::new(),
            _ => (0..)
                .zip(SCOPES)
                .filter(|(bit, _)| bits >> bit & 1 == 1)
                .map(|(_, scope)| scope)
                .collect(),
        },
        amount,
    })
}

/// What is left out: mostly nothing.
fn without() -> impl Strategy<Value = Wanted> {
    let nothing = Wanted {
        scopes: BTreeSet::new(),
        amount: None,
    };
    prop_oneof![2 => Just(nothing), 1 => wanted()]
}

fn door() -> impl Strategy<Value = Door> {
    let how = || prop_oneof![3 => Just(SignIn::AsItIs), 1 => Just(SignIn::Again), 1 => Just(SignIn::Stronger)];
    prop_oneof![
        how().prop_map(Door::Plain),
        how().prop_map(Door::Pushed),
        Just(Door::Device)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let maybe = || proptest::option::of(wanted());
    prop_oneof![
        3 => (door(), 0..PLACES.len(), wanted(), without(), proptest::bool::weighted(0.7))
            .prop_map(|(door, place, wanted, without, redeemed)| Step::Ask { door, place, wanted, without, redeemed }),
        3 => (any::<Index>(), maybe(), proptest::bool::weighted(0.1))
            .prop_map(|(yes, wanted, elsewhere)| Step::Redeem { yes, wanted, elsewhere }),
        4 => (any::<Index>(), proptest::bool::weighted(0.1), maybe(), proptest::bool::weighted(0.1))
            .prop_map(|(line, older, wanted, elsewhere)| Step::Refresh { line, older, wanted, elsewhere }),
        2 => (any::<Index>(), wanted(), without()).prop_map(|(line, wanted, without)| Step::More { line, wanted, without }),
        1 => (1..200_i64).prop_map(Step::Wait),
    ]
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how many cases, as proptest itself is told")]
fn no_sequence_of_asking_redeeming_refreshing_and_stepping_up_yields_more_than_was_approved() {
    // Always the same cases, so that what is found here is found on every machine; with PROPTEST_CASES=1000, so many that nobody has seen yet.
    let more = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    let config = Config {
        cases: if more { default.cases } else { 48 },
        failure_persistence: None,
        ..default
    };
    let mut runner = if more {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let tokens = std::cell::Cell::new(0);
    let end = runner.run(&proptest::collection::vec(step(), 1..30), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut case = Case::new().await;
            for step in &steps {
                case.step(step).await;
            }
            tokens.set(tokens.get() + case.tokens);
            case.world.end().await;
        });
        Ok(())
    });
    if let Err(found) = end {
        panic!("{found}");
    }
    assert!(tokens.get() > 50, "{} tokens: nothing was tried", tokens.get());
}
