//! What a test shows of the suites that others run: written down while it runs, so that no page can name a test that did nothing.

use std::{fs::OpenOptions, io::Write, thread};

use crate::world::World;

/// The variable with the file that takes the lines; without it nothing is written.
const FILE: &str = "PROKURA_CONFORMANCE";

impl World {
    /// Says that the test which runs now has shown these modules of a suite, by requests that this node got. A test calls it at its end: whatever failed before was not shown.
    ///
    /// # Panics
    /// When no request was made, and when the line cannot be written.
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one variable that names the record; a record that cannot be written fails its test"
    )]
    pub fn shows(&self, modules: &[&str]) {
        let requests = self.requests();
        assert!(requests > 0, "{modules:?} cannot be shown without a request");
        let Ok(file) = std::env::var(FILE) else { return };
        let current = thread::current();
        let test = current.name().expect("a test runs in a thread of its name");
        assert!(test.contains("::"), "{test} is no test: run them in their own threads");
        let lines: String = modules
            .iter()
            .map(|module| format!("{module}\t{test}\t{requests}\n"))
            .collect();
        let mut record = OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .expect("the record opens");
        record.write_all(lines.as_bytes()).expect("the record is written"); // one write: lines of other tests stay whole
    }
}
