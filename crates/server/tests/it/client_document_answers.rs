//! What the address of a client's document may answer (S-23): one document, at once, within bounds; anything else is refused and not kept.

use std::time::Duration;

use testkit::World;
use tokio::time::Instant;

use crate::{
    client_documents::{document, not_taken, sent, taken},
    document_host::{DocumentHost, Says, served},
    setup::with,
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_23_an_answer_that_is_no_document_is_refused_and_not_kept() {
    let (world, host, trap) = (World::new().await, DocumentHost::new().await, DocumentHost::new().await);
    let id = host.id("client.json");
    let good = document(&id).to_string();
    let redirect = |status: u16| {
        let to = trap.id("client.json");
        format!(
            "HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{good}",
            good.len()
        )
    };
    let status = |status: u16| {
        format!(
            "HTTP/1.1 {status} Perhaps\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{good}",
            good.len()
        )
    };
    let padded = |bytes: usize| {
        let body = with(&document(&id), "padding", "");
        with(&body, "padding", "x".repeat(bytes - body.to_string().len())).to_string()
    };
    let chunked = |body: &str| {
        let pieces: Vec<String> = body
            .as_bytes()
            .chunks(1_000)
            .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
            .collect();
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{}0\r\n\r\n", pieces.concat()).into_bytes()
    };
    let typed = |kind: &str| served(good.as_bytes(), &[&format!("content-type: {kind}")]);
    let bomb = vec![0x1f; 2_000]; // what it would unpack to does not matter: nothing is unpacked
    let mut bad: Vec<(String, Says)> = Vec::new();
    for code in [301, 302, 303, 307, 308] {
        bad.push((format!("{code}"), Says::Bytes(redirect(code).into_bytes())));
    }
    for code in [201, 203, 206, 226, 304, 400, 401, 403, 404, 418, 500, 503] {
        bad.push((format!("{code}"), Says::Bytes(status(code).into_bytes())));
    }
    for kind in [
        "text/html",
        "text/plain",
        "application/xml",
        "application/json-seq",
        "application/jsonx",
        "application/ld+json",
        "x",
    ] {
        bad.push((kind.to_owned(), Says::Bytes(typed(kind))));
    }
    for (what, bytes) in [
        (
            "two content types",
            served(
                good.as_bytes(),
                &["content-type: application/json", "content-type: text/html"],
            ),
        ),
        ("gzip", served(&bomb, &["content-encoding: gzip"])),
        (
            "gzip that is none",
            served(good.as_bytes(), &["content-encoding: gzip"]),
        ),
        ("brotli", served(&bomb, &["content-encoding: br"])),
        (
            "one byte too much, announced",
            served(padded(10 * 1024 + 1).as_bytes(), &[]),
        ),
        ("one byte too much, in pieces", chunked(&padded(10 * 1024 + 1))),
        ("cut off", served(good.as_bytes(), &[])[..60].to_vec()),
        ("nothing", Vec::new()),
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
        ("no JSON", served(b"<html>", &[])),
        ("an array", served(format!("[{good}]").as_bytes(), &[])),
        ("a text", served(b"\"x\"", &[])),
        ("more behind it", served(format!("{good}x").as_bytes(), &[])),
        ("a mark in front", served(format!("\u{feff}{good}").as_bytes(), &[])),
        (
            "a member twice",
            served(
                good.replacen('{', &format!(r#"{{"client_id":"{id}","#), 1).as_bytes(),
                &[],
            ),
        ),
        (
            "Latin-1",
            served(
                &good
                    .replace("Atlas", "\u{1}")
                    .bytes()
                    .map(|b| if b == 1 { 0xe4 } else { b })
                    .collect::<Vec<_>>(),
                &[],
            ),
        ),
        (
            "deep",
            served(
                format!(r#"{{"a":{}1{}}}"#, "[".repeat(4_000), "]".repeat(4_000)).as_bytes(),
                &[],
            ),
        ),
    ] {
        bad.push((what.to_owned(), Says::Bytes(bytes)));
    }
    bad.push(("without end".to_owned(), Says::Endless));
    let mut asked = 0;
    for (what, says) in bad {
        host.says("client.json", says);
        not_taken(&world, &id, &what).await;
        asked += 1;
        assert_eq!(
            host.asked("client.json"),
            asked,
            "{what}: asked again, since nothing was kept"
        );
    }
    assert_eq!(trap.connections().await, 0, "redirects are not followed");

    for (what, bytes) in [
        (
            "exactly the limit",
            served(padded(10 * 1024).as_bytes(), &["cache-control: no-store"]),
        ),
        ("in pieces", chunked(&padded(10 * 1024))),
        ("with a charset", typed("application/json; charset=utf-8")),
        ("as CIMD", typed("application/cimd+json")),
        ("in capitals", typed("Application/JSON")),
        ("identity", served(good.as_bytes(), &["content-encoding: identity"])),
    ] {
        world.advance(90_000); // whatever was kept is old
        host.says("client.json", Says::Bytes(bytes));
        taken(&world, &id, what).await;
    }
}

#[tokio::test]
async fn s_23_a_slow_answer_is_given_up_and_few_wait_at_a_time() {
    let host = DocumentHost::new().await;
    let world = World::with_settings(|settings| settings.egress.total_seconds_max = 2).await;
    let id = host.id("client.json");
    // All of it counts: the document and its keys share the time.
    let keyed = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
    let keyed = with(&keyed, "jwks_uri", host.id("jwks.json"));
    let late = Duration::from_millis(1_800);
    host.says(
        "client.json",
        Says::Later(late, served(keyed.to_string().as_bytes(), &[])),
    );
    host.says("jwks.json", Says::Nothing);
    let asked = Instant::now();
    not_taken(&world, &id, "slow keys of a slow document").await;
    assert!(asked.elapsed() < Duration::from_millis(3_500), "{:?}", asked.elapsed());

    // A host that says nothing holds four requests at a time, and not a fifth.
    host.says("client.json", Says::Nothing);
    let asked = Instant::now();
    let ids: Vec<String> = (0..5).map(|n| format!("{id}?{n}")).collect();
    for n in 0..5 {
        host.says(&format!("client.json?{n}"), Says::Nothing);
    }
    let pages = futures_util::future::join_all(ids.iter().map(|id| sent(&world, id))).await;
    let mut statuses: Vec<u16> = pages.iter().map(|page| page.answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [400, 400, 400, 400, 503],
        "the fifth may come again: {pages:?}"
    );
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}
