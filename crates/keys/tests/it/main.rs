//! What `keys` promises to the rest of the program, checked from outside.

#[cfg(test)]
mod rotation;
#[cfg(test)]
mod seal;
#[cfg(test)]
mod signer;
