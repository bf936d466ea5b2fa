//! `bench people`: what a person costs. From the authorization request to the tokens without the human, refreshing, signing in, and what a flood of sign-ins does to the
//! token endpoint.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use proof::{base64url, digest};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    clock, floor,
    generator::{Feed, Pace, run as generate},
    process::{cores, load_average},
    prokura::{Prokura, member},
    token::{escape, secret_request},
};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    seconds: u64,
    browsers: usize,
    postgres: Option<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            seconds: 6,
            browsers: 16,
            postgres: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => options.seconds = words.next().context("--seconds N")?.parse()?,
                "--browsers" => options.browsers = words.next().context("--browsers N")?.parse()?,
                "--postgres" => options.postgres = Some((*words.next().context("--postgres URL")?).to_owned()),
                other => bail!("{other}: not an option of this benchmark"),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (sign, ..) = floor::signatures()?;
    let hash = floor::password_hash()?;
    println!(
        "{} cores, load {}; the server on core 0, the browsers on the others",
        cores(),
        load_average()
    );
    println!(
        "floor in this run: EdDSA sign {sign:.1} us; Argon2id (19 MiB, t=2) {:.1} ms of one core, so at most {:.0} sign-ins a second on it; half of the fsyncs take at most {} us",
        hash * 1e3,
        1.0 / hash,
        floor::fsync_median(folder.path())?
    );
    let world = Prokura::start(folder.path(), options.postgres.as_deref())?;
    println!(
        "\n{:<58} {:>10} {:>9} {:>9} {:>9}",
        format!("case ({})", world.engine),
        "CPU us",
        "rate/s",
        "p50 ms",
        "p99 ms"
    );
    world.round_trips(options)?;
    world.refreshes(options)?;
    world.sign_ins(options)?;
    println!("load {} at the end", load_average());
    world.server.end()
}

impl Prokura {
    /// A browser with Alice signed in.
    fn signed_in(&self) -> Result<Browser> {
        let mut browser = Browser::new(self.address, &self.issuer)?;
        let page = browser.get("/sign-in")?;
        let (login, password) = (
            member(&self.ready, "/users/0/login")?,
            member(&self.ready, "/users/0/password")?,
        );
        let answer = browser.submit(&page, "sign-in", &[("login", &login), ("password", &password)])?;
        ensure!(answer.status == 303, "the sign-in failed: {}", answer.status);
        Ok(browser)
    }

    /// An app whose answer leads to a host of its own: only such a one is answered without a question once a person said yes.
    fn app(&self) -> Result<String> {
        let body = json!({
            "client_name": "Bench", "token_endpoint_auth_method": "none", "redirect_uris": ["https://bench.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let made = self.admin("POST", "/admin/v1/clients", &body)?;
        member(&made, "/client_id")
    }

    fn authorization(&self, client: &str, prompt: &str) -> Result<(String, String)> {
        let verifier = base64url::encode(&digest::sha256(format!("{:?}", clock::now()).as_bytes()));
        let resource = member(&self.ready, "/resources/0/resource")?;
        let path = format!(
            "/oauth2/authorize?response_type=code&client_id={}&redirect_uri=https%3A%2F%2Fbench.example%2Fcallback&state=s&scope=tools%3Aread&resource={}&code_challenge={}&code_challenge_method=S256{prompt}",
            escape(client),
            escape(&resource),
            digest::sha256_b64(verifier.as_bytes())
        );
        Ok((path, verifier))
    }

    /// A code for tokens.
    fn redeem(program: &mut Browser, client: &str, location: &str, verifier: &str) -> Result<String> {
        let code = location
            .split_once("code=")
            .map(|(_, rest)| rest.split('&').next().unwrap_or(rest))
            .with_context(|| format!("no code in {location}"))?;
        let body = format!(
            "grant_type=authorization_code&client_id={}&code={code}&code_verifier={verifier}",
            escape(client)
        );
        let answer = program.post("/oauth2/token", "", &body)?;
        ensure!(answer.status == 200, "no tokens: {}", answer.body);
        let tokens: Value = serde_json::from_str(&answer.body)?;
        member(&tokens, "/refresh_token")
    }

    fn round_trips(&self, options: &Options) -> Result<()> {
        let client = self.app()?;
        let asked = |browser: &mut Browser, program: &mut Browser| {
            let (path, verifier) = self.authorization(&client, "&prompt=consent")?;
            let to_consent = browser.get(&path)?.location()?.to_owned();
            let page = browser.get(&to_consent)?;
            let location = browser
                .submit(&page, "consent", &[("decision", "allow")])?
                .location()?
                .to_owned();
            Self::redeem(program, &client, &location, &verifier).map(|_| ())
        };
        self.measure("round trip with the consent page: 4 requests", options, &asked)?;
        let standing = |browser: &mut Browser, program: &mut Browser| {
            let (path, verifier) = self.authorization(&client, "")?;
            let location = browser.get(&path)?.location()?.to_owned();
            Self::redeem(program, &client, &location, &verifier).map(|_| ())
        };
        self.measure("round trip with a standing yes: 2 requests", options, &standing)
    }

    fn refreshes(&self, options: &Options) -> Result<()> {
        let client = self.app()?;
        let mut first = self.signed_in()?;
        let (path, verifier) = self.authorization(&client, "")?;
        let to_consent = first.get(&path)?.location()?.to_owned();
        let page = first.get(&to_consent)?;
        first.submit(&page, "consent", &[("decision", "allow")])?.location()?;
        drop(verifier);
        let lines = std::sync::Mutex::new(std::collections::BTreeMap::<String, String>::new());
        let refresh = |browser: &mut Browser, program: &mut Browser| {
            let key = format!("{:?}", std::thread::current().id());
            let held = lines
                .lock()
                .map_err(|_| anyhow::anyhow!("a thread failed"))?
                .get(&key)
                .cloned();
            let token = if let Some(token) = held {
                token
            } else {
                let (path, verifier) = self.authorization(&client, "")?;
                let location = browser.get(&path)?.location()?.to_owned();
                Self::redeem(program, &client, &location, &verifier)?
            };
            let body = format!(
                "grant_type=refresh_token&client_id={}&refresh_token={token}",
                escape(&client)
            );
            let answer = program.post("/oauth2/token", "", &body)?;
            ensure!(answer.status == 200, "no refresh: {}", answer.body);
            let tokens: Value = serde_json::from_str(&answer.body)?;
            let next = member(&tokens, "/refresh_token")?;
            lines
                .lock()
                .map_err(|_| anyhow::anyhow!("a thread failed"))?
                .insert(key, next);
            Ok(())
        };
        self.measure("refresh, a line a connection", options, &refresh)
    }

    /// Sign-ins at saturation, and the token endpoint at a fixed load without and with them.
    fn sign_ins(&self, options: &Options) -> Result<()> {
        let (login, password) = (
            member(&self.ready, "/users/0/login")?,
            member(&self.ready, "/users/0/password")?,
        );
        let page = Browser::new(self.address, &self.issuer)?.get("/sign-in")?;
        let weight = page.body.len();
        let client = self
            .ready
            .pointer("/clients")
            .and_then(Value::as_array)
            .and_then(|all| {
                all.iter()
                    .find(|client| client.get("token_endpoint_auth_method") == Some(&json!("client_secret_basic")))
            })
            .context("a demo client")?;
        let token = secret_request(
            self.address,
            "/oauth2/token",
            (&member(client, "/client_id")?, &member(client, "/client_secret")?),
            &member(&self.ready, "/resources/0/resource")?,
            "tools:read",
        );
        let time = Duration::from_secs(options.seconds);
        let steady = Pace::Open(3_000.0);
        let quiet = generate(self.address, &Feed::Same(token.clone()), 16, steady, time)?;

        let over = AtomicBool::new(false);
        let (before, begun) = (self.server.cpu()?, clock::now());
        let (flooded, signed) = std::thread::scope(|scope| -> Result<_> {
            let flood: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| -> Result<Vec<Duration>> {
                        let mut browser = Browser::new(self.address, &self.issuer)?;
                        let mut took = Vec::new();
                        while !over.load(Ordering::Relaxed) {
                            let page = browser.get("/sign-in?lang=en")?;
                            let page = if page.status == 303 {
                                browser = Browser::new(self.address, &self.issuer)?;
                                browser.get("/sign-in")?
                            } else {
                                page
                            };
                            let start = clock::now();
                            let answer =
                                browser.submit(&page, "sign-in", &[("login", &login), ("password", &password)])?;
                            ensure!(answer.status == 303 || answer.status == 503, "{}", answer.status);
                            took.push(clock::now().saturating_duration_since(start));
                        }
                        Ok(took)
                    })
                })
                .collect();
            let flooded = generate(self.address, &Feed::Same(token.clone()), 16, steady, time);
            over.store(true, Ordering::Relaxed); // also when that failed, or the flood never ends
            let flooded = flooded?;
            let mut signed = Vec::new();
            for thread in flood {
                signed.extend(thread.join().map_err(|_| anyhow::anyhow!("a browser failed"))??);
            }
            Ok((flooded, signed))
        })?;
        let elapsed = clock::now().saturating_duration_since(begun);
        let cpu = self.server.cpu()?.saturating_sub(before);
        line(
            "sign-in by password, 4 browsers, beside 3,000 tokens/s",
            None,
            &signed,
            elapsed,
        );
        for (name, seen) in [
            ("3,000 tokens/s alone", &quiet),
            ("3,000 tokens/s beside the sign-ins", &flooded),
        ] {
            println!(
                "{name:<58} {:>10} {:>9.0} {:>9.2} {:>9.2}",
                "",
                seen.rate(),
                seen.quantile(0.5),
                seen.quantile(0.99)
            );
        }
        println!(
            "sign-in page {weight} bytes of HTML; CPU of the server while it was flooded {:.0} % of one core",
            100.0 * cpu.as_secs_f64() / elapsed.as_secs_f64()
        );
        Ok(())
    }

    /// Runs a trip on many browsers at once, and prints what it cost.
    fn measure(
        &self,
        name: &str,
        options: &Options,
        trip: &(dyn Fn(&mut Browser, &mut Browser) -> Result<()> + Sync),
    ) -> Result<()> {
        // One after the other: the pool of password hashing refuses a crowd.
        let browsers: Vec<Browser> = (0..options.browsers).map(|_| self.signed_in()).collect::<Result<_>>()?;
        let ready = std::sync::Barrier::new(browsers.len() + 1);
        let time = Duration::from_secs(options.seconds);
        let (took, cpu, elapsed) = std::thread::scope(|scope| -> Result<_> {
            let threads: Vec<_> = browsers
                .into_iter()
                .map(|browser| {
                    let ready = &ready;
                    scope.spawn(move || -> Result<Vec<Duration>> {
                        let mut browser = browser; // its own
                        let program = Browser::new(self.address, &self.issuer)
                            .and_then(|mut program| trip(&mut browser, &mut program).map(|()| program));
                        ready.wait(); // also who failed, or everybody waits for good
                        let mut program = program?;
                        let (begun, mut took) = (clock::now(), Vec::new());
                        while clock::now().saturating_duration_since(begun) < time {
                            let start: Instant = clock::now();
                            trip(&mut browser, &mut program)?;
                            took.push(clock::now().saturating_duration_since(start));
                        }
                        Ok(took)
                    })
                })
                .collect();
            ready.wait();
            let (before, begun) = (self.server.cpu()?, clock::now());
            let mut took = Vec::new();
            for thread in threads {
                took.extend(thread.join().map_err(|_| anyhow::anyhow!("a browser failed"))??);
            }
            Ok((
                took,
                self.server.cpu()?.saturating_sub(before),
                clock::now().saturating_duration_since(begun),
            ))
        })?;
        line(name, Some(cpu), &took, elapsed);
        Ok(())
    }
}

fn line(name: &str, cpu: Option<Duration>, took: &[Duration], elapsed: Duration) {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| {
        let index = (sorted.len().saturating_mul(percent) / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    let count = (took.len() as f64).max(1.0);
    let cpu = cpu.map_or_else(String::new, |cpu| format!("{:.1}", cpu.as_secs_f64() * 1e6 / count));
    println!(
        "{name:<58} {cpu:>10} {:>9.0} {:>9.2} {:>9.2}",
        count / elapsed.as_secs_f64(),
        at(50),
        at(99)
    );
}
