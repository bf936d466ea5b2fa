//! Calls about types of authorization details.

use kernel::{
    DetailTypeId, Why,
    administration::{Command, describe},
};

use super::{
    calls::{carry_out, shown},
    types,
};
use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    schemas,
};

/// The whole list: it is short, and it is read whole wherever it counts.
pub(super) async fn list(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let found = inbound.tenant.detail_types().await?;
    let items = found.iter().map(describe::detail_type).collect();
    Ok(shown(describe::list("detail_types", items)))
}

pub(super) async fn show(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let id = named(inbound)?;
    let found = inbound.tenant.detail_types().await?;
    let kind = found
        .iter()
        .find(|kind| kind.id == id)
        .ok_or(Why::Absent("detail type"))?;
    Ok(shown(describe::detail_type(kind)))
}

pub(super) async fn create(inbound: Inbound) -> Result<Outgoing, Stop> {
    let kind = types::read::<types::DetailTypeBody>(&inbound.body)?.into_type(inbound.at.now)?;
    schemas::check(&kind.schema)?;
    carry_out(inbound, Command::CreateDetailType(Box::new(kind))).await
}

pub(super) async fn replace(inbound: Inbound) -> Result<Outgoing, Stop> {
    let body = types::read::<types::DetailTypeChangeBody>(&inbound.body)?;
    let kind = body.into_type(named(&inbound)?, inbound.at.now)?;
    schemas::check(&kind.schema)?;
    carry_out(inbound, Command::ReplaceDetailType(Box::new(kind))).await
}

pub(super) async fn drop(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = named(&inbound)?;
    carry_out(inbound, Command::DropDetailType(id)).await
}

fn named(inbound: &Inbound) -> Result<DetailTypeId, Why> {
    types::detail_type_in_path(inbound.param("id")?).ok_or(Why::Absent("detail type"))
}
