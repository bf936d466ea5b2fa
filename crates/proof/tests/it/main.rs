//! Everything this crate claims, held against RFC vectors, independent implementations and hostile input.

#[cfg(test)]
mod access_tokens;
#[cfg(test)]
mod assertions;
#[cfg(test)]
mod authenticator;
#[cfg(test)]
mod bombs;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod client_attestations;
#[cfg(test)]
mod dpop_proofs;
#[cfg(test)]
mod dpop_urls;
#[cfg(test)]
mod id_token_hints;
#[cfg(test)]
mod jose;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod nonces;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod primitives;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod request_objects;
#[cfg(test)]
mod rfc_vectors;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod strict_json;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod webauthn;
#[cfg(test)]
mod webauthn_assertions;
#[cfg(test)]
mod webauthn_attestations;
#[cfg(test)]
mod webauthn_keys;
#[cfg(test)]
mod webauthn_oracle;
#[cfg(test)]
mod webauthn_properties;
#[cfg(test)]
mod webauthn_registrations;
#[cfg(test)]
mod webauthn_responses;
#[cfg(test)]
mod webauthn_vectors;
#[cfg(test)]
mod wycheproof_vectors;
