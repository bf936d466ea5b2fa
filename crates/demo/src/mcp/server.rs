//! What the SDK asks this server.

use std::sync::Arc;

use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, ToolAnnotations,
    },
    service::RequestContext,
};
use verify::{Access, Guard};

use crate::{mcp::tool::Tool, notes::Notes};

/// The server, made anew for each request.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) notes: Arc<Notes>,
    pub(crate) guard: Guard,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let about = Implementation::new("prokura-demo", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(about)
            .with_instructions(
                "A demo behind Prokura. note_write needs a scope that you are asked for when you call it.",
            )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(
            Tool::ALL.into_iter().map(described).collect(),
        ))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        Tool::named(name).map(described)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = Tool::named(&request.name).ok_or_else(|| ErrorData::invalid_params("unknown tool", None))?;
        // INVARIANT: the guard's layer stands in front and left the access; the SDK keeps the head of the request.
        let access = context
            .extensions
            .get::<Parts>()
            .and_then(|parts| parts.extensions.get::<Access>());
        let access = access.ok_or_else(|| ErrorData::internal_error("the request came past the guard", None))?;
        // Once more, should the two layers ever read a message differently.
        self.guard
            .demand(access, tool.needs())
            .map_err(|_| ErrorData::invalid_request("a scope is missing", None))?;
        Ok(tool
            .call(&request.arguments.unwrap_or_default(), access, &self.notes)
            .into())
    }
}

fn described(tool: Tool) -> rmcp::model::Tool {
    let hints = ToolAnnotations::new()
        .read_only(tool.is_read_only())
        .destructive(false)
        .open_world(false);
    rmcp::model::Tool::new(tool.name(), tool.description(), tool.input_schema()).annotate(hints)
}
