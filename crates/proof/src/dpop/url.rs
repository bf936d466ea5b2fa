//! `htu` compared with our own URL: syntax-based and scheme-based normalisation (RFC 3986 s6.2.2, s6.2.3) without
//! building either normal form. Dot segments are not resolved: our endpoints have none, so such an `htu` is refused.

use crate::hex;

/// Whether `htu`, without its query and fragment, names the endpoint `ours` (RFC 9449 s4.3 step 9).
pub fn same_endpoint(htu: &str, ours: &str) -> bool {
    let htu = htu.split_once(['?', '#']).map_or(htu, |(before, _)| before);
    // Nearly always the two are equal as they stand.
    htu == ours
        || parts(htu)
            .zip(parts(ours))
            .is_some_and(|(theirs, ours)| theirs.same(&ours))
}

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
}

impl Parts<'_> {
    fn same(&self, other: &Parts<'_>) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme)
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
            && Octets::of(self.path).eq(Octets::of(other.path))
    }
}

/// Takes an http or https URL without query and fragment apart. User information stays in the authority, which is then
/// not ours.
fn parts(url: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let default_port = default_port(scheme)?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(slash)?;
    let (host, port) = match authority.rsplit_once(':') {
        // The last colon of an address in brackets is not a port's.
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let port = if port.is_empty() { default_port } else { port };
    let path = if path.is_empty() { "/" } else { path };
    Some(Parts {
        scheme,
        host,
        port,
        path,
    })
}

fn default_port(scheme: &str) -> Option<&'static str> {
    if scheme.eq_ignore_ascii_case("https") {
        Some("443")
    } else if scheme.eq_ignore_ascii_case("http") {
        Some("80")
    } else {
        None
    }
}

/// One octet of a path in normal form: what may be written plainly is plain, the rest keeps its percent sign.
#[derive(PartialEq, Eq)]
enum Octet {
    Plain(u8),
    Escaped(u8),
}

/// The octets of a path (RFC 3986 s6.2.2.1, s6.2.2.2).
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn of(path: &'a str) -> Self {
        Octets(path.as_bytes())
    }
}

impl Iterator for Octets<'_> {
    type Item = Octet;

    fn next(&mut self) -> Option<Octet> {
        if let [b'%', high, low, rest @ ..] = self.0
            && let Some(octet) = hex::octet(*high, *low)
        {
            self.0 = rest;
            let unreserved = octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
            return Some(if unreserved {
                Octet::Plain(octet)
            } else {
                Octet::Escaped(octet)
            });
        }
        let (octet, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(Octet::Plain(*octet))
    }
}
