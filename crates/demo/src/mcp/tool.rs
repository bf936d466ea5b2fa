//! The tools: what they are called, what they need, what they do.

use proof::json::Object;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};
use verify::Access;

use crate::{
    notes::Notes,
    settings::{TOOLS_READ, TOOLS_WRITE},
};

/// A tool of the demo server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Echo,
    Add,
    NoteWrite,
    WhoAmI,
}

impl Tool {
    pub(crate) const ALL: [Tool; 4] = [Tool::Echo, Tool::Add, Tool::NoteWrite, Tool::WhoAmI];

    pub(crate) fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Tool::Echo => "echo",
            Tool::Add => "add",
            Tool::NoteWrite => "note_write",
            Tool::WhoAmI => "whoami",
        }
    }

    /// All scopes a call needs.
    pub(crate) const fn needs(self) -> &'static [&'static str] {
        match self {
            Tool::Echo | Tool::Add | Tool::WhoAmI => &[TOOLS_READ],
            Tool::NoteWrite => &[TOOLS_READ, TOOLS_WRITE],
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Tool::Echo => "Answers with the text it is given.",
            Tool::Add => "Adds two numbers.",
            Tool::NoteWrite => "Writes a note of at most 1024 bytes. The demo API lists it at GET /api/notes.",
            Tool::WhoAmI => "Tells for whom the caller acts, which client it is and what it may do here.",
        }
    }

    /// JSON Schema of the arguments.
    pub(crate) fn input_schema(self) -> Object {
        let (properties, required) = match self {
            Tool::Echo => (json!({ "text": { "type": "string" } }), json!(["text"])),
            Tool::Add => (
                json!({ "a": { "type": "number" }, "b": { "type": "number" } }),
                json!(["a", "b"]),
            ),
            Tool::NoteWrite => (
                json!({ "text": { "type": "string", "minLength": 1, "maxLength": 1024 } }),
                json!(["text"]),
            ),
            Tool::WhoAmI => (json!({}), json!([])),
        };
        Object::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), properties),
            ("required".to_owned(), required),
        ])
    }

    pub(crate) const fn is_read_only(self) -> bool {
        match self {
            Tool::Echo | Tool::Add | Tool::WhoAmI => true,
            Tool::NoteWrite => false,
        }
    }

    /// Does it. What is wrong with the arguments is told to the model, which can do better.
    pub(crate) fn call(self, arguments: &Object, access: &Access, notes: &Notes) -> CallToolResult {
        let text = || arguments.get("text").and_then(Value::as_str);
        let number = |name: &str| arguments.get(name).and_then(Value::as_f64);
        match self {
            Tool::Echo => match text() {
                Some(text) => said(text.to_owned()),
                None => wrong("text must be a string"),
            },
            Tool::Add => match (number("a"), number("b")) {
                (Some(a), Some(b)) => added(a + b),
                _ => wrong("a and b must be numbers"),
            },
            Tool::NoteWrite => match text().map(|text| notes.write(access.subject(), text)) {
                Some(Ok(note)) => structured(note),
                Some(Err(_)) | None => wrong("text must be a string of 1 to 1024 bytes"),
            },
            Tool::WhoAmI => structured(json!({
                "subject": access.subject(),
                "client_id": access.client_id(),
                "scopes": access.scopes().collect::<Vec<_>>(),
            })),
        }
    }
}

fn said(text: String) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn added(sum: f64) -> CallToolResult {
    if sum.is_finite() {
        let mut result = said(sum.to_string());
        result.structured_content = Some(json!({ "sum": sum }));
        result
    } else {
        wrong("the sum is too large")
    }
}

fn structured(value: Value) -> CallToolResult {
    CallToolResult::structured(value)
}

fn wrong(words: &'static str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(words)])
}
