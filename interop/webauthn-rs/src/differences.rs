//! Where webauthn-rs 0.6.2 and we judge differently, and what the specification says.

pub struct Difference {
    pub theirs: Theirs,
    pub why: &'static str,
    cases: &'static [&'static str],
}

pub enum Theirs {
    /// And we refuse.
    Accepts,
    /// With this error, and we accept.
    Refuses(&'static str),
}

pub fn of(name: &str) -> Option<&'static Difference> {
    DIFFERENCES.iter().find(|difference| difference.cases.contains(&name))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    DIFFERENCES.iter().flat_map(|difference| difference.cases).copied()
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        theirs: Theirs::Refuses("ParseJSONFailure"),
        why: "s7.1 step 5, s7.2 step 8: UTF-8 decode strips a byte order mark",
        cases: &[
            "registration: client data with a byte order mark",
            "assertion: client data with a byte order mark",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s7.2 step 13: we expect no frames (it looks at registrations only)",
        cases: &[
            "assertion: crossOrigin true",
            "assertion: crossOrigin true and topOrigin",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s7.1 step 11, s7.2 step 14: we expect no frames (it does not know the member, which is new in Level 3)",
        cases: &["registration: topOrigin alone", "assertion: topOrigin alone"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s7.1 step 8, s7.2 step 11: equal to the base64url encoding, which has no padding (s3)",
        cases: &["registration: a padded challenge", "assertion: a padded challenge"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s13.4.9: one domain SHOULD be matched exactly (it compares parsed URLs, which is allowed)",
        cases: &[
            "registration: an origin with a slash",
            "assertion: an origin with a slash",
            "registration: an origin with a port",
            "assertion: an origin with a port",
            "registration: an origin in capitals",
            "assertion: an origin in capitals",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s6.1: the data describe their own length, and ED is set when there are extensions (it ignores the rest)",
        cases: &[
            "registration: a byte after the authenticator data",
            "assertion: a byte after the authenticator data",
            "registration: extension data without their flag",
            "assertion: extension data without their flag",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s6.1: the AT flag MUST NOT be set in assertions",
        cases: &["assertion: a credential in it"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s2.4: decoders SHOULD reject what is not CTAP2 canonical CBOR, and duplicate keys",
        cases: &[
            "registration: extension data of indefinite length",
            "assertion: extension data of indefinite length",
            "registration: extension data with a key twice",
            "assertion: extension data with a key twice",
            "registration: key with its members in another order",
            "registration: key with x twice",
            "registration: key with its type in a long integer",
            "registration: key map of indefinite length",
            "registration: object in another order",
            "registration: object of indefinite length",
            "registration: object with a long length",
            "registration: object with a tag",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s3: base64url without padding",
        cases: &[
            "registration: a padded id",
            "assertion: a padded id",
            "registration: client data in padded base64url",
            "assertion: client data in padded base64url",
            "registration: attestation object padded",
            "assertion: signature padded",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s5.1: id is the encoding of rawId (it reads rawId only, and in registrations neither)",
        cases: &[
            "registration: id and rawId apart",
            "assertion: id and rawId apart",
            "registration: an empty id",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s5.1, s6.5.1: the id is that of the attested credential (it takes the attested one)",
        cases: &["registration: another credential id inside"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s6.5.1, s7.1 step 25: no more than 1023 bytes (it takes 4096, for keys to come)",
        cases: &["registration: an id of 1024 bytes"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s5.1: the type is public-key (it does not look)",
        cases: &[
            "registration: another credential type",
            "assertion: another credential type",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s6.5.1: the key MUST NOT contain other optional parameters",
        cases: &["registration: key with a key id"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s8.7: an empty map (the verification procedure itself does not look)",
        cases: &[
            "registration: statement of none not empty",
            "registration: statement of none that is an array",
        ],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s8.2: the CDDL of self attestation has two members",
        cases: &["registration: packed with an unknown member"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s6.5.4: the CDDL of the object has three members",
        cases: &["registration: object with an unknown member"],
    },
    Difference {
        theirs: Theirs::Accepts,
        why: "s5.4.3: no more than 64 bytes",
        cases: &["assertion: a user handle of 65 bytes"],
    },
];
