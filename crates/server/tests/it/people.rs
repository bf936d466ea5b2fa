//! What the tests of codes, lines and sign-ins share: a person, an app that acts for her, and a gateway that asks whether a token counts.

use std::collections::BTreeMap;

use testkit::{Answer, App, Asking, Browser, Client, Key, Person, World};

use crate::setup::{MCP, introspect, refused};

/// Where the app is answered: a place of its own, so that a yes stands.
pub(crate) const CALLBACK: &str = "https://app.example.com/callback";
/// How many race.
pub(crate) const RACERS: usize = 64;

/// A world in which alice has an app act for her.
pub(crate) struct Cast {
    pub(crate) world: World,
    pub(crate) alice: Person,
    pub(crate) app: App,
    pub(crate) gateway: Client,
    /// Alice's browser, signed in.
    pub(crate) browser: Browser,
}

/// What a client holds at the end.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Cast {
    /// A world whose app has this way to authenticate.
    pub(crate) async fn with(method: &'static str) -> Self {
        let world = World::new().await;
        let gateway = Client::register(&world, "client_secret_basic", "", &[]).await;
        world.resource(MCP, &[&gateway.id]).await;
        let alice = world.person("alice@demo.test").await;
        let app = app(&world, method).await;
        let browser = world.signed_in(&alice).await;
        Self {
            world,
            alice,
            app,
            gateway,
            browser,
        }
    }

    /// What a good app asks for.
    pub(crate) fn asking(&self) -> Asking {
        Asking::new(&self.app, Some(MCP), Some("read write"))
    }

    /// The code that this request is answered with.
    pub(crate) async fn code_for(&self, asking: &Asking) -> String {
        let page = self.browser.clone().agree(&self.world, &self.alice, asking).await;
        let code = page.parameter("code");
        code.unwrap_or_else(|| panic!("no code: {page:?}"))
    }

    /// A request and the code it is answered with.
    pub(crate) async fn code(&self) -> (Asking, String) {
        let asking = self.asking();
        let code = self.code_for(&asking).await;
        (asking, code)
    }

    /// The tokens of a fresh authorization, with a key or without.
    pub(crate) async fn tokens(&self, key: Option<&Key>) -> Tokens {
        let (asking, code) = self.code().await;
        let mut headers = Vec::new();
        if let Some(key) = key {
            headers.push(proof(&self.world, key).await);
        }
        tokens(&self.world.redeem(&self.app, &asking, &code, &headers).await)
    }

    /// Whether the gateway hears that a token counts, at this node.
    pub(crate) async fn counts_at(&self, node: &World, token: &str) -> bool {
        introspect(node, &self.gateway, token).await["active"] == true
    }

    /// Whether the gateway hears that a token counts.
    pub(crate) async fn counts(&self, token: &str) -> bool {
        self.counts_at(&self.world, token).await
    }

    /// All that came of an authorization is dead: its access token, and its line.
    pub(crate) async fn is_dead(&self, tokens: &Tokens, what: &str) {
        assert!(!self.counts(&tokens.access).await, "{what}: its access token");
        let answer = self.world.refresh(&self.app, &tokens.refresh, &[], &[]).await;
        refused(&answer, 400, "invalid_grant", what);
    }

    /// All that came of an authorization lives: its access token, and its line, which turns by that.
    pub(crate) async fn lives(&self, held: &Tokens, what: &str) -> Tokens {
        assert!(self.counts(&held.access).await, "{what}: its access token");
        let answer = self.world.refresh(&self.app, &held.refresh, &[], &[]).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        tokens(&answer)
    }

    /// The same after its process ended and another one began.
    pub(crate) async fn restart(self) -> Self {
        Self {
            world: self.world.restart().await,
            ..self
        }
    }
}

/// An app of alice's world.
pub(crate) async fn app(world: &World, method: &'static str) -> App {
    let key = (method == "private_key_jwt").then(|| Key::new(proof::Algorithm::ES256));
    let members = serde_json::json!({
        "client_name": "Atlas", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
    });
    App {
        client: Client::register_with(world, method, &members, key).await,
        redirect_uri: CALLBACK.to_owned(),
    }
}

/// The tokens of an answer.
pub(crate) fn tokens(answer: &Answer) -> Tokens {
    assert_eq!(answer.status, 200, "{answer:?}");
    Tokens {
        access: answer.text_of("access_token").to_owned(),
        refresh: answer.text_of("refresh_token").to_owned(),
    }
}

/// A DPoP proof for the token endpoint that is right in every way, as a header.
pub(crate) async fn proof(world: &World, key: &Key) -> (&'static str, String) {
    ("dpop", world.dpop(key, &world.dpop_claims().await).await)
}

/// How many answers there were of each kind.
pub(crate) fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry((answer.status, answer.error().to_owned())).or_default() += 1;
    }
    tally
}

/// One yes, and so many refusals of a kind.
pub(crate) fn one_and(losers: usize, status: u16, code: &str) -> BTreeMap<(u16, String), usize> {
    BTreeMap::from([((200, String::new()), 1), ((status, code.to_owned()), losers)])
}
