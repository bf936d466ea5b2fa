//! The scopes of our own endpoints: what a client may ask for without naming a resource (OpenID Connect Core s5.4).

/// Scope and whether it is given when none is asked for (a default scope exists: product decision 24). Their words are messages of the pages, by the scope's name.
pub const OWN_SCOPES: &[(&str, bool)] = &[
    ("openid", false),
    ("profile", true),
    ("email", false),
    ("address", false),
    ("phone", false),
];

/// Words for a scope of ours, for documents; pages have them in every language.
pub const fn words(scope: &str) -> Option<&'static str> {
    match scope.as_bytes() {
        b"openid" => Some("recognise you when you come back"),
        b"profile" => Some("know your name and what you entered about yourself"),
        b"email" => Some("know your e-mail address"),
        b"address" => Some("know your postal address"),
        b"phone" => Some("know your telephone number"),
        _ => None,
    }
}
