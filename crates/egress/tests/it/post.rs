//! S-44: deliveries (pings, logout tokens, webhooks) obey the same rules as fetches.

use bytes::Bytes;
use egress::{Egress, ExternalUrl, Fetched, Refused, Settings};
use http::{HeaderMap, HeaderValue};

use crate::stranger::{ANY, Stranger, door, homely, url};

async fn post(door: &Egress, url: &ExternalUrl) -> Result<Fetched, Refused> {
    door.post(
        url,
        "application/json",
        Bytes::from_static(b"{\"a\":1}"),
        HeaderMap::new(),
        &ANY,
    )
    .await
}

#[tokio::test]
async fn a_delivery_carries_its_body_type_and_headers() {
    let stranger = Stranger::says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok").await;
    let headers = HeaderMap::from_iter([
        (http::header::AUTHORIZATION, HeaderValue::from_static("Bearer x")),
        (http::header::HOST, HeaderValue::from_static("elsewhere.test")),
        (http::header::CONTENT_LENGTH, HeaderValue::from_static("1")),
        (http::header::TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
        (http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
    ]);
    let fetched = door(homely())
        .post(
            &stranger.url(),
            "application/json",
            Bytes::from_static(b"{\"a\":1}"),
            headers,
            &ANY,
        )
        .await;
    assert_eq!(fetched.unwrap().body, "ok");

    let requests = stranger.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "{\"a\":1}");
    let mut lines: Vec<String> = head.lines().map(str::to_lowercase).collect();
    lines[1..].sort();
    let host = format!("host: localhost:{}", stranger.port());
    assert_eq!(
        lines,
        [
            "post /document http/1.1",
            "accept-encoding: identity",
            "accept: */*",
            "authorization: bearer x",
            "content-length: 7",
            "content-type: application/json",
            &host,
            "user-agent: prokura",
        ]
    );
}

#[tokio::test]
async fn a_delivery_is_taken_with_200_202_or_204() {
    for (status, expected) in [
        ("200 OK", Ok(())),
        ("202 Accepted", Ok(())),
        ("204 No Content", Ok(())),
        ("201 Created", Err(Refused::Status(201))),
        ("400 Bad Request", Err(Refused::Status(400))),
        ("500 Internal Server Error", Err(Refused::Status(500))),
    ] {
        let stranger = Stranger::says(&format!("HTTP/1.1 {status}\n\n")).await;
        assert_eq!(
            post(&door(homely()), &stranger.url()).await.map(|_| ()),
            expected,
            "{status}"
        );
    }
}

#[tokio::test]
async fn s_44_a_delivery_to_a_forbidden_place_contacts_nobody() {
    let stranger = Stranger::says("HTTP/1.1 204 No Content\n\n").await;
    let door = door(Settings {
        allowed_networks: Vec::new(),
        ..homely()
    });
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "localhost"] {
        let refused = post(&door, &url(&format!("https://{host}:{}/", stranger.port()))).await;
        assert!(matches!(refused, Err(Refused::SpecialUse(_))), "{host}: {refused:?}");
    }
    assert_eq!(stranger.connections().await, 0);
}

#[tokio::test]
async fn s_44_a_delivery_follows_no_redirect() {
    let target = Stranger::says("HTTP/1.1 204 No Content\n\n").await;
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let answer = format!("HTTP/1.1 {status}\nLocation: {}\nContent-Length: 0\n\n", target.url());
        let stranger = Stranger::says(&answer).await;
        assert_eq!(
            post(&door(homely()), &stranger.url()).await,
            Err(Refused::Redirect),
            "{status}"
        );
    }
    assert_eq!(target.connections().await, 0);
}

#[tokio::test]
async fn s_44_a_delivery_is_sent_once() {
    let stranger = Stranger::says("").await;
    assert_eq!(post(&door(homely()), &stranger.url()).await, Err(Refused::Broken));
    assert_eq!(
        stranger.connections().await,
        1,
        "no retry after a connection that broke off"
    );
}

#[tokio::test]
async fn a_content_type_that_is_no_header_value_is_refused() {
    let stranger = Stranger::says("HTTP/1.1 204 No Content\n\n").await;
    let refused = door(homely())
        .post(&stranger.url(), "a\r\nb: c", Bytes::new(), HeaderMap::new(), &ANY)
        .await;
    assert_eq!(refused, Err(Refused::ContentType));
    assert_eq!(stranger.connections().await, 0);
}
