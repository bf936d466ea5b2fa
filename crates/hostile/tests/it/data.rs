//! The data files themselves: enough of them, each named once, each rule with vectors and with a mutant that its own test notices.

use std::collections::{BTreeMap, BTreeSet};

use hostile::vectors::{self, Checked};

#[test]
fn there_are_two_thousand_vectors_and_each_name_is_one() {
    let all = vectors::all().unwrap();
    let names: BTreeSet<&str> = all.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "two vectors of one name");
    assert!(all.len() >= 2_000, "{}", all.len());
    for (file, _) in vectors::FILES {
        assert!(vectors::of_file(file).unwrap().len() >= 100, "{file}");
    }
    let kebab = |name: &str| {
        name.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    for vector in &all {
        assert!(kebab(&vector.name), "{}", vector.name);
    }
}

#[test]
fn nineteen_of_twenty_vectors_go_through_the_port() {
    let all = vectors::all().unwrap();
    let through = all.iter().filter(|vector| vector.http).count();
    assert!(through * 20 >= all.len() * 19, "{through} of {}", all.len());
}

#[test]
fn at_least_500_vectors_are_about_redirects() {
    let all = vectors::of_file("redirect").unwrap();
    let matched = all.iter().filter(|vector| vector.error == "invalid_request").count();
    assert!(matched >= 500, "{matched}");
}

#[test]
fn every_rule_has_vectors_and_every_vector_a_rule() {
    let rules: BTreeSet<String> = vectors::rules().unwrap().into_iter().map(|rule| rule.id).collect();
    let broken: BTreeSet<String> = vectors::all().unwrap().into_iter().map(|vector| vector.rule).collect();
    assert_eq!(rules, broken);
}

#[test]
fn every_error_is_one_that_is_documented() {
    let documented = include_str!("../../../../docs/errors.md");
    for vector in vectors::all().unwrap() {
        let row = format!("| `{}` |", vector.error);
        assert!(documented.contains(&row), "{}: {}", vector.name, vector.error);
    }
}

#[test]
fn every_rule_has_a_mutant_that_its_own_test_notices() {
    let list: toml::Table = include_str!("../../../../xtask/mutants.toml").parse().unwrap();
    let mutants: BTreeMap<&str, &toml::Value> = list["mutant"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mutant| (mutant["id"].as_str().unwrap(), mutant))
        .collect();
    for rule in vectors::rules().unwrap() {
        let mutant = mutants
            .get(rule.mutant.as_str())
            .unwrap_or_else(|| panic!("there is no mutant {}", rule.mutant));
        let package = match rule.checked {
            Checked::Direct => "hostile",
            Checked::Http => "server",
        };
        let test = format!("rule_{}::", rule.id.replace('-', "_"));
        assert_eq!(mutant["package"].as_str(), Some(package), "{}", rule.id);
        assert_eq!(
            mutant["tests"].as_array().map(Vec::as_slice),
            Some([toml::Value::from(test)].as_slice()),
            "{}",
            rule.id
        );
        assert_eq!(mutant["attack"].as_str(), Some(rule.attack.as_str()), "{}", rule.id);
        let told = !rule.says.is_empty() && !rule.source.is_empty();
        assert!(told, "{}", rule.id);
        assert_eq!(rule.refused_as.is_empty(), rule.checked == Checked::Http, "{}", rule.id);
    }
}
