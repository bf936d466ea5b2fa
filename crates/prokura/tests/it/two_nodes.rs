//! Two processes on one database, and one of them is killed in the middle of a load: what was handed out stands in the ledger, and is never more than
//! the cap. Several nodes are for PostgreSQL alone; on SQLite it is one node that is killed and started again, and the same must hold.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU16, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use store::{Database, Entry, Store, TenantDb};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    command::{RESOURCE, typed},
    installation::Installation,
};

/// How often the power may be used. Enough for a load that lasts some seconds, so that the kill meets all of it.
const CAP: i64 = 3000;
/// How many uses a lease is for.
const BLOCK: i64 = 7;
/// Every other one consumes, the rest lease; half of each begin at each node.
const CLIENTS: usize = 32;
/// How long a server may leave a question unanswered before it counts as one that never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// One power that everybody spends from, and whoever is needed for that.
struct Cast {
    host: String,
    administrator: String,
    resource: String,
    agents_token: String,
    grant: String,
}

impl Cast {
    /// Made by the first node's administrator.
    async fn new(first: &Installation) -> Self {
        let desk = first.bootstrap();
        let basic = |id: &str| {
            let made = desk.json(&typed(&format!(
                "client create --name x --id {id} --method client_secret_basic"
            )));
            let pair = format!("{id}:{}", made["client_secret"].as_str().unwrap());
            let pair = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
            format!("Basic {pair}")
        };
        let (agent, resource) = (basic("agent"), basic("gateway"));
        desk.run(&typed(&format!(
            "resource create {RESOURCE} --name Notes --scope read=Read --introspection-client gateway"
        )))
        .expect(0);
        let capability =
            json!({ "name": "read_notes", "description": "Read", "approval_strength": "none", "scopes": ["read"] });
        desk.write("capability.json", &capability.to_string());
        desk.run(&["capability", "put", "capability.json"]).expect(0);
        let powers = json!([{ "action": "read_notes", "limits": { "max_executions": CAP } }]);
        desk.write("powers.json", &powers.to_string());
        let grant = desk.json(&typed(&format!(
            "grant create --client agent --scope read --resource {RESOURCE} --capabilities powers.json"
        )));
        let mut cast = Self {
            host: first.server().replace("http://", ""),
            administrator: format!("Bearer {}", desk.read("token")),
            resource,
            agents_token: String::new(),
            grant: grant["id"].as_str().unwrap().to_owned(),
        };
        let form = format!("grant_type=client_credentials&resource={RESOURCE}");
        let asks = cast.request("POST", "/oauth2/token", &agent, &form);
        let (status, answer) = asked(&first.listens_on(), &asks).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut cast.agents_token);
        cast
    }

    /// Nodes answer under their public name alone, so it stands in every request, at whichever port it arrives.
    fn request(&self, method: &str, path: &str, authorization: &str, form: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.host,
            form.len()
        )
    }

    /// What a node shows of the grant: its budget, and all entries of the ledger by their ids.
    async fn shown(&self, node: &AtomicU16) -> (Value, BTreeMap<String, Value>) {
        let get = async |what: &str| {
            let path = format!("/admin/v1/grants/{}/{what}", self.grant);
            let (status, answer) = asked(node, &self.request("GET", &path, &self.administrator, "")).await;
            assert_eq!(status, 200, "{answer}");
            answer
        };
        let budgets = get("budgets").await;
        let mut entries = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = get(&format!("ledger?limit=500&after={after}")).await;
            for entry in page["entries"].as_array().unwrap() {
                let before = entries.insert(entry["id"].as_str().unwrap().to_owned(), entry.clone());
                assert!(before.is_none(), "listed twice: {entry}");
            }
            let Some(next) = page["next"].as_str() else { break };
            next.clone_into(&mut after);
        }
        (budgets["budgets"][0].clone(), entries)
    }
}

/// What entries add up to.
fn summed(entries: &BTreeMap<String, Value>) -> i64 {
    let counts = |entry: &Value| entry["end"].get("units").unwrap_or(&entry["units"]).as_i64().unwrap();
    entries.values().map(counts).sum()
}

/// One request on a connection of its own, at a node that lives.
async fn asked(node: &AtomicU16, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", node.load(Ordering::SeqCst)))
        .await
        .unwrap();
    exchange(&mut stream, request).await.expect("an answer")
}

/// One request: status and document of its answer, if all of it comes.
async fn exchange(stream: &mut TcpStream, request: &str) -> Option<(u16, Value)> {
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut seen = Vec::new();
    loop {
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut seen)).await;
        read.ok()?.ok().filter(|read| *read > 0)?;
        let text = String::from_utf8_lossy(&seen);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap().parse().unwrap() {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return Some((status, serde_json::from_str(body).unwrap()));
        }
    }
}

/// What all clients have in common.
struct Load {
    cast: Arc<Cast>,
    nodes: Vec<Arc<AtomicU16>>,
    /// Units that callers hold: counted when their answer is there, and taken off before anybody asks to give them back. So it is never more than what
    /// the ledger has at that moment.
    held: AtomicI64,
    /// The node that is killed by whoever is handed the first unit of the second half of the cap, and who waits for that.
    victim: Mutex<Option<(Installation, oneshot::Sender<Installation>)>>,
}

impl Load {
    fn client(self: &Arc<Self>, n: usize) -> Client {
        Client {
            name: format!("client-{n}"),
            node: (n / 2) % self.nodes.len(),
            load: Arc::clone(self),
            stream: None,
            told: Told::default(),
        }
    }

    /// Starts the clients; tells how to get the victim back, once it is killed.
    fn start(
        cast: &Arc<Cast>,
        survivor: Option<&Installation>,
        victim: Installation,
    ) -> (Vec<JoinHandle<Told>>, oneshot::Receiver<Installation>) {
        let nodes = [Some(&victim), survivor].into_iter().flatten();
        let nodes = nodes.map(Installation::listens_on).collect();
        let (sender, killed) = oneshot::channel();
        let load = Arc::new(Self {
            cast: Arc::clone(cast),
            nodes,
            held: AtomicI64::new(0),
            victim: Mutex::new(Some((victim, sender))),
        });
        let clients = (0..CLIENTS).map(|n| {
            if n % 2 == 0 {
                tokio::spawn(load.client(n).consumes())
            } else {
                tokio::spawn(load.client(n).leases())
            }
        });
        (clients.collect(), killed) // and the load is the clients': if all of them fail, nobody waits for the kill
    }

    /// Whoever comes when all others were refused: blocks that went back later have left some room.
    async fn last(cast: &Arc<Cast>, node: &Installation, told: &mut Told) {
        let load = Arc::new(Self {
            cast: Arc::clone(cast),
            nodes: vec![node.listens_on()],
            held: AtomicI64::new(told.handed_out()),
            victim: Mutex::new(None),
        });
        told.add(load.client(CLIENTS).consumes().await);
    }

    fn hand_out(&self, units: i64) {
        let held = self.held.fetch_add(units, Ordering::SeqCst) + units;
        assert!(held <= CAP, "{held} units are in the hands of callers");
        if held > CAP / 2
            && let Some((mut node, waits)) = self.victim.lock().unwrap().take()
        {
            node.kill();
            drop(waits.send(node));
        }
    }

    fn take_back(&self, units: i64) {
        self.held.fetch_sub(units, Ordering::SeqCst);
    }
}

/// What a client asked for.
#[derive(Clone, Debug)]
struct Asked {
    door: &'static str,
    /// The key of a booking, the id of what is ended.
    name: String,
    units: i64,
}

impl Asked {
    fn request(&self, cast: &Cast) -> String {
        let Self { door, name, units } = self;
        let form = match *door {
            "settle" => format!("id={name}&units={units}"),
            _ => format!(
                "token={}&capability=read_notes&idempotency_key={name}&units={units}",
                cast.agents_token
            ),
        };
        cast.request("POST", &format!("/oauth2/{door}"), &cast.resource, &form)
    }
}

/// What clients were told.
#[derive(Debug, Default)]
struct Told {
    /// What was booked and how it ended, by id; an end counts although its answer did not come.
    booked: BTreeMap<String, (Asked, Option<i64>)>,
    /// What was never answered, and by which node.
    unanswered: Vec<(usize, Asked)>,
    /// How often somebody was told to try again.
    busy: usize,
}

impl Told {
    fn add(&mut self, other: Self) {
        for (id, booking) in other.booked {
            assert!(self.booked.insert(id, booking).is_none(), "handed out twice");
        }
        self.unanswered.extend(other.unanswered);
        self.busy += other.busy;
    }

    /// The units that callers used, or still hold.
    fn handed_out(&self) -> i64 {
        self.booked
            .values()
            .map(|(asked, used)| used.unwrap_or(asked.units))
            .sum()
    }
}

/// What came of a question.
enum Heard {
    Yes(String),
    NoRoom,
    Nothing,
}

/// A process of the resource, which keeps its connection as long as that lives.
struct Client {
    name: String,
    load: Arc<Load>,
    node: usize,
    stream: Option<TcpStream>,
    told: Told,
}

impl Client {
    async fn consumes(mut self) -> Told {
        for turn in 0.. {
            if let Heard::NoRoom = self.books("consume", turn, 1).await {
                break;
            }
        }
        self.told
    }

    /// Blocks of which a part is used, blocks of which all is, and blocks that it still holds in the end.
    async fn leases(mut self) -> Told {
        for (turn, used) in [Some(2), None, Some(5), Some(BLOCK)].into_iter().cycle().enumerate() {
            match (self.books("lease", turn, BLOCK).await, used) {
                (Heard::NoRoom, _) => break,
                (Heard::Yes(id), Some(used)) => self.settles(id, used).await,
                (Heard::Yes(_) | Heard::Nothing, _) => {}
            }
        }
        self.told
    }

    async fn books(&mut self, door: &'static str, turn: usize, units: i64) -> Heard {
        let name = format!("{}-{turn}", self.name);
        let asked = Asked { door, name, units };
        let Some((status, answer)) = self.asks(&asked).await else {
            return Heard::Nothing;
        };
        if status == 403 && answer["error"] == "limit_exceeded" {
            return Heard::NoRoom;
        }
        assert_eq!((status, &answer["units"]), (200, &json!(units)), "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        let before = self.told.booked.insert(id.clone(), (asked, None));
        assert!(before.is_none(), "{answer}");
        self.load.hand_out(units);
        Heard::Yes(id)
    }

    async fn settles(&mut self, id: String, units: i64) {
        self.load.take_back(BLOCK - units);
        self.told.booked.get_mut(&id).unwrap().1 = Some(units);
        let asked = Asked {
            door: "settle",
            name: id,
            units,
        };
        if let Some((status, answer)) = self.asks(&asked).await {
            assert_eq!((status, &answer["units"]), (200, &json!(units)), "{answer}");
        }
    }

    /// Asks once, or as often as it is told to. What was sent and not answered is noted, and asked of nobody else: nobody knows whether it is done.
    async fn asks(&mut self, asked: &Asked) -> Option<(u16, Value)> {
        let request = asked.request(&self.load.cast);
        for _ in 0..600 {
            let stream = self.connected().await;
            let Some(answer) = exchange(stream, &request).await else {
                self.stream = None;
                self.told.unanswered.push((self.node, asked.clone()));
                return None;
            };
            if answer.0 != 503 {
                return Some(answer);
            }
            self.told.busy += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("told to try again for ever");
    }

    /// A connection, to another node if this one is gone.
    async fn connected(&mut self) -> &mut TcpStream {
        for _ in 0..1200 {
            if self.stream.is_some() {
                break;
            }
            let port = self.load.nodes[self.node].load(Ordering::SeqCst);
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await {
                self.stream = Some(stream);
            } else {
                self.node = (self.node + 1) % self.load.nodes.len();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        self.stream.as_mut().expect("a node within a minute")
    }
}

/// Asks once more for what the killed node did not answer, now that there is no room for anything new: what was done is named again, and was there before.
/// Bookings come first, since ends make room.
async fn asked_again(cast: &Cast, node: &AtomicU16, unanswered: &[(usize, Asked)]) -> Told {
    let mut done = Told::default();
    let (ends, bookings): (Vec<&Asked>, Vec<&Asked>) = unanswered
        .iter()
        .map(|(_, asked)| asked)
        .partition(|asked| asked.door == "settle");
    for request in bookings {
        let (status, answer) = asked(node, &request.request(cast)).await;
        if status == 403 && answer["error"] == "limit_exceeded" {
            continue;
        }
        assert_eq!((status, &answer["repeated"]), (200, &json!(true)), "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        done.booked.insert(id, (request.clone(), None));
    }
    for request in ends {
        let (status, answer) = asked(node, &request.request(cast)).await;
        assert_eq!((status, &answer["units"]), (200, &json!(request.units)), "{answer}");
    }
    done
}

/// Every booking stands there as it was told, and nothing else does.
fn told_as_they_stand(told: &Told, entries: &BTreeMap<String, Value>) {
    let (told_of, standing): (BTreeSet<&String>, BTreeSet<&String>) =
        (told.booked.keys().collect(), entries.keys().collect());
    assert_eq!(told_of, standing);
    for (id, (asked, used)) in &told.booked {
        let entry = &entries[id];
        let end = used.map_or(Value::Null, |units| json!(units));
        assert_eq!(
            (&entry["kind"], &entry["units"], &entry["end"]["units"]),
            (&json!(asked.door), &json!(asked.units), &end),
            "{entry}"
        );
    }
}

/// What the audit log has of bookings and of ends, without what was said again, and how many of its streams have a hole.
async fn on_record(database: &Database) -> (Vec<String>, Vec<String>, i64) {
    let store = Store::open(store::Settings {
        database: database.clone(),
        stream: "zz-counting".to_owned(),
    })
    .await
    .unwrap();
    let tenant = store.tenants().await.unwrap().into_iter().next().unwrap();
    let db = TenantDb::new(Arc::clone(&store), Arc::new(tenant));
    let events = db.events_before(None, i64::from(u16::MAX)).await.unwrap();
    let about = |kind: &str| {
        let first = |event: &&Entry| event.kind == kind && !event.body.contains("\"repeated\"");
        let about = events.iter().filter(first).filter_map(|event| event.about.clone());
        let mut about: Vec<String> = about.collect();
        about.sort();
        about
    };
    let holes = store.streams_with_holes().await.unwrap();
    (about("ledger.booked"), about("ledger.ended"), holes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_a_node_that_is_killed_under_load_takes_no_answer_back_and_hands_nothing_out_beyond_the_cap() {
    let fresh = testkit::fresh().await;
    let mut victim = Installation::on(&fresh.database);
    victim.start().await;
    let cast = Arc::new(Cast::new(&victim).await); // before the other starts: it would hear of a new capability within a second only
    let mut survivor = match &fresh.database {
        Database::Postgres(_) => Some(victim.second_node()),
        Database::Sqlite(_) => None,
    };
    if let Some(survivor) = &mut survivor {
        survivor.start().await;
    }

    let (clients, killed) = Load::start(&cast, survivor.as_ref(), victim);
    let mut victim = killed.await.expect("half of the cap was handed out");
    if survivor.is_none() {
        victim.start().await;
    }
    let mut told = Told::default();
    for client in clients {
        told.add(client.await.unwrap());
    }
    Load::last(&cast, survivor.as_ref().unwrap_or(&victim), &mut told).await;
    // The killed one owes an answer to each of its clients, and nobody else does to anybody.
    let nodes = if survivor.is_some() { 2 } else { 1 };
    assert!(told.unanswered.iter().all(|(node, _)| *node == 0), "{told:?}");
    assert_eq!(told.unanswered.len(), CLIENTS / nodes);

    if let Some(survivor) = &survivor {
        let (budget, entries) = cast.shown(&survivor.listens_on()).await;
        assert_eq!((summed(&entries), &budget["left"]["executions"]), (CAP, &json!(0)));
        victim.start().await;
    }
    let seen = cast.shown(&victim.listens_on()).await;
    if let Some(survivor) = &survivor {
        assert_eq!(
            cast.shown(&survivor.listens_on()).await,
            seen,
            "both nodes say the same"
        );
    }
    let (budget, entries) = &seen;
    let sum = summed(entries);
    assert_eq!((sum, &budget["used"]["executions"]), (CAP, &json!(CAP)));
    assert!(told.handed_out() <= sum, "{} of {sum}", told.handed_out());
    let missing: Vec<&String> = told.booked.keys().filter(|id| !entries.contains_key(*id)).collect();
    assert!(missing.is_empty(), "answered, and not in the ledger: {missing:?}");
    println!(
        "{} nodes: {} units handed out, {sum} in the ledger, cap {CAP}; {} bookings answered, {} in the ledger; {} requests unanswered; {} times busy",
        nodes,
        told.handed_out(),
        told.booked.len(),
        entries.len(),
        told.unanswered.len(),
        told.busy
    );

    // What is in the ledger beyond the answers is what the killed node did not come to answer, to the unit.
    let unanswered = std::mem::take(&mut told.unanswered);
    told.add(asked_again(&cast, &victim.listens_on(), &unanswered).await);
    let (budget, entries) = cast.shown(&survivor.as_ref().unwrap_or(&victim).listens_on()).await;
    told_as_they_stand(&told, &entries);
    assert_eq!(
        (summed(&entries), &budget["used"]["executions"]),
        (told.handed_out(), &json!(told.handed_out()))
    );

    for node in survivor.iter_mut().chain([&mut victim]) {
        assert_eq!(node.end(), Some(0));
    }
    let ended = told.booked.iter().filter(|(_, (_, used))| used.is_some());
    let ended = ended.map(|(id, _)| id.clone()).collect();
    let booked = entries.into_keys().collect();
    assert_eq!(on_record(&fresh.database).await, (booked, ended, 0));
}
