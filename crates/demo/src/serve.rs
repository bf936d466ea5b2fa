//! Both servers, until they are told to stop.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::watch};
use tower::Layer;
use verify::{BuildError, Builder, Guard};

use crate::{
    api, mcp,
    notes::Notes,
    settings::{API_READ, API_SCOPES, API_WRITE, MCP_SCOPES, Settings, TOOLS_READ, api_resource, mcp_resource},
};

/// Serves the MCP server and the API until `shutdown` is ready; running requests then have a moment to end.
pub async fn serve(settings: Settings, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    let (mcp_port, api_port) = (loopback_port(&settings.mcp)?, loopback_port(&settings.api)?);
    let notes = Arc::new(Notes::default());
    let mcp = mcp_app(&settings, mcp_port, Arc::clone(&notes)).map_err(io::Error::other)?;
    let api = api_app(&settings, api_port, notes).map_err(io::Error::other)?;

    let (stop, stopped) = watch::channel(());
    let both = async {
        let mcp = axum::serve(settings.mcp, mcp).with_graceful_shutdown(until(stopped.clone()));
        let api = axum::serve(settings.api, api).with_graceful_shutdown(until(stopped));
        tokio::try_join!(mcp.into_future(), api.into_future()).map(|((), ())| ())
    };
    let mut both = pin!(both);
    tokio::select! {
        ended = &mut both => return ended,
        () = shutdown => drop(stop),
    }
    // A client that keeps its connection busy does not keep us.
    tokio::time::timeout(LAST_REQUESTS, both).await.unwrap_or(Ok(()))
}

const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// The MCP server needs `tools:read` for everything, so that one sign-in is enough to begin.
fn mcp_app(settings: &Settings, port: u16, notes: Arc<Notes>) -> Result<Router, BuildError> {
    let resource = mcp_resource(&settings.host, port);
    let guard = builder(settings, &resource, MCP_SCOPES)
        .name("Demo MCP server")
        .require(TOOLS_READ)
        .build()?;
    let routes = mcp::routes(guard.clone(), notes, &settings.host);
    Ok(Router::new().fallback_service(guard.layer().layer(routes)))
}

/// The API tells from the method what a request needs; here writing implies reading.
fn api_app(settings: &Settings, port: u16, notes: Arc<Notes>) -> Result<Router, BuildError> {
    let resource = api_resource(&settings.host, port);
    let guard = builder(settings, &resource, API_SCOPES)
        .name("Demo API")
        .implies(API_WRITE, [API_READ])
        .build()?;
    let layer = guard.layer().needing(|parts| api::needs(&parts.method));
    Ok(Router::new().fallback_service(layer.layer(api::routes(guard, notes))))
}

fn builder(settings: &Settings, resource: &str, scopes: &[(&str, &str)]) -> Builder {
    let builder = Guard::builder(&settings.issuer, resource);
    let builder = scopes
        .iter()
        .fold(builder, |builder, (name, words)| builder.scope(*name, *words));
    match &settings.introspection {
        Some((client_id, secret)) => builder.introspection(client_id, secret),
        None => builder,
    }
}

fn loopback_port(listener: &TcpListener) -> io::Result<u16> {
    let address = listener.local_addr()?;
    if address.ip().is_loopback() {
        Ok(address.port())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the demo resources listen on loopback only",
        ))
    }
}

async fn until(mut stopped: watch::Receiver<()>) {
    // Nothing is ever sent: the sender's end is the signal.
    drop(stopped.changed().await);
}
