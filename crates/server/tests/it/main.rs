//! The server through its HTTP port.

#[cfg(test)]
mod access;
#[cfg(test)]
mod assertions;
#[cfg(test)]
mod bombs;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod confusion;
#[cfg(test)]
mod dpop_proofs;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod hosts_and_paths;
#[cfg(test)]
mod machine_tokens;
#[cfg(test)]
mod races;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod sites;
#[cfg(test)]
mod tenancy;
