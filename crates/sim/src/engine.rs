//! One world: how it begins, which step is next, how requests are held and let go, and how it ends.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proof::{Algorithm, digest};
use serde_json::json;
use server::{Fate, Held, Point};
use testkit::{Answer, Browser, Client, Key, World};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    STEPS,
    act::{Action, DEVICE},
    chance::Chance,
    model::{Citizen, PLACES, Power, Realm, SimApp, payment_type},
};

/// Where every app is answered: a place of its own, so that a yes stands.
pub(crate) const CALLBACK: &str = "https://app.example/cb";
/// How many requests may be held at once.
const HELD_MAX: usize = 4;
/// How long a request may take, in seconds of the wall: nothing waits for ever.
const PATIENCE_SECONDS: u64 = 30;
/// How far the clock jumps, in seconds: within and beyond a repeat, a code, an access token.
const JUMPS: [i64; 8] = [1, 3, 11, 30, 61, 120, 301, 900];

/// How a world ended.
#[derive(Debug)]
pub struct Run {
    /// How many steps it had.
    pub steps: u32,
    /// The digest of everything that happened: the same for the same seed.
    pub digest: String,
    /// How often each kind of thing happened.
    pub tally: BTreeMap<&'static str, u64>,
}

/// Something that must never be.
#[derive(Debug)]
pub struct Found {
    /// The seed of the world.
    pub seed: u64,
    /// The step.
    pub step: u32,
    /// What is wrong.
    pub what: String,
    /// What happened before it, oldest first.
    pub trace: Vec<String>,
}

/// A check that may find something.
pub(crate) type Checked<T = ()> = Result<T, String>;

/// A request whose walk is held.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) number: u32,
    pub(crate) action: Action,
    task: JoinHandle<Answer>,
    held: Held,
    /// Something else touched the same things meanwhile, so its end proves less.
    pub(crate) crossed: bool,
    /// A commit of it failed.
    pub(crate) failed: bool,
    pub(crate) started: i64,
    /// What it acts on was dead before it began.
    pub(crate) late: bool,
}

/// A request that was answered.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) action: Action,
    pub(crate) answer: Answer,
    pub(crate) crossed: bool,
    pub(crate) failed: bool,
    pub(crate) started: i64,
    pub(crate) late: bool,
}

/// The world and what is known of it.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) chance: Chance,
    world: Option<Arc<World>>,
    pub(crate) realms: Vec<Realm>,
    flights: Vec<Flight>,
    gate: (mpsc::UnboundedSender<Held>, mpsc::UnboundedReceiver<Held>),
    launched: u32,
    trace: Vec<String>,
    tally: BTreeMap<&'static str, u64>,
}

/// Runs the world of a seed.
///
/// # Errors
/// With the first thing that must never be.
pub async fn run(seed: u64) -> Result<Run, Found> {
    let mut sim = Sim::begin(seed).await;
    let mut step = 0;
    let ended = loop {
        if step == STEPS {
            break sim.end().await;
        }
        step += 1;
        let stepped = match sim.step().await {
            Ok(()) => sim.judge_some().await,
            Err(what) => Err(what),
        };
        if let Err(what) = stepped {
            break Err(what);
        }
    };
    match ended {
        Ok(()) => Ok(Run {
            steps: step,
            digest: digest::sha256_b64(sim.trace.join("\n").as_bytes()),
            tally: sim.tally,
        }),
        Err(what) => Err(Found {
            seed,
            step,
            what,
            trace: sim.trace,
        }),
    }
}

impl Sim {
    async fn begin(seed: u64) -> Self {
        let world = World::new().await;
        let mut realms = Vec::new();
        for tenant in [world.root_tenant().await, world.tenant_by_path("other").await] {
            realms.push(realm(&world, tenant).await);
        }
        Self {
            chance: Chance::new(seed),
            world: Some(Arc::new(world)),
            realms,
            flights: Vec::new(),
            gate: mpsc::unbounded_channel(),
            launched: 0,
            trace: Vec::new(),
            tally: BTreeMap::new(),
        }
    }

    pub(crate) fn world(&self) -> Checked<Arc<World>> {
        self.world.clone().ok_or_else(|| "the world has ended".to_owned())
    }

    pub(crate) fn now(&self) -> i64 {
        self.world.as_ref().map_or(0, |world| world.now())
    }

    /// Writes down what happened, in words that are the same whenever the same happens.
    pub(crate) fn note(&mut self, kind: &'static str, what: &str) {
        *self.tally.entry(kind).or_default() += 1;
        self.trace.push(format!("{kind}: {what}"));
    }

    async fn step(&mut self) -> Checked {
        if !self.flights.is_empty() && (self.flights.len() >= HELD_MAX || self.chance.percent(45)) {
            return self.release_one().await;
        }
        match self.chance.below(100) {
            0..8 => {
                let seconds = self.chance.pick(&JUMPS).copied().unwrap_or(1);
                self.world()?.advance(seconds);
                for flight in &mut self.flights {
                    flight.crossed = true;
                }
                self.note("clock", &format!("{seconds} s later"));
                Ok(())
            }
            8..10 => self.crash().await,
            10..11 => self.restart().await,
            11..13 => self.rotate().await,
            13..29 => self.approve().await,
            29..35 => self.approve_device().await,
            35..43 => self.confuse().await,
            _ => {
                let Some(action) = self.choose() else { return Ok(()) };
                let straight = self.chance.percent(40);
                self.launch(action, straight).await
            }
        }
    }

    /// Starts a request and lets it run to the first point where it is held; or to its end.
    async fn launch(&mut self, action: Action, straight: bool) -> Checked {
        let world = self.world()?;
        let Some(request) = self.prepare(&action).await? else {
            self.note("nothing", &action.told());
            return Ok(());
        };
        self.launched += 1;
        let number = self.launched;
        let late = self.is_late(&action);
        let mut crossed = false;
        for place in 0..self.flights.len() {
            let meets = self
                .flights
                .get(place)
                .is_some_and(|flight| self.cross(&flight.action, &action));
            if let Some(flight) = self.flights.get_mut(place).filter(|_| meets) {
                (flight.crossed, crossed) = (true, true);
            }
        }
        self.note(action.kind(), &format!("#{number} begins: {}", action.told()));
        self.began(&action);
        if !straight {
            world.script().hold(Some(self.gate.0.clone()));
        }
        let started = world.now();
        let task = tokio::spawn(async move { request.send(&world).await });
        let (task, held) = match self.until_held(task).await? {
            Waited::Answered(answer) => {
                let failed = false;
                return self.landed(
                    number,
                    Landed {
                        action,
                        answer,
                        crossed,
                        failed,
                        started,
                        late,
                    },
                );
            }
            Waited::Held(task, held) => (task, held),
        };
        self.hold(Flight {
            number,
            action,
            task,
            held,
            crossed,
            failed: false,
            started,
            late,
        });
        Ok(())
    }

    /// A flight is held. What it did is on the disk when it is held after its commit: nothing that comes after may pass by it.
    fn hold(&mut self, flight: Flight) {
        self.note("held", &format!("#{} at {:?}", flight.number, flight.held.point));
        if flight.held.point == Point::Committed {
            self.committed(&flight.action, flight.crossed);
        }
        self.flights.push(flight);
    }

    async fn until_held(&mut self, mut task: JoinHandle<Answer>) -> Checked<Waited> {
        let waited = tokio::select! {
            biased;
            held = self.gate.1.recv() => held.map(Ok),
            answer = &mut task => Some(Err(answer)),
            () = tokio::time::sleep(Duration::from_secs(PATIENCE_SECONDS)) => None,
        };
        self.world()?.script().hold(None);
        match waited {
            Some(Ok(held)) => Ok(Waited::Held(task, held)),
            Some(Err(answer)) => answer
                .map(Waited::Answered)
                .map_err(|error| format!("a request broke off: {error}")),
            None => Err(format!("a request waits for ever, with {} held", self.flights.len())),
        }
    }

    async fn release_one(&mut self) -> Checked {
        let place = self.chance.below(self.flights.len());
        let flight = self.flights.remove(place);
        let fails = flight.held.point != Point::Committed && self.chance.percent(10);
        let fate = if fails { Fate::Fails } else { Fate::GoesOn };
        self.release(flight, fate).await
    }

    async fn release(&mut self, flight: Flight, fate: Fate) -> Checked {
        let Flight {
            number,
            action,
            task,
            held,
            crossed,
            failed,
            started,
            late,
        } = flight;
        self.note("released", &format!("#{number} {fate:?}"));
        let failed = failed || fate == Fate::Fails;
        self.world()?.script().hold(Some(self.gate.0.clone()));
        if held.fate.send(fate).is_err() {
            return Err(format!("#{number} ended while it was held"));
        }
        match self.until_held(task).await? {
            Waited::Answered(answer) => self.landed(
                number,
                Landed {
                    action,
                    answer,
                    crossed,
                    failed,
                    started,
                    late,
                },
            ),
            Waited::Held(task, held) => {
                self.hold(Flight {
                    number,
                    action,
                    task,
                    held,
                    crossed,
                    failed,
                    started,
                    late,
                });
                Ok(())
            }
        }
    }

    fn landed(&mut self, number: u32, landed: Landed) -> Checked {
        let answer = &landed.answer;
        let told = format!("#{number} {} {}", answer.status, answer.error());
        self.note("answered", &told);
        if answer.status >= 500 && !landed.failed {
            return Err(format!("a failure that nothing caused: {answer:?}"));
        }
        self.finish(landed)
    }

    async fn land_all(&mut self) -> Checked {
        while let Some(flight) = self.flights.pop() {
            self.release(flight, Fate::GoesOn).await?;
        }
        Ok(())
    }

    /// The process is killed. What was not committed never was; what was, stays, though nobody heard of it.
    async fn crash(&mut self) -> Checked {
        let flights = std::mem::take(&mut self.flights);
        self.note("crash", &format!("with {} held", flights.len()));
        for flight in flights {
            flight.task.abort();
            drop(flight.task.await);
            let committed = flight.held.point == Point::Committed;
            flight.held.fate.send(Fate::Dies).ok();
            self.lost(&flight.action, committed);
        }
        let world = self.alone()?;
        self.world = Some(Arc::new(world.crash().await));
        Ok(())
    }

    async fn restart(&mut self) -> Checked {
        self.land_all().await?;
        self.note("restart", "");
        let world = self.alone()?;
        self.world = Some(Arc::new(world.restart().await));
        Ok(())
    }

    fn alone(&mut self) -> Checked<World> {
        let world = self.world.take().ok_or("no world")?;
        Arc::try_unwrap(world).map_err(|_| "a request outlived its flight".to_owned())
    }

    /// New keys sign from now on; what the old ones signed still counts. So many at once are refused: then nothing changes.
    async fn rotate(&mut self) -> Checked {
        let place = self.chance.below(self.realms.len());
        let world = self.world()?;
        let Some(realm) = self.realms.get(place) else {
            return Ok(());
        };
        let answer = realm.tenant.admin(&world, "POST", "/admin/v1/keys/rotate", None).await;
        self.note("rotate", &format!("keys of tenant {place}: {}", answer.status));
        if answer.status >= 300 && answer.status != 409 {
            return Err(format!("keys do not rotate: {answer:?}"));
        }
        Ok(())
    }

    /// Everything is let go, the process ends and begins again, and everything is judged once more.
    async fn end(&mut self) -> Checked {
        self.land_all().await?;
        self.judge_all().await?;
        self.restart().await?;
        self.judge_all().await?;
        let world = self.world()?;
        let holes = world
            .app
            .store()
            .streams_with_holes()
            .await
            .map_err(|error| error.to_string())?;
        if holes != 0 {
            return Err(format!("{holes} event streams have holes"));
        }
        drop(world);
        self.alone()?.end().await;
        Ok(())
    }
}

enum Waited {
    Held(JoinHandle<Answer>, Held),
    Answered(Answer),
}

async fn realm(world: &World, tenant: testkit::Tenant) -> Realm {
    let gateway = Client::register_at(world, &tenant, "client_secret_basic", "", &[]).await;
    for place in PLACES {
        tenant.resource(world, place, &[&gateway.id]).await;
    }
    let (path, kind) = ("/admin/v1/detail-types", payment_type());
    let made = tenant.admin(world, "POST", path, Some(&kind)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let machine = Client::register_at(world, &tenant, "client_secret_basic", "read", &PLACES).await;
    let mut apps = Vec::new();
    for (method, key) in [
        ("none", None),
        ("client_secret_basic", None),
        ("private_key_jwt", Some(Key::new(Algorithm::ES256))),
    ] {
        let members = json!({
            "client_name": "App", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token", DEVICE],
        });
        let own = (method == "private_key_jwt").then(|| Key::new(Algorithm::EdDSA));
        let client = Client::register_with_at(world, &tenant, method, &members, own).await;
        apps.push(SimApp {
            client,
            key,
            power: Power::On,
        });
    }
    let mut people = Vec::new();
    for name in ["alice", "bob"] {
        let login = format!("{name}@{}.test", tenant.id);
        let password = format!("long enough, {login}");
        let body = json!({ "login": login, "password": password, "profile": { "name": name } });
        let answer = tenant.admin(world, "POST", "/admin/v1/users", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        people.push(Citizen {
            person: testkit::Person {
                id: answer.text_of("id").to_owned(),
                login,
                password,
            },
            browser: Browser::at(&tenant),
            power: Power::On,
        });
    }
    Realm {
        tenant,
        gateway,
        machine,
        machine_power: Power::On,
        people,
        apps,
        lines: Vec::new(),
        tokens: Vec::new(),
        killed: Vec::new(),
    }
}
