//! A person, named by id or by login.

use anyhow::Result;
use serde_json::Value;

use super::{
    api::{Api, Call},
    failure::{Exit, Failure},
    member::{items, text},
};

/// Finds a person. What looks like an id is tried as one first: a login that reads like the id of somebody else must not be taken for them.
pub(super) async fn find(api: &Api, doing: &str, name: &str) -> Result<Value> {
    if is_like_an_id(name) {
        match api.send(&Call::get(doing, &["users", name])).await {
            Ok(user) => return Ok(user),
            Err(error) if is_not_found(&error) => {}
            Err(error) => return Err(error),
        }
    }
    let found = api.send(&Call::get(doing, &["users"]).query("login", name)).await?;
    let user = items(&found, "users").first().cloned().filter(|_| !name.is_empty());
    user.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("cannot {doing}"))
            .why("nobody here has this id or login")
            .advice("check the login and --tenant; prokura user list shows who there is")
            .into()
    })
}

/// The id of a person.
pub(super) async fn id(api: &Api, doing: &str, name: &str) -> Result<String> {
    Ok(text(&find(api, doing, name).await?, "id"))
}

/// 26 characters of base32hex, as the server draws them.
fn is_like_an_id(name: &str) -> bool {
    name.len() == 26 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'v').contains(&b))
}

fn is_not_found(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Failure>()
        .is_some_and(|failure| failure.exit == Exit::NotFound)
}
