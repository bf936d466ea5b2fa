//! placeholder until the merge
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// x
    pub sub: String,
    /// x
    pub aud: Vec<String>,
    /// x
    pub sid: Option<String>,
    /// x
    pub iat: crate::Time,
}
