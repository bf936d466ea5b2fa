//! Each rule, by its vectors: the library refuses every one, and for that reason.

use hostile::{
    Outcome, outcome,
    vectors::{self, Checked},
};

/// A test for each rule, named after it: what a mutant of `xtask/mutants.toml` names.
macro_rules! rules {
    ($($rule:ident)*) => {
        /// The rules that have a test here.
        pub(crate) const TESTED: &[&str] = &[$(stringify!($rule)),*];
        $(mod $rule {
            #[test]
            fn is_kept() {
                super::run_rule(stringify!($rule));
            }
        })*
    };
}

rules! {
    rule_json_duplicate
    rule_json_trailing
    rule_json_syntax
    rule_json_text
    rule_json_object
    rule_json_depth
    rule_json_number
    rule_jws_size
    rule_jws_parts
    rule_jws_base64url
    rule_jws_alg_none
    rule_jws_alg_mac
    rule_jws_alg_unknown
    rule_jws_alg_text
    rule_jws_alg_of_key
    rule_jws_kid_known
    rule_jws_header_texts
    rule_jws_crit
    rule_jws_b64
    rule_jws_key_of_header
    rule_jws_signature
    rule_claim_text
    rule_claim_time_type
    rule_claim_time_range
    rule_assertion_typ
    rule_assertion_client
    rule_assertion_audience
    rule_assertion_expiry
    rule_assertion_life
    rule_assertion_future
    rule_assertion_jti
    rule_jwk_private
    rule_jwk_rsa_size
    rule_jwk_rsa_exponent
    rule_jwk_rsa_form
    rule_jwk_ed25519_order
    rule_jwk_ed25519_form
    rule_jwk_ec_point
    rule_jwk_coordinates
    rule_jwk_alg
    rule_jwk_members
    rule_jwk_usable
    rule_jwk_set_form
    rule_jwk_set_count
    rule_jwk_set_size
    rule_access_token_typ
    rule_access_token_issuer
    rule_access_token_audience
    rule_access_token_expiry
    rule_access_token_future
    rule_access_token_confirmation
    rule_access_token_scope
    rule_access_token_claims
    rule_dpop_claims
    rule_dpop_jti
    rule_dpop_typ
    rule_dpop_jwk
    rule_dpop_jwk_use
    rule_dpop_htm
    rule_dpop_htu
    rule_dpop_iat_old
    rule_dpop_future
    rule_dpop_expired
    rule_dpop_ath
    rule_redirect_exact
    rule_redirect_loopback_port
    rule_redirect_loopback_host
    rule_redirect_localhost_port
    rule_redirect_scheme
    rule_redirect_characters
    rule_redirect_user
    rule_redirect_dots
    rule_redirect_host
    rule_redirect_web
    rule_redirect_count
    rule_redirect_length
    rule_pkce_challenge
    rule_pkce_method
    rule_pkce_challenge_form
    rule_metadata_texts
    rule_metadata_lists
    rule_metadata_binding
    rule_metadata_name
    rule_metadata_uri
    rule_metadata_grant_types
    rule_metadata_response_types
    rule_metadata_method
    rule_metadata_application_type
    rule_metadata_scope
    rule_metadata_statement
    rule_metadata_redirects
    rule_form_repeated
    rule_form_escapes
    rule_form_utf8
    rule_form_count
    rule_form_parameters
    rule_grant_type_known
    rule_scope_form
    rule_resource_form
    rule_resource_once
    rule_credentials_once
    rule_assertion_type
}

/// The id of a rule, from the name of its test.
pub(crate) fn id_of(test: &str) -> String {
    test.strip_prefix("rule_").unwrap().replace('_', "-")
}

fn run_rule(test: &str) {
    let id = id_of(test);
    let rule = vectors::rules()
        .unwrap()
        .into_iter()
        .find(|rule| rule.id == id)
        .unwrap_or_else(|| panic!("no rule {id}"));
    let mut wrong = Vec::new();
    for vector in vectors::all().unwrap().iter().filter(|vector| vector.rule == id) {
        match outcome(&vector.input) {
            Outcome::Refused(why) if rule.refused_as.iter().any(|name| why.contains(name)) => {}
            other @ (Outcome::Accepted | Outcome::Refused(_) | Outcome::ServersMatter) => {
                wrong.push(format!("{}: {other:?}", vector.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {id} are not {:?}:\n{}",
        wrong.len(),
        rule.refused_as,
        wrong.join("\n")
    );
}

#[test]
fn what_is_right_is_accepted() {
    for control in vectors::controls().unwrap() {
        let outcome = outcome(&control.input);
        assert!(
            matches!(outcome, Outcome::Accepted | Outcome::ServersMatter),
            "{}: {outcome:?}",
            control.name
        );
    }
}

#[test]
fn every_rule_that_is_checked_directly_has_its_test() {
    let mut tested: Vec<String> = TESTED.iter().map(|test| id_of(test)).collect();
    let mut known: Vec<String> = vectors::rules()
        .unwrap()
        .into_iter()
        .filter(|rule| rule.checked == Checked::Direct)
        .map(|rule| rule.id)
        .collect();
    tested.sort();
    known.sort();
    assert_eq!(tested, known);
}
