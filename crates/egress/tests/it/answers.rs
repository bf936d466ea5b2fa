//! Which answers are taken.

use std::io;
use std::sync::Arc;

use egress::{Fetched, Limits, Refused, Resolve, Resolved, Settings};

use crate::stranger::{ANY, Script, Stranger, door, homely, url};

const JSON: Limits = Limits {
    body_bytes_max: 1024,
    content_types: &["application/json", "application/jwk-set+json"],
};

async fn fetched(answer: &str, limits: &Limits) -> Result<Fetched, Refused> {
    let stranger = Stranger::says(answer).await;
    door(homely()).get(&stranger.url(), limits).await
}

#[tokio::test]
async fn an_answer_comes_home_whole() {
    let head = "HTTP/1.1 200 OK\nContent-Type: Application/JSON; charset=utf-8\nCache-Control: max-age=60\n";
    let expected = Fetched {
        body: "{}".into(),
        content_type: Some("application/json".to_owned()),
        cache_seconds: Some(60),
    };
    assert_eq!(
        fetched(&format!("{head}Content-Length: 2\n\n{{}}"), &JSON).await,
        Ok(expected)
    );
}

#[tokio::test]
async fn an_answer_may_be_chunked_or_end_with_the_connection() {
    let chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\n{\n1\n}\n0\n\n";
    assert_eq!(fetched(chunked, &ANY).await.unwrap().body, "{}");
    assert_eq!(fetched("HTTP/1.1 200 OK\n\n{}", &ANY).await.unwrap().body, "{}");
}

#[tokio::test]
async fn an_early_hint_is_not_the_answer() {
    let answer = "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\n{}";
    assert_eq!(fetched(answer, &ANY).await.unwrap().body, "{}");
}

#[tokio::test]
async fn only_status_200_is_an_answer() {
    for (line, refused) in [
        ("201 Created", Refused::Status(201)),
        ("202 Accepted", Refused::Status(202)),
        ("204 No Content", Refused::Status(204)),
        ("206 Partial Content", Refused::Status(206)),
        ("300 Multiple Choices", Refused::Redirect),
        ("304 Not Modified", Refused::Redirect),
        ("401 Unauthorized", Refused::Status(401)),
        ("404 Not Found", Refused::Status(404)),
        ("500 Internal Server Error", Refused::Status(500)),
        ("503 Service Unavailable", Refused::Status(503)),
    ] {
        assert_eq!(
            fetched(&format!("HTTP/1.1 {line}\n\n"), &ANY).await,
            Err(refused),
            "{line}"
        );
    }
}

#[tokio::test]
async fn the_body_of_a_refused_status_is_not_waited_for() {
    let script = Script::SayAndHold(b"HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\n".to_vec());
    let stranger = Stranger::start(script).await;
    assert_eq!(
        door(homely()).get(&stranger.url(), &ANY).await,
        Err(Refused::Status(404))
    );
    stranger.was_left().await;
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() {
    let of = |length: usize| format!("HTTP/1.1 200 OK\n\n{}", "x".repeat(length));
    assert_eq!(fetched(&of(1024), &ANY).await.unwrap().body.len(), 1024);
    assert_eq!(
        fetched(&of(1025), &ANY).await,
        Err(Refused::TooLarge { body_bytes_max: 1024 })
    );
    let nothing = Limits {
        body_bytes_max: 0,
        ..ANY
    };
    assert_eq!(fetched(&of(0), &nothing).await.unwrap().body.len(), 0);
    assert_eq!(
        fetched(&of(1), &nothing).await,
        Err(Refused::TooLarge { body_bytes_max: 0 })
    );
}

#[tokio::test]
async fn s_23_an_announced_giant_is_refused_before_its_body() {
    let script = Script::SayAndHold(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n".to_vec());
    let stranger = Stranger::start(script).await;
    assert_eq!(
        door(homely()).get(&stranger.url(), &ANY).await,
        Err(Refused::TooLarge { body_bytes_max: 1024 }),
        "the stranger sends nothing and holds the line, so only the announcement can have been judged"
    );
    stranger.was_left().await;
}

#[tokio::test]
async fn s_23_an_endless_stream_is_cut() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let stranger = Stranger::start(Script::Flood(head)).await;
    let limits = Limits {
        body_bytes_max: 100_000,
        ..ANY
    };
    assert_eq!(
        door(homely()).get(&stranger.url(), &limits).await,
        Err(Refused::TooLarge {
            body_bytes_max: 100_000
        })
    );
    stranger.was_left().await;
}

#[tokio::test]
async fn s_23_a_compressed_answer_is_refused() {
    for coding in ["gzip", "br", "deflate", "zstd", "GZIP", "identity, gzip", "x"] {
        let answer = format!("HTTP/1.1 200 OK\nContent-Encoding: {coding}\nContent-Length: 2\n\n{{}}");
        assert_eq!(fetched(&answer, &ANY).await, Err(Refused::Encoded), "{coding}");
    }
    let answer = "HTTP/1.1 200 OK\nContent-Encoding: Identity\nContent-Length: 2\n\n{}";
    assert_eq!(fetched(answer, &ANY).await.unwrap().body, "{}");
}

#[tokio::test]
async fn s_23_the_wrong_content_type_is_refused() {
    for (line, taken) in [
        ("Content-Type: application/json", true),
        ("Content-Type: APPLICATION/JSON;charset=utf-8", true),
        ("Content-Type: application/jwk-set+json", true),
        ("Content-Type: text/html", false),
        ("Content-Type: application/json-seq", false),
        ("Content-Type: text/html; x=application/json", false),
        ("Content-Type: application/json, text/html", false),
        ("Content-Type: application/json\nContent-Type: application/json", false),
        ("Content-Type:", false),
        ("X: y", false),
    ] {
        let answer = format!("HTTP/1.1 200 OK\n{line}\nContent-Length: 2\n\n{{}}");
        let expected = if taken {
            Ok("{}".into())
        } else {
            Err(Refused::ContentType)
        };
        assert_eq!(
            fetched(&answer, &JSON).await.map(|fetched| fetched.body),
            expected,
            "{line}"
        );
    }
}

#[tokio::test]
async fn without_a_content_type_rule_any_or_none_is_taken() {
    for (line, content_type) in [("X: y", None), ("Content-Type: Image/PNG", Some("image/png"))] {
        let answer = format!("HTTP/1.1 200 OK\n{line}\nContent-Length: 2\n\n{{}}");
        assert_eq!(
            fetched(&answer, &ANY).await.unwrap().content_type.as_deref(),
            content_type
        );
    }
}

#[tokio::test]
async fn what_is_not_http_or_breaks_off_is_refused() {
    for answer in [
        "",
        "SSH-2.0-OpenSSH_9.9\n",
        "HTTP/1.1 200 OK\nContent-Length: 3\n\n{}",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\n{}",
        "HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2\n\n{}",
    ] {
        assert_eq!(fetched(answer, &ANY).await, Err(Refused::Broken), "{answer}");
    }
}

#[derive(Debug)]
struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        Box::pin(std::future::pending())
    }
}

#[derive(Debug)]
struct Failing;

impl Resolve for Failing {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        Box::pin(std::future::ready(Err(io::Error::other("the text of a stranger"))))
    }
}

#[tokio::test]
async fn s_23_a_slow_stranger_is_left_when_the_time_is_over() {
    let mute = Stranger::start(Script::SayAndHold(Vec::new())).await;
    let stuck = Stranger::start(Script::SayAndHold(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec(),
    ))
    .await;
    let door = door(Settings {
        total_seconds_max: 1,
        resolver: Arc::new(Silent),
        ..homely()
    });
    let (mute_url, stuck_url, nowhere) = (mute.url(), stuck.url(), url("https://client.test/"));
    let answers = tokio::join!(
        door.get(&mute_url, &ANY),
        door.get(&stuck_url, &ANY),
        door.get(&nowhere, &ANY)
    );
    assert_eq!(
        answers,
        (Err(Refused::TimedOut), Err(Refused::TimedOut), Err(Refused::TimedOut))
    );
    mute.was_left().await;
    stuck.was_left().await;
}

#[tokio::test]
async fn a_failing_resolver_is_refused_without_its_words() {
    let door = door(Settings {
        resolver: Arc::new(Failing),
        ..homely()
    });
    let refused = door.get(&url("https://client.test/"), &ANY).await.unwrap_err();
    assert_eq!(refused, Refused::Unresolved);
    assert!(!refused.to_string().contains("stranger"), "{refused}");
}

#[tokio::test]
async fn a_request_says_little_and_carries_nothing_over() {
    let stranger = Stranger::says("HTTP/1.1 200 OK\nSet-Cookie: a=b\nContent-Type: application/json\n\n{}").await;
    let door = door(homely());
    for _ in 0..2 {
        door.get(&stranger.url(), &JSON).await.unwrap();
    }
    assert_eq!(stranger.connections().await, 2);
    for request in stranger.requests() {
        let mut lines: Vec<String> = request
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_lowercase)
            .collect();
        lines[1..].sort();
        let host = format!("host: localhost:{}", stranger.port());
        assert_eq!(
            lines,
            [
                "get /document http/1.1",
                "accept-encoding: identity",
                "accept: application/json, application/jwk-set+json",
                &host,
                "user-agent: prokura",
            ]
        );
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_fetch() {
    let answer = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let stranger = Stranger::start(Script::SayAndHold(answer)).await;
    let door = door(homely());
    assert_eq!(door.get(&stranger.url(), &ANY).await.unwrap().body, "{}");
    stranger.was_left().await;
}

#[test]
fn a_setting_of_zero_is_refused() {
    let broken = [
        Settings {
            fetches_max: 0,
            ..homely()
        },
        Settings {
            fetches_per_host_max: 0,
            ..homely()
        },
        Settings {
            total_seconds_max: 0,
            ..homely()
        },
        Settings {
            connect_seconds_max: 0,
            ..homely()
        },
        Settings {
            extra_roots: vec![vec![0x30, 0x00].into()],
            ..homely()
        },
    ];
    for settings in broken {
        assert!(egress::Egress::new(settings.clone()).is_err(), "{settings:?}");
    }
}
