//! Figures for people, and the same for programs.

use crate::load::Figures;

/// Prints the table of a run.
pub(crate) fn table(rows: &[Figures]) {
    println!(
        "\n{:<44} {:>8} {:>8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>8}",
        "case", "CPU us", "DB us", "rate/s", "p50 ms", "p99 ms", "70% p50", "70% p99", "alone p50", "RSS MiB"
    );
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
            row.at_70_percent.quantile(0.5),
            row.at_70_percent.quantile(0.99),
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
                "p99_ms_at_70_percent": row.at_70_percent.quantile(0.99),
                "alone_p50_ms": row.alone.quantile(0.5),
                "resident_kib": row.resident_kib,
            })
        );
    }
}
