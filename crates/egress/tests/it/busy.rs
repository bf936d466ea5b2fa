//! How many fetches run at once.

use std::sync::Arc;

use egress::{Refused, Settings};
use tokio::sync::Notify;

use crate::stranger::{ANY, Script, Stranger, door, homely, url};

#[tokio::test]
async fn s_23_fetches_are_limited_per_host_and_in_all() {
    let signal = Arc::new(Notify::new());
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let slow = Stranger::start(Script::SayWhen(Arc::clone(&signal), answer)).await;
    let quick = Stranger::says("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}").await;
    let door = Arc::new(door(Settings {
        fetches_per_host_max: 1,
        fetches_max: 2,
        ..homely()
    }));

    let first = tokio::spawn({
        let (door, address) = (Arc::clone(&door), slow.url());
        async move { door.get(&address, &ANY).await }
    });
    slow.was_asked().await;
    assert_eq!(door.get(&slow.url(), &ANY).await, Err(Refused::HostBusy));
    let same_host_another_port = quick.url();
    assert_eq!(door.get(&same_host_another_port, &ANY).await, Err(Refused::HostBusy));
    let another_host = url(&format!("http://127.0.0.1:{}/", quick.port()));
    assert_eq!(door.get(&another_host, &ANY).await.unwrap().body, "{}");

    let second = tokio::spawn({
        let (door, address) = (Arc::clone(&door), url(&format!("http://127.0.0.1:{}/", slow.port())));
        async move { door.get(&address, &ANY).await }
    });
    slow.was_asked().await;
    let third_host = url(&format!("http://127.0.0.2:{}/", quick.port()));
    assert_eq!(door.get(&third_host, &ANY).await, Err(Refused::Busy));

    signal.notify_one();
    assert_eq!(first.await.unwrap().unwrap().body, "{}");
    signal.notify_one();
    assert_eq!(second.await.unwrap().unwrap().body, "{}");
    assert_eq!(
        door.get(&quick.url(), &ANY).await.unwrap().body,
        "{}",
        "seats are given back"
    );
}

#[tokio::test]
async fn a_fetch_that_was_given_up_gives_its_seat_back() {
    let stranger = Stranger::start(Script::SayAndHold(Vec::new())).await;
    let quick = Stranger::says("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}").await;
    let door = Arc::new(door(Settings {
        fetches_per_host_max: 1,
        ..homely()
    }));
    let fetch = tokio::spawn({
        let (door, address) = (Arc::clone(&door), stranger.url());
        async move { door.get(&address, &ANY).await }
    });
    stranger.was_asked().await;
    fetch.abort();
    assert!(fetch.await.unwrap_err().is_cancelled());
    stranger.was_left().await;
    assert_eq!(door.get(&quick.url(), &ANY).await.unwrap().body, "{}");
}
