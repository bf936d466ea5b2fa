//! What the guard promises, over a hand-made issuer on 127.0.0.1. Tokens and proofs are signed by `jsonwebtoken`.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod issuer;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod layer;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod world;
