//! A connection beside the store, for what only somebody else does to a database: locking it, breaking it, cutting connections.

use store::Database;
use tokio_postgres::NoTls;

/// A connection of the same rights, past the store.
pub(crate) enum Beside {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Beside {
    pub(crate) async fn open(database: &Database) -> Self {
        match database {
            Database::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
                Self::Sqlite(connection)
            }
            Database::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
                tokio::spawn(connection);
                Self::Postgres(client)
            }
        }
    }

    /// Runs the text of this engine.
    pub(crate) async fn run(&self, sqlite: &str, postgres: &str) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sqlite).unwrap(),
            Self::Postgres(client) => client.batch_execute(postgres).await.unwrap(),
        }
    }

    /// Runs a text that is the same on both.
    pub(crate) async fn run_on_both(&self, text: &str) {
        self.run(text, text).await;
    }

    /// The number that a query finds.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        match self {
            Self::Sqlite(connection) => connection.query_row(query, [], |row| row.get(0)).unwrap(),
            Self::Postgres(client) => client.query_one(query, &[]).await.unwrap().get(0),
        }
    }

    /// Keeps every writer of tokens, grants, marks, clients, facts, codes, browser sessions and lines out, until [`Self::release`].
    pub(crate) async fn hold(&self) {
        self.run(
            "BEGIN IMMEDIATE",
            "BEGIN; LOCK TABLE token, grants, mark_a, mark_b, client, installation, authorization_code, browser_session, refresh_family IN EXCLUSIVE MODE",
        )
        .await;
    }

    /// Lets them in.
    pub(crate) async fn release(&self) {
        self.run_on_both("COMMIT").await;
    }

    /// From now on a token of scope `broken` violates a constraint, and one of scope `ruined` ends the transaction it is in. Both fail after the row is there.
    pub(crate) async fn break_scopes(&self) {
        self.run(
            "CREATE TRIGGER broken AFTER INSERT ON token WHEN NEW.scope = 'broken' BEGIN SELECT RAISE(ABORT, 'broken'); END;
             CREATE TRIGGER ruined AFTER INSERT ON token WHEN NEW.scope = 'ruined' BEGIN SELECT RAISE(ROLLBACK, 'ruined'); END;",
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
             CREATE TRIGGER broken AFTER INSERT ON token FOR EACH ROW WHEN (NEW.scope IN ('broken', 'ruined')) EXECUTE FUNCTION refuse();",
        )
        .await;
    }

    /// On PostgreSQL, the next writer of a token of this scope hears this error code.
    pub(crate) async fn answer_scope(&self, scope: &str, code: &str) {
        let Self::Postgres(client) = self else {
            panic!("SQLite has no error codes to raise")
        };
        let text = format!(
            "CREATE FUNCTION answer_{scope}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{scope}' USING ERRCODE = '{code}'; END $$;
             CREATE TRIGGER answer_{scope} AFTER INSERT ON token FOR EACH ROW WHEN (NEW.scope = '{scope}') EXECUTE FUNCTION answer_{scope}();"
        );
        client.batch_execute(&text).await.unwrap();
    }

    /// The process numbers of the sessions of this name, oldest first: on SQLite there are none.
    pub(crate) async fn sessions(&self, name: &str) -> Vec<i32> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(client) => {
                let rows = client
                    .query(
                        "SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY backend_start",
                        &[&name],
                    )
                    .await
                    .unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Waits until somebody waits for a lock: on PostgreSQL a session of this database's schema. On SQLite nobody can see that.
    pub(crate) async fn somebody_waits(&self) {
        if let Self::Postgres(client) = self {
            let schema: String = client
                .query_one("SELECT current_schema()::text", &[])
                .await
                .unwrap()
                .get(0);
            // Either for a lock on a table of ours, or for the end of a transaction that has one.
            let waiting = "SELECT COUNT(*)
                           FROM pg_locks waits
                           WHERE NOT waits.granted AND EXISTS (
                             SELECT 1 FROM pg_locks has JOIN pg_class c ON c.oid = has.relation JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE has.pid = waits.pid AND n.nspname = $1)";
            while client.query_one(waiting, &[&schema]).await.unwrap().get::<_, i64>(0) == 0 {}
        }
    }
}
