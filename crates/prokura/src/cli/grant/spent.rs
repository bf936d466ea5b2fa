//! `prokura grant ledger` and `prokura grant budgets`: what was done by a grant, and what is left of it.

use anyhow::Result;
use serde_json::Value;

use super::super::{
    api::Call,
    console::Console,
    member::{items, text, time},
    table::Table,
    when,
};

pub(super) async fn ledger(grant: &str, limit: u16, console: &Console<'_>) -> Result<()> {
    let call = Call::get(
        format!("list what was booked by grant {grant}"),
        &["grants", grant, "ledger"],
    )
    .query("limit", limit.to_string());
    let page = console.api()?.send(&call).await?;
    let entries = items(&page, "entries").to_vec();
    let table = entries_table(&entries, console.now);
    console.list("entries", entries, &table, "nothing was booked by its tokens")
}

fn entries_table(entries: &[Value], now: i64) -> Table {
    let mut table = Table::new(&[
        "WHEN",
        "WHAT",
        "CAPABILITY",
        "UNITS",
        "AMOUNT",
        "CLIENT",
        "BOOKED BY",
        "END",
    ]);
    for entry in entries {
        table.row(&[
            time(entry, "at").map(|at| when::relative(at, now)).unwrap_or_default(),
            text(entry, "kind"),
            text(entry, "capability"),
            text(entry, "units"),
            amount(entry),
            text(entry, "client_id"),
            text(entry, "booked_by"),
            end(entry, now),
        ]);
    }
    table
}

fn amount(entry: &Value) -> String {
    entry.get("amount").map_or_else(String::new, |money| {
        format!("{} {}", text(money, "value"), text(money, "currency"))
    })
}

/// How a booking ended, with what counts of it; or until when it waits.
fn end(entry: &Value, now: i64) -> String {
    match (entry.get("end"), time(entry, "expires_at")) {
        (Some(end), _) => {
            let said = match text(end, "kind").as_str() {
                "settle" => "settled".to_owned(),
                "void" => "taken back".to_owned(),
                "expire" => "over".to_owned(),
                other => other.to_owned(),
            };
            let counts = [text(end, "units"), amount(end)];
            let counts: Vec<String> = counts.into_iter().filter(|part| !part.is_empty()).collect();
            format!("{said}: {}", counts.join(", "))
        }
        (None, Some(until)) => format!("waits, over {}", when::relative(until, now)),
        (None, None) => String::new(),
    }
}

pub(super) async fn budgets(grant: &str, console: &Console<'_>) -> Result<()> {
    let call = Call::get(
        format!("show the budgets of grant {grant}"),
        &["grants", grant, "budgets"],
    );
    let document = console.api()?.send(&call).await?;
    let budgets = items(&document, "budgets").to_vec();
    let table = budgets_table(&budgets, console.now);
    console.list(
        "budgets",
        budgets,
        &table,
        "it says nothing of capabilities, and limits none",
    )
}

/// A line for each limit; one for a power without any.
fn budgets_table(budgets: &[Value], now: i64) -> Table {
    let mut table = Table::new(&["CAPABILITY", "LIMIT", "MOST", "USED", "LEFT"]);
    for budget in budgets {
        let action = text(budget, "action");
        let of = |what: &str, name: &str| budget.get(what).map(|part| text(part, name)).unwrap_or_default();
        let mut lines: Vec<[String; 4]> = Vec::new();
        for (limit, name, said) in [
            ("max_executions", "executions", "in all"),
            ("daily_limit_count", "day", "today"),
            ("max_per_minute", "minute", "this minute"),
        ] {
            let most = of("limits", limit);
            if !most.is_empty() {
                lines.push([said.to_owned(), most, of("used", name), of("left", name)]);
            }
        }
        let amounts = |what: &str, name: &str| {
            budget
                .get(what)
                .and_then(|part| part.get(name))
                .cloned()
                .unwrap_or_default()
        };
        let most = amounts("limits", "daily_limit_amount");
        for currency in most.as_object().into_iter().flatten().map(|(currency, _)| currency) {
            let spent = text(&amounts("used", "amounts"), currency);
            let spent = if spent.is_empty() { "0".to_owned() } else { spent };
            let left = text(&amounts("left", "amounts"), currency);
            lines.push([format!("{currency} today"), text(&most, currency), spent, left]);
        }
        let rest = of("limits", "cooldown_sec");
        if !rest.is_empty() {
            let until = budget.get("left").and_then(|left| time(left, "rests_until"));
            let left = until.map_or_else(
                || "ready".to_owned(),
                |until| format!("ready {}", when::relative(until, now)),
            );
            lines.push(["seconds apart".to_owned(), rest, String::new(), left]);
        }
        if lines.is_empty() {
            lines.push([
                "none".to_owned(),
                String::new(),
                of("used", "executions"),
                String::new(),
            ]);
        }
        for [limit, most, used, left] in lines {
            table.row(&[action.clone(), limit, most, used, left]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{budgets_table, entries_table};

    #[test]
    fn each_booking_is_a_line_with_its_end() {
        let money = json!({ "value": "9.99", "currency": "EUR" });
        let entries = [
            json!({ "id": "c", "kind": "lease", "capability": "buy", "units": 3, "amount": money, "client_id": "agent", "booked_by": "api", "at": 90, "expires_at": 160 }),
            json!({ "id": "b", "kind": "lease", "capability": "buy", "units": 3, "amount": money, "client_id": "agent", "booked_by": "api", "at": 40, "expires_at": 95,
                "end": { "kind": "settle", "units": 1, "amount": { "value": "3.33", "currency": "EUR" }, "at": 60 } }),
            json!({ "id": "a", "kind": "consume", "capability": "read", "units": 1, "client_id": "agent", "booked_by": "api", "at": 40 }),
        ];
        assert_eq!(
            entries_table(&entries, 100).text(),
            "WHEN       WHAT     CAPABILITY  UNITS  AMOUNT    CLIENT  BOOKED BY  END\n\
             10 s ago   lease    buy         3      9.99 EUR  agent   api        waits, over in 1 min\n\
             1 min ago  lease    buy         3      9.99 EUR  agent   api        settled: 1, 3.33 EUR\n\
             1 min ago  consume  read        1      -         agent   api        -\n"
        );
    }

    #[test]
    fn each_limit_is_a_line_with_what_was_used_and_what_is_left() {
        let budgets = [
            json!({ "action": "buy", "limits": { "max_executions": 9, "daily_limit_amount": { "EUR": "100", "USD": "50" }, "cooldown_sec": 60 },
                "used": { "executions": 2, "day": 2, "minute": 0, "amounts": { "EUR": "30" } },
                "left": { "executions": 7, "amounts": { "EUR": "70", "USD": "50" }, "rests_until": 130 } }),
            json!({ "action": "read", "limits": {}, "used": { "executions": 4, "day": 4, "minute": 4, "amounts": {} }, "left": {} }),
        ];
        assert_eq!(
            budgets_table(&budgets, 100).text(),
            "CAPABILITY  LIMIT          MOST  USED  LEFT\n\
             buy         in all         9     2     7\n\
             buy         EUR today      100   30    70\n\
             buy         USD today      50    0     50\n\
             buy         seconds apart  60    -     ready in 30 s\n\
             read        none           -     4     -\n"
        );
    }
}
