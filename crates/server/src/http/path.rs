//! Paths have one form. Whatever another parser could read differently is not routed at all (S-03).

/// Whether a path is in its plain form: no empty or dot segment, no escape, no backslash, no matrix parameter. Nothing of ours needs an escape in a path.
pub(crate) fn is_plain(path: &str) -> bool {
    let strange = path
        .bytes()
        .any(|b| !b.is_ascii_graphic() || matches!(b, b'%' | b'\\' | b';' | b'"' | b'<' | b'>' | b'`'));
    let segments = path.strip_prefix('/').unwrap_or("").split('/');
    let mut bad_segment = !path.starts_with('/');
    for segment in segments {
        let only = path == "/";
        bad_segment |= (segment.is_empty() && !only) || segment == "." || segment == "..";
    }
    !strange && !bad_segment
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn s_03_only_plain_paths_are_routed() {
        for good in [
            "/",
            "/oauth2/token",
            "/t/acme/oauth2/token",
            "/.well-known/openid-configuration/t/acme",
            "/admin/v1/clients/a-b_c.d~e",
        ] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "",
            "oauth2",
            "//",
            "/t//acme",
            "/oauth2/token/",
            "/t/./acme",
            "/t/../acme",
            "/t/acme;x/admin",
            "/t/%61cme",
            "/t%2facme",
            "/t/ac\\me",
            "/t/acme%5c",
            "/%2e%2e/x",
            "/t/a\u{e9}",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
