//! The server through its HTTP port.

#[cfg(test)]
mod machine_tokens;
