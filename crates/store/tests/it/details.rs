//! Types of authorization details, and what was granted of them: rows that come back as they were, and guards that find no row.

use std::sync::Arc;

use kernel::{
    Ask, Authority, DetailTypeId, Details, Guard, Scopes, TenantId, Time, Write,
    detail::{self, DetailType},
    tenant::Tenant,
};
use serde_json::json;
use store::{Lost, Outcome, TenantDb};

use crate::{
    people::{code, create_code},
    world::{Wanted, World, acme, commit, create_grant, create_tenant, grant},
};

fn kind(id: &str, words: &str) -> DetailType {
    let object = |value: serde_json::Value| value.as_object().unwrap().clone();
    DetailType {
        id: DetailTypeId::parse(id).unwrap(),
        name: "Zahlung \u{1f4b6}".to_owned(),
        words: DetailType::words_from_row(&object(json!({ "en": words, "de": "zahlen" }))).unwrap(),
        schema: object(
            json!({ "properties": { "type": { "const": id }, "n": { "maximum": 1.5 } }, "additionalProperties": false }),
        ),
        narrowing: DetailType::narrowing_from_row(&object(json!({ "a.b": "at_most", "c": "subset" }))).unwrap(),
        created: Time::from_unix(7),
    }
}

fn create(kind: &DetailType) -> Guard {
    Guard::DetailType(detail::Guard::Create(Box::new(kind.clone())))
}

/// The same database as another tenant sees it.
async fn other(world: &World) -> TenantDb {
    let tenant = Tenant {
        id: TenantId::parse("other").unwrap(),
        issuer: "https://other.example".to_owned(),
        ..acme()
    };
    world.put(Wanted::default().guard(create_tenant(tenant.clone()))).await;
    TenantDb::new(Arc::clone(world.store()), Arc::new(tenant))
}

#[tokio::test]
async fn types_come_back_as_they_were_in_the_order_of_their_names() {
    let world = World::new().await;
    let other = other(&world).await;
    let (b, a) = (kind("https://b.example/b", "use b"), kind("a", "use {n}"));
    for kind in [&b, &a] {
        assert_eq!(
            world.commit(Wanted::default().guard(create(kind))).await.unwrap(),
            Outcome::Committed
        );
    }
    assert_eq!(world.db.detail_types().await.unwrap(), [a.clone(), b.clone()]);
    assert_eq!(other.detail_types().await.unwrap(), [], "another tenant has its own");
    let twice = world.commit(Wanted::default().guard(create(&a))).await.unwrap();
    assert_eq!(twice, Outcome::Lost(Lost::Guard(0)));
    assert_eq!(
        commit(&other, Wanted::default().guard(create(&a))).await.unwrap(),
        Outcome::Committed
    );

    let gone = Write::DetailType(detail::Write::Drop(b.id.clone()));
    assert_eq!(
        world.commit(Wanted::default().sure(gone)).await.unwrap(),
        Outcome::Committed
    );
    assert_eq!(world.db.detail_types().await.unwrap(), std::slice::from_ref(&a));
    assert_eq!(other.detail_types().await.unwrap(), [a]);
}

#[tokio::test]
async fn s_30_a_change_that_relied_on_a_type_is_lost_when_its_words_have_changed() {
    let world = World::new().await;
    let other = other(&world).await;
    let (old, new) = (kind("a", "pay"), kind("a", "look"));
    let unchanged = |kind: &DetailType| {
        Guard::DetailType(detail::Guard::Unchanged {
            id: kind.id.clone(),
            basis: kind.basis(),
        })
    };
    let replace = |was: &DetailType, kind: &DetailType| {
        Guard::DetailType(detail::Guard::Replace {
            kind: Box::new(kind.clone()),
            basis: was.basis(),
        })
    };
    let lost = Outcome::Lost(Lost::Guard(0));
    assert_eq!(
        world.commit(Wanted::default().guard(unchanged(&old))).await.unwrap(),
        lost,
        "it is not there"
    );
    for (guard, expected, claim) in [
        (create(&old), Outcome::Committed, "registered"),
        (unchanged(&old), Outcome::Committed, "as it was shown"),
        (unchanged(&new), lost, "not as it was shown"),
        (replace(&new, &new), lost, "somebody moved first"),
        (replace(&old, &new), Outcome::Committed, "changed"),
        (unchanged(&old), lost, "it says something else now"),
        (unchanged(&new), Outcome::Committed, "as it is now"),
    ] {
        assert_eq!(
            world.commit(Wanted::default().guard(guard)).await.unwrap(),
            expected,
            "{claim}"
        );
    }
    let elsewhere = Wanted::default().guard(unchanged(&new));
    assert_eq!(
        commit(&other, elsewhere).await.unwrap(),
        lost,
        "another tenant's does not count"
    );
    assert_eq!(world.db.detail_types().await.unwrap(), [new]);
}

#[tokio::test]
async fn details_of_grants_and_codes_come_back_in_their_one_form() {
    let world = World::new().await;
    let details =
        Details::parse(r#"[{"type":"pay","payee":"Müller \u0026 Söhne 'x'","n":-9007199254740991},{"type":"b"}]"#)
            .unwrap();
    let mut given = grant("g");
    given.authority = Authority::root(Ask {
        scopes: Scopes::default(),
        details: details.clone(),
        powers: kernel::power::Powers::default(),
        audiences: given.authority.audiences().clone(),
        expires: None,
        depth: 2,
    });
    let of_code = kernel::authorization_code::AuthorizationCode {
        details: details.clone(),
        ..code("c")
    };
    let draft = Wanted::default()
        .guard(create_grant(given.clone()))
        .guard(create_code(of_code.clone()));
    assert_eq!(world.commit(draft).await.unwrap(), Outcome::Committed);
    assert_eq!(world.db.grant(&given.id).await.unwrap(), Some(given));
    assert_eq!(world.db.authorization_code(&of_code.id).await.unwrap(), Some(of_code));
}
