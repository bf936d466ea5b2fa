//! The corpora of the fuzz targets, replayed: what a fuzzer once found interesting stays looked at by every plain test run.

use std::{collections::BTreeSet, fs, path::PathBuf};

use hostile::fuzz::TARGETS;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[test]
fn every_corpus_is_replayed() {
    for target in TARGETS {
        let folder = fuzz().join("corpus").join(target.name);
        let entries: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(entries.len() >= 10, "{} has {} entries", target.name, entries.len());
        for path in entries {
            (target.run)(&fs::read(path).unwrap());
        }
        // And what no file holds well.
        for (byte, count) in [(0, 0), (0, 1), (0xff, 3), (b'A', 70_000), (b'{', 1_000), (b'.', 1_000)] {
            (target.run)(&vec![byte; count]);
        }
    }
}

#[test]
fn every_target_has_its_program_and_its_corpus_and_there_are_no_others() {
    let named: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(named.len(), TARGETS.len(), "two targets of one name");
    let listed = |folder: &str| -> BTreeSet<String> {
        fs::read_dir(fuzz().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(".rs").to_owned())
            .collect()
    };
    assert_eq!(listed("corpus"), named);
    assert_eq!(listed("targets"), named);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &named {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
