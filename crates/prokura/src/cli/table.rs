//! Aligned columns without borders, and records of a name and a value a line.

use super::visible;

/// Rows under a head.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.iter().map(|cell| shown(cell)).collect());
    }

    /// The table as text, or nothing when it has no rows.
    pub(super) fn text_if_any(&self) -> String {
        if self.rows.is_empty() {
            String::new()
        } else {
            self.text()
        }
    }

    /// The table as text.
    pub(super) fn text(&self) -> String {
        let head: Vec<String> = self.head.iter().map(|&name| name.to_owned()).collect();
        let lines = || std::iter::once(&head).chain(&self.rows);
        let mut widths = vec![0; head.len()];
        for line in lines() {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        for line in lines() {
            let padded: Vec<String> = widths
                .iter()
                .zip(line)
                .map(|(width, cell)| format!("{cell:<width$}"))
                .collect();
            text.push_str(padded.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// One thing: a name and a value a line. What has no value is left out.
#[derive(Debug, Default)]
pub(super) struct Record {
    lines: Vec<(&'static str, String)>,
}

impl Record {
    /// Adds a line.
    pub(super) fn line(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.lines.push((name, value.into()));
        self
    }

    /// Adds a line if there is a value.
    pub(super) fn line_if(self, name: &'static str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.line(name, value),
            None => self,
        }
    }

    /// The record as text.
    pub(super) fn text(&self) -> String {
        let width = self
            .lines
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|(name, value)| format!("{name:<width$}  {}", shown(value)))
            .collect();
        lines.join("\n") + "\n"
    }
}

fn shown(cell: &str) -> String {
    if cell.is_empty() {
        "-".to_owned()
    } else {
        visible(cell).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Table};

    #[test]
    fn columns_are_aligned_and_no_line_ends_in_blanks() {
        let mut table = Table::new(&["ID", "NAME", "STATE"]);
        table.row(&["a".to_owned(), "Grüße".to_owned(), String::new()]);
        table.row(&["long-id".to_owned(), "x\u{1b}[2J".to_owned(), "on".to_owned()]);
        assert_eq!(
            table.text(),
            "ID       NAME        STATE\na        Grüße       -\nlong-id  x\\u001b[2J  on\n"
        );
    }

    #[test]
    fn a_record_leaves_out_what_is_not_there() {
        let record = Record::default()
            .line("id", "1")
            .line_if("gone", None)
            .line("longer name", "a\nb");
        assert_eq!(record.text(), "id           1\nlonger name  a\\u000ab\n");
    }
}
