//! The JSON around a registration (WebAuthn s5.1): what is read is strict, the rest is ignored.

use proof::{
    Malformed,
    webauthn::{Credential, Rejected},
};
use serde_json::{Value, json};

use crate::{
    authenticator::{Alg, Authenticator},
    webauthn::{register, registration},
};

/// Changes the JSON around a good registration.
fn around(change: impl FnOnce(&mut Value)) -> Result<Credential, Rejected> {
    let mut value = registration(&Authenticator::new(Alg::Es256)).value();
    change(&mut value);
    register(&value.to_string())
}

#[test]
fn the_json_around_is_strict_where_it_is_read() {
    let missing = |name| Rejected::Response(Malformed::Missing(name));
    let wrong = |name| Rejected::Response(Malformed::WrongType(name));
    for name in ["id", "rawId", "type", "response"] {
        assert_eq!(
            around(|value| drop(value.as_object_mut().unwrap().remove(name))).unwrap_err(),
            missing(name)
        );
        assert_eq!(around(|value| value[name] = 7.into()).unwrap_err(), wrong(name));
    }
    for name in ["clientDataJSON", "attestationObject"] {
        let remove = |value: &mut Value| drop(value["response"].as_object_mut().unwrap().remove(name));
        assert_eq!(around(remove).unwrap_err(), missing(name));
        assert_eq!(
            around(|value| value["response"][name] = Value::Null).unwrap_err(),
            wrong(name)
        );
        for bad in ["a", "AA==", "A A", "+/+/", "AB"] {
            assert_eq!(
                around(|value| value["response"][name] = bad.into()).unwrap_err(),
                Rejected::Response(Malformed::Base64url),
                "{bad}"
            );
        }
    }
    assert_eq!(
        around(|value| value["type"] = "password".into()).unwrap_err(),
        Rejected::Response(Malformed::Value("type"))
    );
    assert_eq!(register("[]").unwrap_err(), Rejected::Response(Malformed::NotAnObject));
    around(|value| value["response"]["later"] = json!({"a": null})).unwrap();
}

#[test]
fn a_response_has_at_most_64_kib() {
    let mut value = registration(&Authenticator::new(Alg::EdDsa)).value();
    let bare = value.to_string().len() + r#""pad":"","#.len();
    for (length, why) in [(64 * 1024, None), (64 * 1024 + 1, Some(Rejected::TooLarge))] {
        value["pad"] = "x".repeat(length - bare).into();
        let json = value.to_string();
        assert_eq!(json.len(), length);
        assert_eq!(register(&json).err(), why);
    }
}

#[test]
fn transports_are_known_words_each_once() {
    let transports = |list: Value| around(|value| value["response"]["transports"] = list);
    for (given, kept) in [
        (json!(["usb", "usb", "nfc", "later", "USB", ""]), vec!["nfc", "usb"]),
        (
            json!(["usb", "smart-card", "nfc", "internal", "hybrid", "ble", "cable"]),
            vec!["ble", "hybrid", "internal", "nfc", "smart-card", "usb"],
        ),
        (json!([]), vec![]),
    ] {
        assert_eq!(transports(given).unwrap().transports, kept);
    }
    for bad in [json!("usb"), json!([7]), json!({"usb": true}), Value::Null] {
        assert_eq!(
            transports(bad).unwrap_err(),
            Rejected::Response(Malformed::WrongType("transports"))
        );
    }
    let none = around(|value| drop(value["response"].as_object_mut().unwrap().remove("transports"))).unwrap();
    assert!(none.transports.is_empty());
}
