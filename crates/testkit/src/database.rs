//! A database of its own for each test: a file, or a schema on the server that `PROKURA_TEST_POSTGRES` names.

use std::sync::atomic::{AtomicU32, Ordering};

use store::Database;
use tempfile::TempDir;

/// An empty database, removed when this is dropped.
#[derive(Debug)]
pub struct Fresh {
    /// Where it is.
    pub database: Database,
    _folder: Option<TempDir>,
}

/// Makes one.
///
/// # Panics
/// When it cannot: a test has no better answer.
#[expect(clippy::expect_used, reason = "a test world that cannot be built must fail its test")]
pub async fn fresh() -> Fresh {
    match postgres() {
        None => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            Fresh {
                database: Database::Sqlite(folder.path().join("test.db")),
                _folder: Some(folder),
            }
        }
        Some(url) => {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let schema = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
                .await
                .expect("the test database server");
            let running = tokio::spawn(connection);
            client
                .batch_execute(&format!("CREATE SCHEMA {schema}"))
                .await
                .expect("a schema of the test's own");
            running.abort();
            let join = if url.contains('?') { '&' } else { '?' };
            Fresh {
                database: Database::Postgres(format!("{url}{join}options=-csearch_path%3D{schema}")),
                _folder: None,
            }
        }
    }
}

/// The file that takes what tests show of suites, if the runner names one: this is the one file here that reads the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the runner names the record by this variable, and this is the one place that reads it"
)]
pub(crate) fn record() -> Option<String> {
    std::env::var("PROKURA_CONFORMANCE").ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner names the server by this variable, and this is the one place that reads it"
)]
fn postgres() -> Option<String> {
    std::env::var("PROKURA_TEST_POSTGRES").ok()
}
