//! A browser that is as little as a load generator can be: one connection, its cookies, and the forms of the pages it gets.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::token::escape;

/// A connection with cookies.
#[derive(Debug)]
pub(crate) struct Browser {
    stream: TcpStream,
    address: SocketAddr,
    origin: String,
    cookies: BTreeMap<String, String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, origin: &str) -> Result<Self> {
        Ok(Self {
            stream: connect(address)?,
            address,
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
        })
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, "", None)
    }

    /// A form as a program sends it: no cookies, no origin.
    pub(crate) fn post(&mut self, path: &str, headers: &str, body: &str) -> Result<Answer> {
        self.send("POST", path, headers, Some(body))
    }

    /// A JSON body, as a program sends it.
    pub(crate) fn json(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let head = format!(
            "{headers}Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.exchange(method, path, &head, body)
    }

    /// The form of a page, with these fields more.
    pub(crate) fn submit(&mut self, page: &Answer, id: &str, more: &[(&str, &str)]) -> Result<Answer> {
        let (action, mut fields) = page.form(id)?;
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let all = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(more.iter().copied());
        let body = all
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect::<Vec<_>>()
            .join("&");
        let origin = format!("Origin: {}\r\nSec-Fetch-Site: same-origin\r\n", self.origin);
        self.send("POST", &action, &origin, Some(&body))
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: Option<&str>) -> Result<Answer> {
        let content = body.map_or_else(String::new, |body| {
            format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            )
        });
        self.exchange(method, path, &format!("{headers}{content}"), body.unwrap_or_default())
    }

    fn exchange(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookie = if cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", cookies.join("; "))
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n{cookie}{headers}\r\n{body}",
            self.address
        );
        self.stream.write_all(request.as_bytes())?;
        let answer = read(&mut self.stream)?;
        for line in answer.all("set-cookie") {
            let (name, rest) = line.split_once('=').context("a cookie")?;
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }
}

impl Answer {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// Where it redirects to.
    pub(crate) fn location(&self) -> Result<&str> {
        self.all("location").next().with_context(|| {
            format!(
                "no redirect but {}: {}",
                self.status,
                self.body.get(..400).unwrap_or(&self.body)
            )
        })
    }

    fn form(&self, id: &str) -> Result<(String, Vec<(String, String)>)> {
        let mark = format!("id=\"{id}\"");
        let form = self
            .body
            .split("<form")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next())
            .find(|form| form.contains(&mark))
            .with_context(|| format!("no form {id} on the page: {}", self.status))?;
        let value = |tag: &str, name: &str| {
            let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
            Some(rest.split('"').next()?.replace("&amp;", "&").replace("&#38;", "&"))
        };
        let fields = form
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .filter(|input| !input.contains("checkbox"))
            .filter_map(|input| Some((value(input, "name")?, value(input, "value").unwrap_or_default())))
            .collect();
        Ok((value(form, "action").context("a form's action")?, fields))
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

fn read(stream: &mut TcpStream) -> Result<Answer> {
    let mut bytes = Vec::with_capacity(16_384);
    let mut chunk = [0_u8; 16_384];
    loop {
        let read = stream.read(&mut chunk)?;
        anyhow::ensure!(read > 0, "the server closed the connection");
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        let length: usize = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(Ok(0), |(_, value)| value.trim().parse())?;
        let begin = end + 4;
        if bytes.len() >= begin + length {
            let status = head
                .split(' ')
                .nth(1)
                .and_then(|text| text.parse().ok())
                .context("no status")?;
            let body = String::from_utf8_lossy(bytes.get(begin..begin + length).unwrap_or_default()).into_owned();
            return Ok(Answer { status, head, body });
        }
    }
}
