//! Figures for people, and the same for programs.

use crate::load::Figures;

/// Prints the table of a run: at saturation, at the share of it that was held, and with one client alone.
pub(crate) fn table(rows: &[Figures]) {
    println!(
        "\n{:<44} {:>8} {:>8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>8}",
        "case", "CPU us", "DB us", "rate/s", "p50 ms", "p99 ms", "held p50", "held p99", "alone p50", "RSS MiB"
    );
    if let Some(row) = rows.first() {
        println!("held: at {} % of the rate", row.held_percent);
    }
    for row in rows {
        #[expect(clippy::cast_precision_loss, reason = "memory in KiB is far below 2^52")]
        let resident = row.resident_kib as f64 / 1_024.0;
        println!(
            "{:<44} {:>8.1} {:>8.1} {:>9.0} {:>8.2} {:>8.2} {:>9.2} {:>9.2} {:>9.3} {:>8.1}",
            row.name,
            row.cpu_us,
            row.database_cpu_us,
            row.saturated.rate(),
            row.saturated.quantile(0.5),
            row.saturated.quantile(0.99),
            row.held.quantile(0.5),
            row.held.quantile(0.99),
            row.alone.quantile(0.5),
            resident,
        );
    }
}

/// One line of JSON a case.
pub(crate) fn lines(rows: &[Figures]) {
    for row in rows {
        println!(
            "{}",
            serde_json::json!({
                "case": row.name,
                "cpu_us": row.cpu_us,
                "database_cpu_us": row.database_cpu_us,
                "rate": row.saturated.rate(),
                "answers": row.saturated.good,
                "p50_ms": row.saturated.quantile(0.5),
                "p99_ms": row.saturated.quantile(0.99),
                "held_percent": row.held_percent,
                "held_p99_ms": row.held.quantile(0.99),
                "alone_p50_ms": row.alone.quantile(0.5),
                "resident_kib": row.resident_kib,
            })
        );
    }
}
