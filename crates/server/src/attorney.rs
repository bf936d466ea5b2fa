//! The power of attorney as one document: what it names is read, the kernel says it.

use std::sync::Arc;

use kernel::{
    Audience, Why,
    administration::Attorney,
    detail::Types,
    grant::{Grant, Holder, Subject},
};
use proof::json::Object;

use crate::{fault::Stop, http::entrance::Inbound};

/// The document of a grant, the first of its path.
pub(crate) async fn document(inbound: &Inbound, path: &[Grant]) -> Result<Object, Stop> {
    let grant = path.first().ok_or(Why::Absent("grant"))?;
    let db = &inbound.tenant;
    let client = match &grant.holder {
        Holder::Client(id) => db.client(id).await?,
        Holder::Host(_) | Holder::Session(_) => None,
    };
    let user = match &grant.subject {
        Subject::User(id) => db.user(id).await?,
        Subject::Nobody => None,
    };
    let mut resources = Vec::new();
    for audience in grant.authority.audiences() {
        if let Audience::Resource(uri) = audience {
            resources.extend(db.resource(uri).await?);
        }
    }
    let types = if grant.authority.details().is_empty() {
        Types::default()
    } else {
        db.types().await?
    };
    let tenant = Arc::clone(db.tenant());
    let attorney = Attorney {
        tenant: &tenant,
        path,
        client: client.as_ref(),
        user: user.as_ref(),
        resources: &resources,
        types: &types,
    };
    Ok(attorney.document(inbound.at.now).ok_or(Why::Absent("grant"))?)
}
