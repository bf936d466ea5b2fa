//! The resources that `prokura dev` protects: an MCP server and a small HTTP API, each behind a [`verify::Guard`].
//!
//! Both are real: the MCP server speaks through the official SDK to any client of either era, and the API keeps notes.
//! They show what a service of one's own needs to do, which is one layer and, where an operation needs more than the rest,
//! one call of [`verify::Guard::demand`].
//!
//! Never contains server code of ours, SQL, or anything that only works beside `prokura dev`: it knows its issuer by URL.

mod api;
mod mcp;
mod notes;
mod serve;
mod settings;

pub use crate::{
    serve::serve,
    settings::{API_SCOPES, MCP_SCOPES, Settings, api_resource, mcp_resource},
};
