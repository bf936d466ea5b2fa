//! Which server is asked, by what right, and what a script learns from the exit code.

use serde_json::json;
use testkit::World;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::command::{Desk, nobody, typed};

/// A bare desk in front of a world, with its token in a file.
fn bare(world: &World) -> Desk {
    let desk = Desk::new();
    desk.write("admin.token", &format!("{}\n", world.admin_token));
    desk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_and_a_token_come_from_flags_or_variables() {
    let world = World::new().await;
    let list = ["client", "list"];
    bare(&world)
        .run(&[
            "--server",
            &world.issuer,
            "--token-file",
            "admin.token",
            "client",
            "list",
        ])
        .expect(0);
    bare(&world)
        .run(&[
            "client",
            "list",
            "--server",
            &world.issuer,
            "--token-file",
            "admin.token",
        ])
        .expect(0);
    bare(&world)
        .variable("PROKURA_SERVER", &world.issuer)
        .variable("PROKURA_TOKEN", &world.admin_token)
        .run(&list)
        .expect(0);
    bare(&world)
        .variable("PROKURA_SERVER", &world.issuer)
        .run_with_input(&["--token-file", "-", "client", "list"], &world.admin_token)
        .expect(0);
    // A flag wins over a variable.
    let wrong = bare(&world)
        .variable("PROKURA_SERVER", "http://127.0.0.1:9")
        .variable("PROKURA_TOKEN", "wrong");
    wrong
        .run(&[
            "--server",
            &world.issuer,
            "--token-file",
            "admin.token",
            "client",
            "list",
        ])
        .expect(0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_development_server_of_the_folder_is_found_and_named() {
    let world = World::new().await;
    let desk = Desk::new();
    std::fs::create_dir(desk.path(".prokura")).unwrap();
    desk.write(
        ".prokura/ready.json",
        &json!({ "issuer": world.issuer, "admin": { "token": world.admin_token } }).to_string(),
    );
    let ran = desk.run(&["client", "list"]).expect(0);
    assert!(
        ran.err
            .contains(&format!("using the development server {}", world.issuer)),
        "{ran:?}"
    );
    assert!(!ran.all().contains(&world.admin_token));
    assert!(desk.run(&["client", "list", "--quiet"]).expect(0).err.is_empty());
    // Its token is for it alone.
    let ran = desk.run(&["--server", &world.issuer, "client", "list"]).expect(4);
    assert!(ran.err.contains("no administrator's token"), "{ran:?}");
    // A file in the folder must not send a token away.
    desk.write(
        ".prokura/ready.json",
        &json!({ "issuer": "https://attacker.example", "admin": { "token": "t" } }).to_string(),
    );
    let ran = desk
        .variable("PROKURA_TOKEN", &world.admin_token)
        .run(&["client", "list"])
        .expect(2);
    assert!(ran.err.contains("not on this machine"), "{ran:?}");
    world.end().await;
}

#[test]
fn no_server_is_wrong_usage_and_says_what_to_do() {
    let ran = Desk::new().run(&["client", "list"]).expect(2);
    assert!(
        ran.out.is_empty() && ran.err.contains("no server is named") && ran.err.contains("prokura dev"),
        "{ran:?}"
    );
}

#[test]
fn a_server_is_named_by_a_safe_address() {
    for address in [
        "http://auth.example.com",
        "http://localhost.example.com",
        "http://192.168.0.1",
        "ftp://localhost",
        "auth.example.com",
        "https://user@auth.example.com",
        "https://auth.example.com?x=y",
        "https://auth.example.com/admin/v1",
        "https://auth.example.com/t/a/b",
        "https://auth.example.com/t/",
    ] {
        let ran = Desk::new()
            .variable("PROKURA_TOKEN", "t0ken")
            .run(&["--server", address, "client", "list"])
            .expect(2);
        assert!(
            ran.err.contains("--server names no server") && !ran.all().contains("t0ken"),
            "{address} {ran:?}"
        );
    }
    Desk::new()
        .variable("PROKURA_TOKEN", "t")
        .run(&typed("--server https://a.example --tenant ../x client list"))
        .expect(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes_tell_what_kind_of_no_it_was() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let create = ["client", "create", "--name", "a", "--id", "a"];
    desk.run(&create).expect(0);
    desk.run(&["client", "create", "--name", "", "--id", "b"]).expect(1);
    desk.run(&["client", "create"]).expect(2);
    desk.run(&["frobnicate"]).expect(2);
    for absent in ["nobody", "..", ".", "a/b", "%61"] {
        let ran = desk.run(&["client", "show", absent]).expect(3);
        assert!(ran.err.contains(&format!("cannot show client {absent}")), "{ran:?}");
    }
    Desk::with(&world.issuer, "pka_wrong")
        .run(&["client", "list"])
        .expect(4);
    let conflict = desk.run(&create).expect(5);
    for part in [
        "error: cannot create client a\n",
        "\n  why:        a client of this id exists (conflict)\n",
        "\n  what to do: ",
        "\n  request id: ",
    ] {
        assert!(conflict.err.contains(part), "{part:?} {conflict:?}");
    }
    world.end().await;

    let (_held, address) = nobody();
    let ran = Desk::with(&address, "t").run(&["client", "list"]).expect(6);
    assert!(
        ran.err.contains("does not answer") && ran.err.contains("refused"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_names_the_exit_codes_and_prints_to_standard_output() {
    let help = Desk::new().run(&["help"]).expect(0);
    for words in ["Exit codes:", "3  not found", "6  unavailable", "Usage: prokura"] {
        assert!(help.out.contains(words), "{help:?}");
    }
    assert!(!help.out.contains("  docs"), "the command for the repository is hidden");
    assert_eq!(
        Desk::new().run(&["--version"]).expect(0).out,
        format!("prokura {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(
        !Desk::new()
            .run(&["help", "serve"])
            .expect(0)
            .out
            .contains("--token-file"),
        "a server is not administered by serve"
    );
}

/// Answers one request with a head and a body, and hands over what it read.
async fn answering(head: &str, body: &str) -> (String, tokio::task::JoinHandle<String>) {
    answering_raw(format!(
        "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await
}

async fn answering_raw(text: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let read = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = vec![0; 4096];
        let n = stream.read(&mut seen).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        String::from_utf8_lossy(&seen[..n]).into_owned()
    });
    (address, read)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed() {
    let (elsewhere, not_asked) = answering("200 OK", "{}").await;
    let (address, asked) = answering(
        &format!("307 Temporary Redirect\r\nlocation: {elsewhere}/admin/v1/clients"),
        "",
    )
    .await;
    let ran = Desk::with(&address, "t0ken").run(&["client", "list"]).expect(1);
    assert!(ran.err.contains("the server sends elsewhere"), "{ran:?}");
    assert!(
        asked.await.unwrap().contains("Bearer t0ken"),
        "the named server got the token"
    );
    assert!(!not_asked.is_finished(), "and nobody else did");
    not_asked.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_is_told_apart() {
    let busy =
        json!({ "error": "temporarily_unavailable", "error_description": "busy", "request_id": "r1" }).to_string();
    for (head, body, code, words) in [
        ("502 Bad Gateway", "<h1>no</h1>", 6, "not from Prokura"),
        ("200 OK", "<p>a", 1, "not from Prokura"),
        ("503 Service Unavailable", &busy, 6, "busy (temporarily_unavailable)"),
    ] {
        let (address, asked) = answering(head, body).await;
        let ran = Desk::with(&address, "t").run(&["client", "list"]).expect(code);
        assert!(ran.err.contains(words), "{ran:?}");
        asked.await.unwrap();
    }
    let (address, asked) = answering_raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_owned()).await;
    let ran = Desk::with(&address, "t").run(&["client", "list"]).expect(6);
    assert!(ran.err.contains("does not answer"), "{ran:?}");
    asked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_10_what_a_terminal_would_obey_is_made_visible() {
    let body = json!({ "clients": [{ "client_id": "a", "client_name": "Nice\u{1b}[2J\u{202e}agent\nroot", "token_endpoint_auth_method": "x", "grant_types": [], "created_at": 0 }] }).to_string();
    for format in ["table", "json"] {
        let (address, asked) = answering("200 OK", &body).await;
        let ran = Desk::with(&address, "t")
            .run(&["client", "list", "--output", format])
            .expect(0);
        assert!(
            !ran.out.contains(['\u{1b}', '\u{202e}']) && ran.out.contains("\\u202eagent"),
            "{ran:?}"
        );
        asked.await.unwrap();
    }
    let (address, asked) = answering(
        "400 Bad Request",
        &json!({ "error": "invalid", "error_description": "\u{1b}[31mred\nforged" }).to_string(),
    )
    .await;
    let ran = Desk::with(&address, "t").run(&["client", "list"]).expect(1);
    assert!(
        ran.err.contains("\\u001b[31mred\\u000aforged") && !ran.err.contains('\u{1b}'),
        "{ran:?}"
    );
    asked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_token_file_is_told_and_its_content_is_not() {
    let world = World::new().await;
    for (text, code) in [("two words", 2), ("", 2), ("n\u{f6}n", 2)] {
        let desk = Desk::with(&world.issuer, text);
        let ran = desk.run(&["client", "list"]).expect(code);
        assert!(text.is_empty() || !ran.all().contains(text), "{ran:?}");
    }
    Desk::new()
        .run(&["--server", &world.issuer, "--token-file", "absent", "client", "list"])
        .expect(2);
    world.end().await;
}
