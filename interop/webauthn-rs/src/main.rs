//! Holds `proof::webauthn` against webauthn-rs: it judges every ceremony of `crates/proof/tests/vectors/webauthn_oracle.json`, and its
//! verdict must be ours, or a difference that `differences` lists. Sections are those of Web Authentication, Level 3.
//!
//! Our verdict is that of `@simplewebauthn/server`, which stands in the file, but for what proof's own test lists as refused by us only.

mod differences;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    COSEAlgorithm, COSEKey, Credential, CredentialV3, PublicKeyCredential, RegisterPublicKeyCredential,
    UserVerificationPolicy,
};

use differences::{Difference, Theirs};

const CASES: &str = include_str!("../../../crates/proof/tests/vectors/webauthn_oracle.json");
const OUR_TEST: &str = include_str!("../../../crates/proof/tests/it/webauthn_oracle.rs");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    origin: String,
    rp_id: String,
    user_verification: UserVerificationPolicy,
    ceremony: String,
    challenge: String,
    response: String,
    id: Option<String>,
    key: Option<String>,
    counter: Option<u32>,
    /// What `@simplewebauthn/server` says.
    theirs: String,
}

/// What webauthn-rs says.
enum Verdict {
    Accepts,
    /// With the name of its error.
    Refuses(String),
    /// It refuses every Ed25519 key, good or bad.
    CannotSay,
}

fn main() -> ExitCode {
    match compare() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("not ok - {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for each case and the sum; returns how many failed.
fn compare() -> Result<usize, Box<dyn Error>> {
    let cases: Vec<Case> = serde_json::from_str(CASES)?;
    let ours_only = refused_by_us_only()?;
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let (mut passed, mut failed, mut skipped, mut differ) = (0, 0, 0, 0);

    for name in ours_only.iter().copied().chain(differences::names()) {
        if !names.contains(name) {
            println!("not ok - {name}: listed as a difference, and no case");
            failed += 1;
        }
    }
    for case in &cases {
        let name = &case.name;
        let we_accept = case.theirs == "accepts" && !ours_only.contains(name.as_str());
        let verdict = judge(case)?;
        match (&verdict, differences::of(name)) {
            (Verdict::CannotSay, None) => {
                println!("skipped - {name}: Ed25519");
                skipped += 1;
            }
            (Verdict::Accepts, None) if we_accept => {
                println!("ok - {name}: accepted");
                passed += 1;
            }
            (Verdict::Refuses(why), None) if !we_accept => {
                println!("ok - {name}: refused, {why}");
                passed += 1;
            }
            (verdict, Some(difference)) if is_the_known_one(verdict, we_accept, difference) => {
                println!("ok - {name}: {}, we do not; {}", words(verdict), difference.why);
                passed += 1;
                differ += 1;
            }
            (verdict, listed) => {
                let we = if we_accept { "accept" } else { "refuse" };
                let list = listed.map_or("not listed", |_| "listed otherwise");
                println!("not ok - {name}: {}, we {we} it; {list}", words(verdict));
                failed += 1;
            }
        }
    }
    println!("in {differ} of them webauthn-rs and we differ as listed");
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed)
}

fn is_the_known_one(verdict: &Verdict, we_accept: bool, difference: &Difference) -> bool {
    match (verdict, &difference.theirs) {
        (Verdict::Accepts, Theirs::Accepts) => !we_accept,
        (Verdict::Refuses(why), Theirs::Refuses(expected)) => we_accept && why == expected,
        _ => false,
    }
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepts => "accepted".to_owned(),
        Verdict::Refuses(why) => format!("refused ({why})"),
        Verdict::CannotSay => "not decided".to_owned(),
    }
}

/// The names in the table of proof's test, each of a case that `@simplewebauthn/server` accepts and we refuse. The table holds values of
/// proof's own types, so it is read as rustfmt writes it; a layout that this does not know is an error.
fn refused_by_us_only() -> Result<BTreeSet<&'static str>, Box<dyn Error>> {
    const BEGIN: &str = "const STRICTER: &[(&str, Rejected, &str)] = &[\n";
    let table = OUR_TEST
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once("\n];\n"))
        .map(|(table, _)| table)
        .ok_or("proof's test has no table STRICTER")?;
    let mut names = BTreeSet::new();
    for entry in table.split("    (\n").skip(1) {
        let name = entry
            .lines()
            .next()
            .and_then(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
            .ok_or_else(|| format!("an entry of STRICTER without a name: {entry}"))?;
        names.insert(name);
    }
    if names.len() != table.matches("Rejected::").count() {
        return Err("an entry of STRICTER was not read".into());
    }
    Ok(names)
}

/// An `Err` says that the case could not be put to webauthn-rs at all.
fn judge(case: &Case) -> Result<Verdict, Box<dyn Error>> {
    let origin = Url::parse(&case.origin)?;
    let core =
        WebauthnCore::new_unsafe_experts_only("Example", &case.rp_id, vec![origin], Duration::from_mins(1), None, None);
    match case.ceremony.as_str() {
        "registration" => registration(&core, case),
        "assertion" => assertion(&core, case),
        other => Err(format!("an unknown ceremony `{other}`").into()),
    }
}

fn registration(core: &WebauthnCore, case: &Case) -> Result<Verdict, Box<dyn Error>> {
    let Ok(response) = serde_json::from_str::<RegisterPublicKeyCredential>(&case.response) else {
        return Ok(Verdict::Refuses("RegisterPublicKeyCredential".to_owned()));
    };
    let asked = core
        .new_challenge_register_builder(b"user", "user", "user")?
        .user_verification_policy(case.user_verification)
        .credential_algorithms(vec![COSEAlgorithm::ES256, COSEAlgorithm::EDDSA, COSEAlgorithm::RS256]);
    let (_, state) = core.generate_challenge_register(asked)?;
    let state = with_challenge(&state, &case.challenge)?;
    Ok(verdict(core.register_credential(&response, &state, None).map(drop)))
}

fn assertion(core: &WebauthnCore, case: &Case) -> Result<Verdict, Box<dyn Error>> {
    let Ok(response) = serde_json::from_str::<PublicKeyCredential>(&case.response) else {
        return Ok(Verdict::Refuses("PublicKeyCredential".to_owned()));
    };
    let key = bytes(case.key.as_deref())?;
    let cred = match COSEKey::try_from(&serde_cbor_2::from_slice::<serde_cbor_2::Value>(&key)?) {
        Err(WebauthnError::SshPublicKeyEDUnsupported) => return Ok(Verdict::CannotSay),
        other => other?,
    };
    let mut credential = Credential::from(CredentialV3 {
        cred_id: bytes(case.id.as_deref())?,
        cred,
        counter: case.counter.ok_or("no counter")?,
        // Had it been verified, webauthn-rs would ask for that ever after: a policy of its own (s7.2 step 17 looks at this ceremony only).
        verified: false,
        registration_policy: case.user_verification,
    });
    // The cases store no backup eligibility, and the other two compare none: it is what the response says.
    let flags = response.response.authenticator_data.get(32);
    credential.backup_eligible = flags.is_some_and(|flags| flags & 0x08 != 0);

    let asked = core.new_challenge_authenticate_builder(Vec::new(), Some(case.user_verification))?;
    let (_, state) = core.generate_challenge_authenticate(asked)?;
    let state = with_challenge(&state, &case.challenge)?;
    let result = core.authenticate_single_credential(&response, &state, &credential);
    Ok(verdict(result.map(drop)))
}

/// webauthn-rs makes its challenges itself, and states can be stored: this is the stored state of a ceremony with the case's challenge.
fn with_challenge<State: Serialize + DeserializeOwned>(
    state: &State,
    challenge: &str,
) -> Result<State, Box<dyn Error>> {
    let mut stored = serde_json::to_value(state)?;
    let member: &mut Value = stored.get_mut("challenge").ok_or("a state without challenge")?;
    *member = json!(challenge);
    Ok(serde_json::from_value(stored)?)
}

fn bytes(text: Option<&str>) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(URL_SAFE_NO_PAD.decode(text.ok_or("a member is missing")?)?)
}

fn verdict(result: Result<(), WebauthnError>) -> Verdict {
    match result {
        Ok(()) => Verdict::Accepts,
        Err(WebauthnError::SshPublicKeyEDUnsupported) => Verdict::CannotSay,
        Err(error) => {
            let shown = format!("{error:?}");
            let name = shown.split(['(', ' ']).next().unwrap_or_default();
            Verdict::Refuses(name.to_owned())
        }
    }
}
