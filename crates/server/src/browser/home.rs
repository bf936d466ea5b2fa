//! The front page for people, and what the pages are dressed in.

use axum::http::{HeaderMap, header};
use kernel::Why;

use super::{Browser, view::View};
use crate::{
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    oauth,
};

/// GET `/`: a page for browsers, a few lines of text for everything else.
pub(crate) fn home(inbound: &Inbound, browser: &Browser, headers: &HeaderMap) -> Outgoing {
    if !wants_page(headers) {
        return oauth::greeting(inbound);
    }
    let view = View::new(inbound, browser);
    let page = pages::Home {
        issuer: &inbound.tenant.tenant().issuer,
    };
    view.stays(pages::home(&view.frame("/"), &page))
}

/// Whether it is a browser that asks, for somebody to look at.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|accepted| accepted.contains("text/html")))
}

/// GET `/assets/{name}`.
pub(crate) fn asset(inbound: &Inbound) -> Result<Outgoing, Why> {
    let name = inbound.param("name")?;
    let asset = pages::assets::ALL
        .iter()
        .find(|asset| asset.name == name)
        .ok_or(Why::NoRoute)?;
    Ok(Outgoing::Document(Document {
        content_type: asset.content_type,
        bytes: bytes::Bytes::from_static(asset.bytes),
    }))
}
