//! `prokura config`, and pages that the code writes.

use crate::command::{Desk, typed};

#[test]
fn the_example_passes_its_own_check() {
    let desk = Desk::new();
    let example = desk.run(&["config", "example"]).expect(0).out;
    desk.write("prokura.toml", &example);
    let checked = desk.run(&typed("config check --config prokura.toml")).expect(0);
    assert!(
        checked.out.contains("server.origin")
            && checked.out.contains("prokura.toml:11")
            && checked.out.contains("default"),
        "{checked:?}"
    );
    assert!(checked.err.contains("prokura.toml is fine"), "{checked:?}");
}

#[test]
fn problems_are_told_with_line_numbers_and_the_word_that_was_meant() {
    let desk = Desk::new();
    desk.write("p.toml", "[server]\norgin = \"https://auth.example.com\"\n\n[database]\nurl = \"sqlite:p.db\"\n[keys]\nkek = \"hunter2\"\n");
    for command in [
        vec!["config", "check", "--config", "p.toml"],
        vec!["serve", "--config", "p.toml"],
        vec!["administrator", "bootstrap", "--name", "x", "--config", "p.toml"],
    ] {
        let ran = desk.run(&command).expect(1);
        assert!(
            ran.out.is_empty() && ran.err.contains("p.toml has 3 problems"),
            "{ran:?}"
        );
        assert!(
            ran.err
                .contains("  p.toml:2: unknown key orgin in [server]; did you mean origin?\n"),
            "{ran:?}"
        );
        assert!(
            ran.err
                .contains("  p.toml:7: keys.kek: must be \"file:/path\" or \"env:NAME\"")
                && !ran.err.contains("hunter2"),
            "{ran:?}"
        );
    }
    let absent = desk.run(&typed("config check --config absent.toml")).expect(1);
    assert!(absent.err.contains("absent.toml: cannot be read"), "{absent:?}");
}

#[test]
fn the_effective_configuration_says_where_each_value_is_from_and_hides_passwords() {
    let desk = Desk::new()
        .variable("PROKURA__DATABASE__URL", "postgres://u:sekret@db/p")
        .variable("PROKURA__LOG__LEVEL", "debug");
    desk.write(
        "p.toml",
        "[server]\norigin = \"http://localhost:1\"\n[keys]\nkek = \"env:KEK\"\n",
    );
    let told = desk.json(&typed("config check --config p.toml"));
    let setting = |key: &str| {
        told["settings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["key"] == key)
            .unwrap()
            .clone()
    };
    assert_eq!(
        setting("database.url"),
        serde_json::json!({ "key": "database.url", "value": "postgres://u:***@db/p", "from": "PROKURA__DATABASE__URL" })
    );
    assert_eq!(setting("server.origin")["from"], "p.toml:2");
    assert_eq!(setting("server.listen")["from"], "default");
    assert!(
        !desk
            .run(&typed("config check --config p.toml"))
            .expect(0)
            .all()
            .contains("sekret")
    );
}

#[test]
fn generated_pages_are_written_below_the_folder() {
    let desk = Desk::new();
    desk.run(&["docs", "--out", "root"]).expect(0);
    for page in server::docs::pages() {
        assert_eq!(desk.read(&format!("root/{}", page.path)), page.text);
    }
}
