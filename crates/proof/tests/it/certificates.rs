//! Client certificates, made and read by `openssl` 3.0.19; their keys as JWK and thumbprints by node and npm `jose` 6.2.18.

use proof::{
    Algorithm, Malformed, PublicKey, Time, base64url,
    certificate::{CERTIFICATE_BYTES_MAX, Certificate, CertificateError, from_client_cert_header, from_escaped_pem},
    json::Object,
    jwk::KeySet,
};
use proptest::prelude::{any, prop, proptest};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Case {
    name: String,
    pem: String,
    /// `-nameopt RFC2253`.
    subject: String,
    /// `-nameopt RFC2253,-esc_msb`: letters outside ASCII as they are.
    subject_utf8: String,
    /// `-nameopt RFC2253,oid`.
    subject_numbers: String,
    /// `-fingerprint -sha256`, in lower case and without colons.
    sha256: String,
    not_before: i64,
    not_after: i64,
    jwk: Object,
    jkt: String,
}

fn cases() -> Vec<Case> {
    serde_json::from_slice(include_bytes!("../vectors/certificates_openssl.json")).unwrap()
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

impl Case {
    fn base64(&self) -> String {
        self.pem.lines().filter(|line| !line.starts_with('-')).collect()
    }

    fn der(&self) -> Vec<u8> {
        from_client_cert_header(&format!(":{}:", self.base64())).unwrap()
    }

    fn certificate(&self) -> Certificate {
        Certificate::parse(&self.der()).unwrap()
    }
}

fn certificate(name: &str) -> Certificate {
    case(name).certificate()
}

/// As nginx escapes: all but unreserved letters.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            format!("{out}{}", char::from(byte))
        } else {
            format!("{out}%{byte:02X}")
        }
    })
}

#[test]
fn the_thumbprint_is_the_sha_256_fingerprint() {
    for case in cases() {
        let bytes = base64url::decode(case.certificate().thumbprint()).unwrap();
        let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(hex, case.sha256, "{}", case.name);
    }
}

#[test]
fn a_subject_is_written_as_openssl_writes_it() {
    for case in cases() {
        let certificate = case.certificate();
        // Openssl reverses the parts that are joined by `+`, too; RFC 4514 s2.2 leaves their order open.
        let expected = match case.name.as_str() {
            "multi" => "CN=last,CN=two+OU=one,O=Org",
            _ => &case.subject_utf8,
        };
        assert_eq!(certificate.subject_dn(), expected, "{}", case.name);
    }
}

#[test]
fn a_subject_is_found_in_every_notation_of_its_own() {
    for case in cases() {
        let certificate = case.certificate();
        let named = case.name != "nameless";
        for dn in [&case.subject, &case.subject_utf8, &case.subject_numbers] {
            assert_eq!(certificate.subject_is(dn), named, "{}: {dn}", case.name);
        }
        assert_eq!(certificate.subject_is(certificate.subject_dn()), named, "{}", case.name);
    }
}

#[test]
fn a_subject_is_no_others() {
    for one in cases() {
        let certificate = one.certificate();
        for other in cases() {
            // These two differ in their string types only.
            let same = one.name == other.name && one.name != "nameless";
            assert_eq!(
                certificate.subject_is(&other.subject),
                same,
                "{} {}",
                one.name,
                other.name
            );
        }
    }
}

#[test]
fn notations_of_a_name_are_one_name() {
    let certificate = certificate("p256");
    for dn in [
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"cn=client-1,ou=A\+B,o=Example\, \"Agents\" GmbH,c=DE"#,
        r"2.5.4.3=client-1,2.5.4.11=A\2bB,2.5.4.10=Example\2C \22Agents\22 GmbH,2.5.4.6=DE",
        r#"CN=client-1, OU=A\+B, O=Example\, \"Agents\" GmbH, C=DE"#,
        r#"commonName=client-1,organizationalUnitName=A\+B,organizationName=Example\, \"Agents\" GmbH,countryName=DE"#,
        r#"CN=\63lient-1,OU=A\+B,O=Example\,\20\"Agents\" GmbH,C=DE"#,
        r#"CN=#0c08636c69656e742d31,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=#1308636C69656E742D31,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
    ] {
        assert!(certificate.subject_is(dn), "{dn}");
    }
    for dn in [
        "",
        ",",
        "CN=client-1",
        "CN",
        "=client-1",
        r#"C=DE,O=Example\, \"Agents\" GmbH,OU=A\+B,CN=client-1"#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE,"#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE+"#,
        r#",CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1,OU=A+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1+OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1,OU=A\+B,O=Example\, "Agents" GmbH,C=DE"#,
        r#"CN=Client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1 ,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN= client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE "#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\"  GmbH,C=DE"#,
        r#"CN=client-1;OU=A\+B;O=Example\, \"Agents\" GmbH;C=DE"#,
        r#"/C=DE/O=Example, "Agents" GmbH/OU=A+B/CN=client-1"#,
        r#"OID.2.5.4.3=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=#0c08636c69656e742d3,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=#0c08636c69656e742d3100,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=#,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1\,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE"#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=DE\"#,
        r#"CN=client-1,OU=A\+B,O=Example\, \"Agents\" GmbH,C=D\4"#,
        "CN=client-1\0,OU=A\\+B,O=Example\\, \\\"Agents\\\" GmbH,C=DE",
    ] {
        assert!(!certificate.subject_is(dn), "{dn}");
    }
}

#[test]
fn parts_joined_by_plus_have_no_order() {
    let certificate = certificate("multi");
    assert!(certificate.subject_is("CN=last,OU=one+CN=two,O=Org"));
    assert!(certificate.subject_is("CN=last,CN=two+OU=one,O=Org"));
    assert!(!certificate.subject_is("CN=last,CN=two + OU=one,O=Org"));
    assert!(!certificate.subject_is("CN=last,CN=two,OU=one,O=Org"));
    assert!(!certificate.subject_is("CN=two,CN=last+OU=one,O=Org"));
}

#[test]
fn the_key_is_the_one_the_jwk_of_another_reader_has() {
    for case in cases() {
        let certificate = case.certificate();
        if case.name == "p384" {
            assert!(certificate.public_key().is_none());
            assert_eq!(
                PublicKey::from_jwk(&case.jwk).unwrap_err(),
                Malformed::Unsupported("crv")
            );
            continue;
        }
        let key = certificate.public_key().unwrap();
        assert_eq!(key.thumbprint(), case.jkt, "{}", case.name);
        let mut jwk = key.to_jwk();
        jwk.retain(|name, _| !["alg", "use"].contains(&name.as_str()));
        assert_eq!(jwk, case.jwk, "{}", case.name);
    }
}

#[test]
fn a_self_signed_certificate_is_known_by_its_key() {
    let set = |jwks: Vec<Object>| KeySet::parse(json!({"keys": jwks}).to_string().as_bytes()).unwrap();
    for case in cases().into_iter().filter(|case| case.name != "p384") {
        let certificate = case.certificate();
        let other = super::signer::Signer::ed25519(9).key().to_jwk();
        assert!(
            certificate.has_key_in(&set(vec![other.clone(), case.jwk.clone()])),
            "{}",
            case.name
        );
        assert!(!certificate.has_key_in(&set(vec![other])), "{}", case.name);
        assert!(!certificate.has_key_in(&set(vec![])), "{}", case.name);
        let mut encryption = case.jwk.clone();
        encryption.insert("use".to_owned(), json!("enc"));
        assert!(!certificate.has_key_in(&set(vec![encryption])), "{}", case.name);
    }
    // Whichever algorithm the registered key is for.
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let mut jwk = case("rsa").jwk;
        jwk.insert("alg".to_owned(), json!(algorithm.name()));
        jwk.insert("x5c".to_owned(), json!([case("rsa").base64()]));
        assert!(certificate("rsa").has_key_in(&set(vec![jwk])), "{algorithm}");
    }
    // A key that we cannot read is nobody's, and `x5c` alone does not name one.
    let mut foreign = case("ed25519").jwk;
    foreign.insert("x5c".to_owned(), json!([case("p384").base64()]));
    assert!(!certificate("p384").has_key_in(&set(vec![foreign])));
}

#[test]
fn alternative_names_are_told_apart_by_kind() {
    let p256 = certificate("p256");
    for (name, expected) in [
        ("client.example.test", true),
        ("CLIENT.example.TEST", true),
        ("*.wild.example.test", true),
        ("a.wild.example.test", false),
        ("example.test", false),
        ("client.example.test.", false),
        ("client-1", false),
        ("192.0.2.7", false),
        ("", false),
    ] {
        assert_eq!(p256.has_dns(name), expected, "{name}");
    }
    for (uri, expected) in [
        ("spiffe://example.test/agent/1", true),
        ("spiffe://example.test/agent/1/", false),
        ("spiffe://EXAMPLE.test/agent/1", false),
        ("client.example.test", false),
        ("", false),
    ] {
        assert_eq!(p256.has_uri(uri), expected, "{uri}");
    }
    for (address, expected) in [
        ("192.0.2.7", true),
        ("192.0.2.8", false),
        ("2001:db8::7", true),
        ("2001:0DB8:0:0:0:0:0:7", true),
        ("::ffff:192.0.2.7", false),
        ("192.0.2.7/32", false),
        ("192.0.2.07", false),
        ("", false),
    ] {
        assert_eq!(p256.has_ip(address), expected, "{address}");
    }
    for (mailbox, expected) in [
        ("Agent@Example.test", true),
        ("Agent@example.TEST", true),
        ("agent@example.test", false),
        ("Agent@other.test", false),
        ("Agent", false),
        ("", false),
    ] {
        assert_eq!(p256.has_email(mailbox), expected, "{mailbox}");
    }
    assert!(certificate("nameless").has_uri("urn:agent:1"));
    assert!(!certificate("rsa").has_dns("client.example.test"));
    // An address in the subject is no alternative name.
    assert!(!certificate("ed25519").has_email("a@example.test"));
}

#[test]
fn a_certificate_is_valid_between_its_two_dates() {
    for case in cases() {
        let valid = |time| case.certificate().valid_at(Time::from_unix(time));
        let (first, last) = (case.not_before, case.not_after);
        assert_eq!(
            [first - 1, first, last, last + 1].map(valid),
            [false, true, true, false],
            "{}",
            case.name
        );
    }
}

#[test]
fn s_15_only_one_certificate_of_bounded_size_is_read() {
    let der = case("p256").der();
    let refused = |bytes: &[u8]| Certificate::parse(bytes).unwrap_err();
    for length in 0..der.len() {
        assert_eq!(refused(&der[..length]), CertificateError::Der, "{length}");
    }
    assert_eq!(refused(&[der.as_slice(), &[0]].concat()), CertificateError::Der);
    assert_eq!(refused(&[der.as_slice(), &der].concat()), CertificateError::Der);
    assert_eq!(refused(&vec![0x30; CERTIFICATE_BYTES_MAX]), CertificateError::Der);
    assert_eq!(
        refused(&vec![0x30; CERTIFICATE_BYTES_MAX + 1]),
        CertificateError::TooLarge
    );
    assert_eq!(refused(case("p256").pem.as_bytes()), CertificateError::Der);
}

/// Finds the only occurrence of `from` and puts `to`, of the same length, in its place.
fn changed(name: &str, from: &[u8], to: &[u8]) -> Result<Certificate, CertificateError> {
    let mut der = case(name).der();
    let places: Vec<usize> = (0..der.len()).filter(|place| der[*place..].starts_with(from)).collect();
    let place = *places.last().unwrap();
    der[place..].iter_mut().zip(to).for_each(|(at, byte)| *at = *byte);
    Certificate::parse(&der)
}

#[test]
fn names_that_cannot_be_read_refuse_the_certificate() {
    // A UTF8String of the subject that is not UTF-8.
    assert_eq!(
        changed("p256", b"\x0c\x08client-1", b"\x0c\x08client-\xff").unwrap_err(),
        CertificateError::Field
    );
    // A DNS name that is not ASCII.
    assert_eq!(
        changed("p256", b"client.example.test", b"client.example.tes\xff").unwrap_err(),
        CertificateError::AlternativeNames
    );
    // A second extension for alternative names where the basic constraints stood (2.5.29.19 becomes 2.5.29.17).
    assert_eq!(
        changed("p256", &[0x55, 0x1d, 0x13], &[0x55, 0x1d, 0x11]).unwrap_err(),
        CertificateError::AlternativeNames
    );
}

#[test]
fn a_header_holds_one_byte_sequence() {
    let case = case("p256");
    let (base64, der) = (case.base64(), case.der());
    for field in [format!(":{base64}:"), format!("  :{base64}: ")] {
        assert_eq!(from_client_cert_header(&field).as_ref(), Ok(&der), "{field}");
    }
    for field in [
        String::new(),
        ":".to_owned(),
        "::".to_owned(),
        base64.clone(),
        format!(":{base64}"),
        format!("{base64}:"),
        format!(":{base64}:, :{base64}:"),
        format!(":{base64}:;a=1"),
        format!(": {base64}:"),
        format!(":{base64}:\n"),
        format!("\"{base64}\""),
        ":MA=:".to_owned(),
        ":MA:".to_owned(),
        ":MB==:".to_owned(),
        ":_-8=:".to_owned(),
        escaped(&case.pem),
    ] {
        assert_eq!(
            from_client_cert_header(&field),
            Err(CertificateError::StructuredField),
            "{field}"
        );
    }
    let large = format!(":{}:", "A".repeat(4 * CERTIFICATE_BYTES_MAX));
    assert_eq!(from_client_cert_header(&large), Err(CertificateError::TooLarge));
}

#[test]
fn escaped_pem_holds_one_certificate() {
    for case in cases() {
        let der = case.der();
        for text in [
            escaped(&case.pem),
            case.pem.clone(),
            escaped(&case.pem.replace('\n', "\r\n")),
        ] {
            assert_eq!(from_escaped_pem(&text).as_ref(), Ok(&der), "{}", case.name);
        }
    }
    let pem = case("p256").pem;
    for text in [
        String::new(),
        case("p256").base64(),
        escaped(&[pem.as_str(), &pem].concat()),
        escaped(&["x\n", &pem].concat()),
        escaped(&[pem.as_str(), "x"].concat()),
        escaped(&pem.replace("CERTIFICATE", "PRIVATE KEY")),
        escaped("-----BEGIN CERTIFICATE----------END CERTIFICATE-----"),
        escaped(&pem.replace('\n', " ")),
        escaped(&escaped(&pem)),
        [escaped(&pem).as_str(), "%"].concat(),
        [escaped(&pem).as_str(), "%0"].concat(),
        [escaped(&pem).as_str(), "%zz"].concat(),
        [escaped(&pem).as_str(), "%C3%BC"].concat(),
        "-----BEGIN CERTIFICATE-----".to_owned(),
    ] {
        assert_eq!(from_escaped_pem(&text), Err(CertificateError::Pem), "{text}");
    }
    let large = "A".repeat(4 * CERTIFICATE_BYTES_MAX + 1);
    assert_eq!(from_escaped_pem(&large), Err(CertificateError::TooLarge));
}

#[test]
fn a_space_at_an_end_is_no_layout() {
    let certificate = certificate("ed25519");
    assert!(certificate.subject_is(r"serialNumber=77,emailAddress=a@example.test,CN=\#1\ "));
    assert!(certificate.subject_is(r"serialNumber=77,emailAddress=a@example.test,CN=\231\20"));
    assert!(!certificate.subject_is(r"serialNumber=77,emailAddress=a@example.test,CN=\#1 "));
    assert!(!certificate.subject_is(r"serialNumber=77,emailAddress=a@example.test,CN=\#1"));
}

#[test]
fn a_value_in_hexadecimal_is_one_value() {
    let certificate = certificate("p384");
    let dn = |hex: &str| format!("1.2.3.4.5=#{hex},organizationIdentifier=PSDDE-BAFIN-125314,CN=client-1");
    for hex in ["0c036f6464", "0C036F6464", "13036f6464"] {
        assert!(certificate.subject_is(&dn(hex)), "{hex}");
    }
    for hex in [
        "0c026f6464",
        "0c046f6464",
        "0c036f646400",
        "0c036f646",
        "04036f6464",
        "0c",
        "",
        "0c036f6465",
    ] {
        assert!(!certificate.subject_is(&dn(hex)), "{hex}");
    }
    assert!(certificate.subject_is("1.2.3.4.5=odd,2.5.4.97=PSDDE-BAFIN-125314,CN=client-1"));
    assert!(!certificate.subject_is("1.2.3.4.6=odd,2.5.4.97=PSDDE-BAFIN-125314,CN=client-1"));
}

/// The parameters say P-256 in the one certificate; those of a P-256 key that say something else are no key of ours.
#[test]
fn a_point_of_another_curve_is_no_key() {
    let p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let prime239v3 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x06];
    assert!(changed("p256", &p256, &p256).unwrap().public_key().is_some());
    assert!(changed("p256", &p256, &prime239v3).unwrap().public_key().is_none());
}

#[test]
fn nothing_but_the_thumbprint_is_printed() {
    let certificate = certificate("p256");
    assert_eq!(
        format!("{certificate:?}"),
        format!("Certificate({:?})", certificate.thumbprint())
    );
}

#[test]
fn a_name_with_every_letter_is_read_back() {
    let certificate = certificate("rsa");
    assert!(certificate.subject_is(r"CN=\ #J\c3\b6rg\\n,UID=u=1\;\<x\>,DC=example,DC=test"));
    assert!(certificate.subject_is("CN=\\ \\#J\u{f6}rg\\\\n,uid=u\\=1\\;\\<x\\>,dc=example,dc=test"));
    assert!(!certificate.subject_is(r"CN=\ #J\c3rg\\n,UID=u=1\;\<x\>,DC=example,DC=test"));
    assert!(!certificate.subject_is(r"CN=\ #J\c3\b6rg\\n,UID=u=1\;\<x\>,DC=test,DC=example"));
}

proptest! {
    /// No bytes make the readers panic; what is read has the thumbprint of what was given.
    #[test]
    fn s_15_damaged_certificates_never_panic(which in 0..8_usize, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut der = cases().remove(which).der();
        for (place, byte) in flips {
            *place.get_mut(&mut der) = byte;
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            assert_eq!(certificate.thumbprint(), proof::digest::sha256_b64(&der));
            let dn = certificate.subject_dn();
            assert_eq!(certificate.subject_is(dn), !dn.is_empty(), "{dn}");
        }
    }

    #[test]
    fn s_15_any_text_is_read_without_panic(text in ".{0,64}") {
        let certificate = certificate("p256");
        assert!(!certificate.subject_is(&text));
        assert!(from_escaped_pem(&text).is_err());
        assert!(from_client_cert_header(&text).is_err() || text.trim_matches(' ').starts_with(':'));
    }
}
