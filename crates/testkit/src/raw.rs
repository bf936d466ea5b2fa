//! Requests that no HTTP client would send: bytes on a connection of their own.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::world::{Answer, World};

/// How long a server may take to answer everything and to close.
const PATIENCE_SECONDS: u64 = 20;

impl World {
    /// A connection to this node.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "a test without its server fails")]
    pub async fn connect(&self) -> TcpStream {
        self.count(); // whoever connects sends something
        TcpStream::connect(self.authority()).await.expect("a connection")
    }

    /// Sends bytes on a connection of their own and reads every answer until the server closes it.
    ///
    /// # Panics
    /// When the server neither answers nor closes: a test that waits for ever is a test that fails.
    pub async fn raw(&self, request: impl AsRef<[u8]>) -> Vec<Answer> {
        self.raw_in_parts(&[request.as_ref()]).await
    }

    /// Sends a request from another address of this machine (all of 127.0.0.0/8 is), and reads the one answer.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[expect(clippy::expect_used, reason = "a test without its server fails")]
    pub async fn send_from(
        &self,
        address: IpAddr,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Answer {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::new(address, 0))
            .expect("an address of this machine");
        let to = self.authority().parse().expect("an address");
        let stream = socket.connect(to).await.expect("a connection");
        let request = [&self.head(method, path, headers, body.len()), body].concat();
        let mut answers = exchange(stream, &[request.as_bytes()]).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.swap_remove(0)
    }

    /// The same in parts. What the server does not want to read is not an error: it may have answered and closed before.
    ///
    /// # Panics
    /// When the server neither answers nor closes.
    pub async fn raw_in_parts(&self, parts: &[&[u8]]) -> Vec<Answer> {
        exchange(self.connect().await, parts).await
    }

    /// Sends a request whose body the server may not want to read to its end, and reads the one answer.
    ///
    /// # Panics
    /// When there is not exactly one.
    pub async fn send_raw(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Answer {
        let head = self.head(method, path, headers, body.len());
        let mut answers = self.raw_in_parts(&[head.as_bytes(), body.as_bytes()]).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.swap_remove(0)
    }

    /// Sends a request and hangs up without listening.
    pub async fn send_and_hang_up(&self, request: &[u8]) {
        let mut stream = self.connect().await;
        drop(stream.write_all(request).await); // nobody cares
    }

    /// A POST of a form, as bytes, for this node's port and the default tenant.
    pub fn form_bytes(&self, path: &str, headers: &[(&str, String)], form: &[(&str, String)]) -> Vec<u8> {
        let body = crate::world::form_body(form);
        let mut all: Vec<(&str, String)> = headers.to_vec();
        all.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        let mut text = self.head("POST", path, &all, body.len());
        text.push_str(&body);
        text.into_bytes()
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, String)], body_bytes: usize) -> String {
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}content-length: {body_bytes}\r\n\r\n",
            self.authority(),
            lines.concat()
        )
    }
}

/// Sends bytes and reads every answer until the server closes the connection.
async fn exchange(stream: TcpStream, parts: &[&[u8]]) -> Vec<Answer> {
    let (mut reader, mut writer) = stream.into_split();
    let send = async {
        for part in parts {
            if writer.write_all(part).await.is_err() {
                return;
            }
        }
    };
    let mut bytes = Vec::new();
    let receive = read_to_end(&mut reader, &mut bytes);
    let both = async { tokio::join!(send, receive) };
    let ended = tokio::time::timeout(Duration::from_secs(PATIENCE_SECONDS), both).await;
    assert!(ended.is_ok(), "the server left the connection open");
    answers(&bytes)
}

/// Reads until the end, or until the peer resets: what came before counts.
async fn read_to_end(reader: &mut (impl AsyncReadExt + Unpin), bytes: &mut Vec<u8>) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(count) = reader.read(&mut piece).await {
        match piece.get(..count) {
            Some(read) if count > 0 => bytes.extend_from_slice(read),
            _ => return,
        }
    }
}

/// Takes a stream of HTTP/1.1 answers apart; an interim answer (1xx) is none.
fn answers(bytes: &[u8]) -> Vec<Answer> {
    let mut rest = String::from_utf8_lossy(bytes).into_owned();
    let mut found = Vec::new();
    while let Some((head, after)) = rest.split_once("\r\n\r\n") {
        let mut lines = head.split("\r\n");
        let status: u16 = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse().ok());
        let (text, after) = after.split_at_checked(length.unwrap_or(0)).unwrap_or((after, ""));
        let body = serde_json::from_str(text).unwrap_or_default();
        let answer = Answer {
            status,
            headers,
            body,
            text: text.to_owned(),
        };
        rest = after.to_owned();
        if status >= 200 || status == 0 {
            found.push(answer);
        }
    }
    found
}
