//! Clients that nobody registered: put by their document, dropped, kept.

use kernel::{
    ClientId,
    client::{Binding, Client, GrantType, Registration},
};

use crate::{
    people::{by_document, drop_client, keep_client, put_document, registered_itself},
    people_guards::{does, finds, finds_nothing},
    world::{World, client, create_client, replace_client, time, unchanged},
};

#[tokio::test]
async fn a_document_is_put_its_epoch_rises_with_its_basis_only_and_who_disabled_it_keeps_it_disabled() {
    const ID: &str = "https://client.example/metadata.json";
    let world = World::new().await;
    let id = ClientId::parse(ID).unwrap();
    let row = async || world.db.client(&id).await.unwrap().unwrap();
    finds(&world, put_document(by_document(ID, 1))).await;
    assert_eq!(row().await, by_document(ID, 1));

    // Read anew, the same: only the time of reading moves.
    finds(&world, put_document(by_document(ID, 2))).await;
    assert_eq!(
        row().await,
        Client {
            created: time(1),
            ..by_document(ID, 2)
        }
    );
    // What a yes does not rest on changes without a new epoch.
    let other_types = Client {
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        binding: Binding::Required,
        uri: Some("https://client.example/".to_owned()),
        scope: Some("read".to_owned()),
        ..by_document(ID, 3)
    };
    finds(&world, put_document(other_types.clone())).await;
    assert_eq!(
        row().await,
        Client {
            created: time(1),
            ..other_types.clone()
        }
    );
    // Another name is another client in the eyes of who said yes.
    for (n, name) in [(1, "Another name"), (2, "Yet another"), (2, "Yet another")] {
        let renamed = Client {
            name: name.to_owned(),
            ..other_types.clone()
        };
        finds(&world, put_document(renamed.clone())).await;
        assert_eq!(
            row().await,
            Client {
                created: time(1),
                epoch: n,
                ..renamed
            }
        );
    }
    finds(&world, unchanged(ID, 2)).await;

    // Disabled by an administrator: it stays so.
    let disabled = Client {
        disabled: Some(time(5)),
        epoch: 3,
        ..row().await
    };
    finds(&world, replace_client(disabled, 2)).await;
    finds(&world, put_document(by_document(ID, 6))).await;
    assert_eq!((row().await.disabled, row().await.epoch), (Some(time(5)), 4));

    // Pinned by an administrator: no document touches it.
    let pinned = Client {
        registration: Registration::Administrator,
        epoch: 5,
        ..row().await
    };
    finds(&world, replace_client(pinned.clone(), 4)).await;
    finds_nothing(&world, put_document(by_document(ID, 7))).await;
    assert_eq!(row().await, pinned);
    // Nor is the client of another way of registering.
    finds(&world, create_client(registered_itself("itself", 9))).await;
    finds_nothing(&world, put_document(by_document("itself", 7))).await;
}

#[tokio::test]
async fn a_client_is_dropped_as_it_was_read_and_never_an_administrators() {
    let world = World::new().await;
    finds_nothing(&world, drop_client("itself", 0)).await;
    finds(&world, create_client(registered_itself("itself", 9))).await;
    finds(&world, put_document(by_document("https://c.example/d", 1))).await;
    finds(&world, create_client(client("admins"))).await;
    finds_nothing(&world, drop_client("itself", 1)).await;
    finds_nothing(&world, drop_client("admins", 1)).await;
    finds(&world, drop_client("itself", 0)).await;
    finds_nothing(&world, drop_client("itself", 0)).await;
    finds(&world, drop_client("https://c.example/d", 0)).await;
    let left = world.db.clients_after("", 9).await.unwrap();
    assert_eq!(left, [(client("admins"), None)]);
}

#[tokio::test]
async fn a_client_that_somebody_said_yes_to_stays_whoever_replaces_it_as_read_before() {
    let world = World::new().await;
    let id = ClientId::parse("c").unwrap();
    let expires = async || world.db.client(&id).await.unwrap().unwrap().expires;
    does(&world, keep_client("c")).await;
    finds(&world, create_client(registered_itself("c", 9))).await;
    finds(&world, create_client(registered_itself("d", 9))).await;
    // Until then a replacement may say when it ends.
    let replaced = |epoch: i64, expires: i64| Client {
        epoch,
        ..registered_itself("c", expires)
    };
    finds(&world, replace_client(replaced(1, 20), 0)).await;
    assert_eq!(expires().await, Some(time(20)));

    does(&world, keep_client("c")).await;
    finds(&world, unchanged("c", 1)).await;
    assert_eq!(expires().await, None);
    finds(&world, replace_client(replaced(2, 20), 1)).await;
    assert_eq!(expires().await, None, "it was read before the yes");
    assert_eq!(world.db.unused_clients().await.unwrap(), 1);
}
