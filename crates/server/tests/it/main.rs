//! The server through its HTTP port.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]
#![expect(
    clippy::string_slice,
    reason = "tokens and JSON that the tests made themselves are ASCII"
)]

#[cfg(test)]
mod access;

#[cfg(test)]
mod access_requests;

#[cfg(test)]
mod admin_bodies;

#[cfg(test)]
mod admin_bounds;

#[cfg(test)]
mod admin_description;

#[cfg(test)]
mod administration;

#[cfg(test)]
mod agents_page;

#[cfg(test)]
mod approval_details;

#[cfg(test)]
mod approval_pages;

#[cfg(test)]
mod approval_panels;

mod approval_passkeys;

#[cfg(test)]
mod approval_races;

#[cfg(test)]
mod asked;

#[cfg(test)]
mod assertions;

#[cfg(test)]
mod attested_clients;

#[cfg(test)]
mod authenticator;

#[cfg(test)]
mod authorization_details;

#[cfg(test)]
mod authzen;

#[cfg(test)]
mod bombs;

#[cfg(test)]
mod bound_codes;

#[cfg(test)]
mod browser_sessions;

#[cfg(test)]
mod central_consent;

#[cfg(test)]
mod certificate_headers;

#[cfg(test)]
mod client_authentication;

#[cfg(test)]
mod client_certificates;

#[cfg(test)]
mod client_keys;

#[cfg(test)]
mod client_document_answers;

#[cfg(test)]
mod client_document_consent;

#[cfg(test)]
mod client_document_places;

#[cfg(test)]
mod client_documents;

#[cfg(test)]
mod codes;

#[cfg(test)]
mod conformance;

#[cfg(test)]
mod confusion;

#[cfg(test)]
mod confusion_of_people;

#[cfg(test)]
mod consent_administration;

#[cfg(test)]
mod consent_flow;

#[cfg(test)]
mod deferred_tokens;

#[cfg(test)]
mod device_grant;

#[cfg(test)]
mod discovery;

#[cfg(test)]
mod document_host;

#[cfg(test)]
mod dpop_proofs;

#[cfg(test)]
mod dpop_replays;

#[cfg(test)]
mod forged;

#[cfg(test)]
mod forms;

#[cfg(test)]
mod front;

#[cfg(test)]
mod give_page;
mod golden;

#[cfg(test)]
mod homes;

#[cfg(test)]
mod hostile_texts;

#[cfg(test)]
mod grant_edits;
mod grant_page;
mod grants;

#[cfg(test)]
mod hosts_and_paths;

#[cfg(test)]
mod housekeeping;

#[cfg(test)]
mod issuer_mix_up;

#[cfg(test)]
mod ledger;
#[cfg(test)]
mod ledger_races;
#[cfg(test)]
mod limits;

#[cfg(test)]
mod machine_tokens;

#[cfg(test)]
mod negative_vectors;

#[cfg(test)]
mod never_more;

#[cfg(test)]
mod page_headers;

#[cfg(test)]
mod page_urls;
#[cfg(test)]
mod page_words;

#[cfg(test)]
mod parameters;

#[cfg(test)]
mod passkey_forgeries;

#[cfg(test)]
mod passkeys;

#[cfg(test)]
mod passwords;

#[cfg(test)]
mod people;

#[cfg(test)]
mod people_administration;

#[cfg(test)]
mod people_tenancy;

#[cfg(test)]
mod persons_tokens;

#[cfg(test)]
mod pipeline;

#[cfg(test)]
mod pkce;

#[cfg(test)]
mod policies;

#[cfg(test)]
mod policies_applied;

#[cfg(test)]
mod policies_hostile;

#[cfg(test)]
mod powers;

#[cfg(test)]
mod races;

#[cfg(test)]
mod recovery_codes;

#[cfg(test)]
mod redirects;

#[cfg(test)]
mod refresh_lines;

#[cfg(test)]
mod refresh_races;

#[cfg(test)]
mod registration;

#[cfg(test)]
mod registration_management;

#[cfg(test)]
mod registration_refusals;

#[cfg(test)]
mod remembered;

#[cfg(test)]
mod risk;

#[cfg(test)]
mod secrecy;

#[cfg(test)]
mod secrets_of_people;

#[cfg(test)]
mod setup;

#[cfg(test)]
mod sites;

#[cfg(test)]
mod step_up;
#[cfg(test)]
mod tampering;

#[cfg(test)]
mod tenancy;

#[cfg(test)]
mod tenant_directory;

#[cfg(test)]
mod token_status;

#[cfg(test)]
mod ways_in;
