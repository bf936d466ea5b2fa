//! Log lines on standard error: text or JSON, one line an event, nothing in it that a terminal or a log viewer would obey (S-10).

use std::io::{self, Write};

use anyhow::{Context, Result};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    Environment,
    cli::visible,
    config::{LogFormat, LogSettings},
};

/// Starts logging; `RUST_LOG` wins over the level of the settings.
pub(crate) fn start(settings: &LogSettings, environment: &Environment) -> Result<()> {
    let filter = environment.get("RUST_LOG").unwrap_or(&settings.level);
    let filter =
        EnvFilter::try_new(filter).with_context(|| format!("RUST_LOG is not a log filter: {}", visible(filter)))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(StandardError)
        .with_ansi(false)
        .with_target(false);
    let started = match settings.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

struct StandardError;

impl<'a> MakeWriter<'a> for StandardError {
    type Writer = Line<io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(io::stderr())
    }
}

/// One event is one call of `write`: the formatter hands over whole lines.
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut line = visible(text.strip_suffix('\n').unwrap_or(&text)).into_owned();
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::Line;

    #[test]
    fn s_10_an_event_is_one_line_without_control_characters() {
        let mut kept = Vec::new();
        Line(&mut kept)
            .write_all(b"INFO name=a\nERROR forged \x1b[2J\xe2\x80\xaeend\n")
            .unwrap();
        assert_eq!(
            String::from_utf8(kept).unwrap(),
            "INFO name=a\\u000aERROR forged \\u001b[2J\\u202eend\n"
        );
    }
}
