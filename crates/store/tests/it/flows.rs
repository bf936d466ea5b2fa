//! The facts of a flow are what it names and hangs on, no more.

use std::collections::BTreeSet;

use kernel::{
    Audience, Authority, Caller, Scopes, Who,
    account::Command,
    authorization::{Answered, Asked, Demand, Prompt, ResponseMode, Returns, Wish},
    authorization_code::{self, AuthorizationCode},
    browser_session::BrowserSession,
    caller::{BrowserUser, PublicClient},
    client::{Client, Registration},
    consent::Effect,
    family::{self, Family},
    form::Form,
    grant::Grant,
    redirect_uri::RedirectUri,
    refresh_token,
    registration::{self, Known},
    resource::ResourceUri,
    token::TenantKeys,
};
use proof::{Secret, digest};
use store::flows::{self, Look};

use crate::{
    people::{
        by_document, child, code, create_code, create_family, create_passkey, create_rule, create_session, create_user,
        family, grant_id, held_by, passkey, put_document, registered_itself, root, rule, session, session_id,
        set_password, until, user,
    },
    world::{Wanted, World, client, create_client, create_grant, create_resource, replace_client, resource, time},
};

const DOCUMENT: &str = "https://client.example/metadata.json";

fn anyone() -> Caller {
    Caller::plain(Who::Anyone)
}

fn alice() -> Caller {
    Caller::plain(Who::BrowserUser(BrowserUser {
        user: user("alice"),
        session: session("s"),
    }))
}

fn named(client: Client) -> Caller {
    Caller::plain(Who::PublicClient(PublicClient { client }))
}

fn keys() -> TenantKeys {
    TenantKeys {
        refresh: Secret::new([1; 32]),
        pairwise: Secret::new([2; 32]),
        approvals: Secret::new([3; 32]),
    }
}

fn asked(client: &str, resource: Option<&str>) -> Asked {
    Asked {
        details: kernel::Details::default(),
        id: "request-c".to_owned(),
        client: kernel::ClientId::parse(client).unwrap(),
        returns: Returns {
            redirect_uri: RedirectUri::parse("https://client.example/cb").unwrap(),
            state: None,
            mode: ResponseMode::Query,
        },
        scopes: None,
        resource: resource.map(|uri| ResourceUri::parse(uri).unwrap()),
        challenge: Some("challenge".to_owned()),
        key: None,
        prompt: Prompt::default(),
        demand: Demand::default(),
        nonce: None,
        id_claims: BTreeSet::new(),
        login_hint: None,
        ui_locales: None,
        pushed: Wish::No,
        sent_to_sign_in: Wish::No,
        created: time(0),
    }
}

/// Somebody, their grants, what hangs on them, a rule, a place.
async fn world() -> World {
    let world = World::new().await;
    world
        .put(
            Wanted::default()
                .guard(create_user(user("alice")))
                .guard(create_client(client("client")))
                .guard(create_resource(resource("urn:r")))
                .guard(create_rule(rule("rule", Effect::Allow)))
                .guard(create_grant(root("root")))
                .guard(create_grant(child("child", "root")))
                .guard(create_grant(held_by(root("others"), "other")))
                .guard(create_grant(until(root("ended"), 5))),
        )
        .await;
    world
}

#[tokio::test]
async fn an_authorization_request_is_judged_by_what_was_said_only_when_somebody_is_signed_in() {
    let world = world().await;
    let asked = asked("client", Some("urn:r"));
    let facts = |caller: Caller| {
        let (db, asked) = (world.db.clone(), asked.clone());
        async move {
            let given = Some(client("client"));
            let keys = keys();
            let facts = flows::authorization::load(&db, &keys, &caller, &asked, given, Look::First, time(5))
                .await
                .unwrap();
            assert_eq!(facts.client, Some(client("client")));
            assert_eq!(facts.resource, Some(resource("urn:r")));
            (facts.rules.consent, facts.grants, facts.answered)
        }
    };
    assert_eq!(facts(anyone()).await, (vec![], vec![], Answered::NotYet));
    let said = (
        vec![rule("rule", Effect::Allow)],
        vec![vec![root("root")]],
        Answered::NotYet,
    );
    assert_eq!(facts(alice()).await, said);

    world.put(Wanted::default().guard(create_code(code("c")))).await;
    assert_eq!(facts(alice()).await, (said.0, said.1, Answered::Before));
    assert_eq!(facts(anyone()).await.2, Answered::Before);
}

#[tokio::test]
async fn at_the_second_look_a_registered_client_is_read_again_and_a_document_stays_as_it_was_given() {
    let world = world().await;
    let keys = keys();
    let look = async |given: Option<Client>, look: Look| {
        let asked = asked(given.as_ref().map_or("client", |client| client.id.as_str()), None);
        let facts = flows::authorization::load(&world.db, &keys, &alice(), &asked, given, look, time(5))
            .await
            .unwrap();
        assert_eq!(facts.resource, None);
        facts.client
    };
    assert_eq!(look(None, Look::Again).await, None);
    let stale = Client {
        name: "As it was".to_owned(),
        ..client("client")
    };
    assert_eq!(look(Some(stale.clone()), Look::First).await, Some(stale.clone()));
    assert_eq!(look(Some(stale), Look::Again).await, Some(client("client")));
    assert_eq!(look(Some(registered_itself("gone", 9)), Look::Again).await, None);

    // A document that nobody said yes to yet has no row; one that has is still what it says itself.
    let fetched = by_document(DOCUMENT, 5);
    assert_eq!(look(Some(fetched.clone()), Look::Again).await, Some(fetched.clone()));
    let older = Client {
        name: "As it said before".to_owned(),
        ..by_document(DOCUMENT, 1)
    };
    world.put(Wanted::default().guard(put_document(older.clone()))).await;
    assert_eq!(look(Some(fetched.clone()), Look::Again).await, Some(fetched.clone()));
    // Disabled meanwhile, and then pinned.
    let disabled = Client {
        disabled: Some(time(4)),
        epoch: 1,
        ..older
    };
    world
        .put(Wanted::default().guard(replace_client(disabled.clone(), 0)))
        .await;
    let seen = look(Some(fetched.clone()), Look::Again).await.unwrap();
    assert_eq!((seen.disabled, seen.name), (Some(time(4)), fetched.name.clone()));
    let pinned = Client {
        registration: Registration::Administrator,
        epoch: 2,
        created: time(1),
        ..disabled
    };
    world
        .put(Wanted::default().guard(replace_client(pinned.clone(), 1)))
        .await;
    assert_eq!(look(Some(fetched), Look::Again).await, Some(pinned));
}

#[tokio::test]
async fn a_code_comes_with_its_path_its_place_its_person_and_the_rules() {
    let world = world().await;
    let keys = keys();
    let at_place = AuthorizationCode {
        audience: Audience::Resource(ResourceUri::parse("urn:r").unwrap()),
        ..code("c")
    };
    let of_nobody = AuthorizationCode {
        user: crate::people::user_id("bob"),
        grant: grant_id("nowhere"),
        ..code("d")
    };
    for new in [&at_place, &of_nobody] {
        world.put(Wanted::default().guard(create_code(new.clone()))).await;
    }
    let request = |code: &str| {
        let form = Form::parse(format!("code={code}").as_bytes(), &[]).unwrap();
        authorization_code::Request::parse(&form).unwrap()
    };
    let load = async |code: &str, caller: &Caller, look: Look| {
        flows::authorization_code::load(&world.db, &keys, caller, &request(code), look, time(5))
            .await
            .unwrap()
    };
    let facts = load("c.secret", &anyone(), Look::First).await;
    assert_eq!((facts.code, facts.client_epoch), (Some(at_place), None));
    assert_eq!(
        (facts.path, facts.resource),
        (vec![root("root")], Some(resource("urn:r")))
    );
    assert_eq!(
        (facts.user, facts.rules.consent),
        (Some(user("alice")), vec![rule("rule", Effect::Allow)])
    );
    let facts = load("d.secret", &anyone(), Look::First).await;
    assert_eq!(
        (facts.code, facts.path, facts.resource, facts.user),
        (Some(of_nobody), vec![], None, None)
    );
    for code in ["nobody.secret", "without-a-dot"] {
        let facts = load(code, &anyone(), Look::First).await;
        assert!(
            facts.code.is_none() && facts.path.is_empty() && facts.user.is_none() && facts.rules.consent.is_empty()
        );
    }
    // Somebody moved first.
    let known = load("c.secret", &named(client("client")), Look::Again).await;
    let gone = load("c.secret", &named(client("gone")), Look::Again).await;
    let first = load("c.secret", &named(client("client")), Look::First).await;
    assert_eq!(
        (known.client_epoch, gone.client_epoch, first.client_epoch),
        (Some(1), Some(i64::MIN), None)
    );
}

#[tokio::test]
async fn a_refresh_comes_with_the_whole_path_the_place_and_the_person_of_its_authorization() {
    let world = world().await;
    let keys = keys();
    let id = |n: char| kernel::FamilyId::parse(&n.to_string().repeat(26)).unwrap();
    let at_place = Grant {
        authority: Authority::root(kernel::Ask {
            details: kernel::Details::default(),
            powers: kernel::power::Powers::default(),
            scopes: Scopes::parse("read").unwrap(),
            audiences: [Audience::Resource(ResourceUri::parse("urn:r").unwrap())].into(),
            expires: None,
            depth: 3,
        }),
        ..child("at-place", "root")
    };
    world
        .put(
            Wanted::default()
                .guard(create_grant(at_place.clone()))
                .guard(create_grant(crate::world::grant("of-nobody"))),
        )
        .await;
    for (n, grant) in [('a', "at-place"), ('b', "child"), ('c', "of-nobody"), ('d', "nowhere")] {
        let new = Family {
            id: id(n),
            ..family("f", grant)
        };
        world.put(Wanted::default().guard(create_family(new))).await;
    }
    let load = async |token: &str, look: Look| {
        let form = Form::parse(format!("refresh_token={token}").as_bytes(), &[]).unwrap();
        let request = refresh_token::Request::parse(&form).unwrap();
        flows::refresh_token::load(&world.db, &keys, &named(client("client")), &request, look, time(5))
            .await
            .unwrap()
    };
    let token = |n: char| family::write(&keys.refresh, &id(n), 0);

    let facts = load(&token('a'), Look::Again).await;
    assert_eq!(facts.family.map(|line| line.id), Some(id('a')));
    assert_eq!(
        (facts.path, facts.resource),
        (vec![at_place, root("root")], Some(resource("urn:r")))
    );
    assert_eq!(
        (facts.user, facts.rules.consent.len(), facts.client_epoch),
        (Some(user("alice")), 1, Some(1))
    );
    let facts = load(&token('b'), Look::First).await;
    assert_eq!((facts.path.len(), facts.resource, facts.client_epoch), (2, None, None));
    let facts = load(&token('c'), Look::First).await;
    assert_eq!(
        (facts.path.len(), facts.user, facts.rules.consent),
        (1, None, vec![]),
        "it acts for nobody"
    );
    for token in [token('d'), token('e'), "malformed".to_owned()] {
        let facts = load(&token, Look::First).await;
        assert!(
            facts.path.is_empty() && facts.user.is_none() && facts.rules.consent.is_empty(),
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_registration_is_its_own_by_its_token_only() {
    let world = world().await;
    let itself = Client {
        registration: Registration::Itself {
            token_digest: digest::sha256_b64(b"token"),
            key: None,
        },
        ..registered_itself("itself", 900)
    };
    world
        .put(
            Wanted::default()
                .guard(create_client(itself.clone()))
                .guard(create_client(registered_itself("another", 900)))
                .guard(put_document(by_document(DOCUMENT, 1))),
        )
        .await;
    let load = async |id: &str, token: Option<&str>| {
        let id = kernel::ClientId::parse(id).unwrap();
        for command in [
            registration::Command::Read(id.clone()),
            registration::Command::Delete(id.clone()),
        ] {
            let facts = flows::registration::load(&world.db, &command, token).await.unwrap();
            assert_eq!(facts.unused, 0);
            if matches!(command, registration::Command::Delete(_)) {
                return facts
                    .client
                    .map(|(client, known)| (client.id.as_str().to_owned(), known));
            }
        }
        None
    };
    let known = |id: &str, known: Known| Some((id.to_owned(), known));
    assert_eq!(load("itself", Some("token")).await, known("itself", Known::Token));
    for token in [
        None,
        Some(""),
        Some("token2"),
        Some(digest::sha256_b64(b"token").as_str()),
    ] {
        assert_eq!(load("itself", token).await, known("itself", Known::No), "{token:?}");
    }
    for id in ["another", "client", DOCUMENT] {
        assert_eq!(load(id, Some("token")).await, known(id, Known::No));
    }
    assert_eq!(load("nobody", Some("token")).await, None);
}

#[tokio::test]
async fn what_a_person_does_is_decided_by_what_is_theirs_and_counts() {
    let world = world().await;
    let bobs = BrowserSession {
        user: crate::people::user_id("bob"),
        ..session("bobs")
    };
    let over = BrowserSession {
        expires: time(5),
        ..session("over")
    };
    world
        .put(
            Wanted::default()
                .guard(create_session(session("s")))
                .guard(create_session(bobs))
                .guard(create_session(over))
                .guard(create_passkey(passkey("p")))
                .sure(set_password("alice", "hash")),
        )
        .await;
    let load = async |caller: &Caller, command: Command| {
        flows::account::load(&world.db, caller, &command, time(5))
            .await
            .unwrap()
    };
    let sessions = async |id: &str| load(&alice(), Command::EndSession(session_id(id))).await.sessions;
    assert_eq!(sessions("s").await, [session_id("s")]);
    for not_theirs in ["bobs", "over", "nobody"] {
        assert_eq!(sessions(not_theirs).await, [], "{not_theirs}");
    }
    let facts = load(&alice(), Command::RemovePasskey(passkey("p").id)).await;
    assert_eq!((facts.passkeys, facts.password.is_some()), (vec![passkey("p")], true));

    let stopped = async |id: &str| load(&alice(), Command::StopGrant(grant_id(id))).await.grants;
    assert_eq!(stopped("root").await, [root("root")]);
    for no_living_root in ["child", "ended", "nobody"] {
        assert_eq!(stopped(no_living_root).await, [], "{no_living_root}");
    }
    let all = load(&alice(), Command::StopAll).await.grants;
    assert_eq!(all, [held_by(root("others"), "other"), root("root")]);
    assert!(load(&anyone(), Command::StopAll).await.grants.is_empty());
}

/// Whoever stops everything stops everything, however much it is.
#[tokio::test]
async fn all_that_acts_for_a_person_is_found_however_much_it_is() {
    let world = World::new().await;
    for n in 0..60 {
        let guards = (0..20).map(|m| create_grant(root(&format!("g{n:02}-{m:02}"))));
        world
            .put(Wanted {
                guards: guards.collect(),
                ..Wanted::default()
            })
            .await;
    }
    for command in [
        Command::StopAll,
        Command::StopClient(kernel::ClientId::parse("client").unwrap()),
    ] {
        let facts = flows::account::load(&world.db, &alice(), &command, time(5))
            .await
            .unwrap();
        assert_eq!(facts.grants.len(), 1_200);
        assert!(facts.grants.is_sorted_by(|a, b| a.id < b.id));
    }
}
