//! How long an answer says it may be kept (RFC 9111).

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// The largest number of seconds worth telling apart (RFC 9111 s1.2.2).
const SECONDS_MAX: u64 = 2_147_483_648;

/// The freshness that is left: `max-age` less `Age`; nothing if the answer is silent, zero if it forbids keeping or
/// cannot be read.
pub(crate) fn cache_seconds(headers: &HeaderMap) -> Option<u64> {
    let mut fresh: Option<u64> = None;
    for value in headers.get_all(CACHE_CONTROL) {
        let Ok(value) = value.to_str() else { return Some(0) };
        for directive in value.split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => return Some(0),
                // Given twice or unreadable, the answer is to be taken as stale (s4.2.1): the smallest wins.
                "max-age" => {
                    let seconds = delta_seconds(argument.trim().trim_matches('"')).unwrap_or(0);
                    fresh = Some(fresh.map_or(seconds, |other| other.min(seconds)));
                }
                _ => {}
            }
        }
    }
    let age = headers
        .get(AGE)
        .and_then(|age| delta_seconds(age.to_str().ok()?.trim()))
        .unwrap_or(0);
    fresh.map(|seconds| seconds.saturating_sub(age))
}

fn delta_seconds(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(SECONDS_MAX).min(SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        cache_seconds(&headers)
    }

    #[test]
    fn freshness_is_what_rfc_9111_says() {
        for (value, expected) in [
            ("max-age=3600", Some(3600)),
            ("public, max-age=60, must-revalidate", Some(60)),
            ("MAX-AGE=60", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age = 60", Some(60)),
            ("max-age=0", Some(0)),
            ("max-age=99999999999999999999999", Some(2_147_483_648)),
            ("no-store", Some(0)),
            ("max-age=3600, no-store", Some(0)),
            ("No-Cache", Some(0)),
            ("max-age=-1", Some(0)),
            ("max-age=1.5", Some(0)),
            ("max-age=", Some(0)),
            ("max-age", Some(0)),
            ("max-age=60, max-age=30", Some(30)),
            ("max-age=60, max-age=x", Some(0)),
            ("public", None),
            ("s-maxage=60", None),
            ("", None),
        ] {
            assert_eq!(of(&[("cache-control", value)]), expected, "{value}");
        }
    }

    #[test]
    fn several_header_lines_count_as_one() {
        assert_eq!(
            of(&[("cache-control", "public"), ("cache-control", "max-age=60")]),
            Some(60)
        );
        assert_eq!(
            of(&[("cache-control", "max-age=60"), ("cache-control", "no-store")]),
            Some(0)
        );
    }

    #[test]
    fn time_spent_in_other_caches_is_taken_off() {
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "20")]), Some(40));
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "90")]), Some(0));
        assert_eq!(of(&[("age", "20")]), None);
    }

    #[test]
    fn bytes_that_are_not_text_mean_stale() {
        let mut headers = HeaderMap::new();
        headers.append(CACHE_CONTROL, HeaderValue::from_bytes(b"max-age=60, x=\xff").unwrap());
        assert_eq!(cache_seconds(&headers), Some(0));
    }
}
