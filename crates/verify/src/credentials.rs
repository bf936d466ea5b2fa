//! What the request shows: a scheme and a token, in one header and nowhere else (RFC 6750 s2.1, RFC 9449 s7.1).

use http::{HeaderMap, header::AUTHORIZATION};

use crate::Reason;

/// How the token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Bearer,
    Dpop,
}

/// A token and the scheme it came with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) token: &'a str,
}

impl<'a> Credentials<'a> {
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, Reason> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Err(Reason::NoToken),
            (Some(value), None) => value.to_str().map_err(|_| Reason::Authorization)?,
            (Some(_), Some(_)) => return Err(Reason::TwoAuthorizations),
        };
        let (name, token) = value.split_once(' ').unwrap_or((value, ""));
        let scheme = if name.eq_ignore_ascii_case("Bearer") {
            Scheme::Bearer
        } else if name.eq_ignore_ascii_case("DPoP") {
            Scheme::Dpop
        } else {
            return Err(Reason::NoToken);
        };
        let token = token.trim_matches(' ');
        if !is_token68(token) {
            return Err(Reason::Authorization);
        }
        Ok(Credentials { scheme, token })
    }
}

/// `token68` (RFC 9110 s11.2), which is also `b64token` (RFC 6750 s2.1).
fn is_token68(text: &str) -> bool {
    let plain = text.trim_end_matches('=');
    !plain.is_empty()
        && plain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn one_header_one_scheme_one_token() {
        for (lines, expected) in [
            (vec!["Bearer abc"], Ok((Scheme::Bearer, "abc"))),
            (vec!["bearer abc"], Ok((Scheme::Bearer, "abc"))),
            (vec!["BEARER  abc "], Ok((Scheme::Bearer, "abc"))),
            (vec!["dpop a-b._~+/c=="], Ok((Scheme::Dpop, "a-b._~+/c=="))),
            (vec![], Err(Reason::NoToken)),
            (vec!["Basic YTpi"], Err(Reason::NoToken)),
            (vec!["BearerX abc"], Err(Reason::NoToken)),
            (vec![""], Err(Reason::NoToken)),
            (vec!["Bearer"], Err(Reason::Authorization)),
            (vec!["Bearer "], Err(Reason::Authorization)),
            (vec!["Bearer ="], Err(Reason::Authorization)),
            (vec!["Bearer a b"], Err(Reason::Authorization)),
            (vec!["Bearer a=b"], Err(Reason::Authorization)),
            (vec!["Bearer a, Bearer b"], Err(Reason::Authorization)),
            (vec!["Bearer \"abc\""], Err(Reason::Authorization)),
            (vec!["Bearer\tabc"], Err(Reason::NoToken)),
            (vec!["Bearer abc", "Bearer abc"], Err(Reason::TwoAuthorizations)),
            (vec!["Basic YTpi", "Bearer abc"], Err(Reason::TwoAuthorizations)),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(AUTHORIZATION, HeaderValue::from_str(line).unwrap());
            }
            let read = Credentials::read(&headers).map(|read| (read.scheme, read.token));
            assert_eq!(read, expected, "{lines:?}");
        }
    }
}
