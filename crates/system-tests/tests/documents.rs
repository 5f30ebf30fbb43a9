//! What the documents say of the tests is true.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_test_that_docs_hostile_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = fs::read_to_string(root.join("docs/hostile.md")).unwrap();
    let there = tests_below(&[root.join("crates"), root.join("fuzz/src"), root.join("fuzz/tests")]);

    let named = document.lines().filter(|line| line.starts_with("| ")).flat_map(backticked);
    let named: BTreeSet<_> = named.filter(|name| is_test_name(name)).collect();
    let missing: Vec<_> = named.iter().filter(|name| !there.contains(**name)).collect();

    assert!(named.len() > 50, "only {} tests are named, so the table was not read", named.len());
    assert!(missing.is_empty(), "docs/hostile.md names tests that do not exist: {missing:?}");
}

fn backticked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Claims have several words; a message's or a field's name, such as `begin` or `info_hash`, has not.
fn is_test_name(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The names of all functions and of all files below `folders`.
fn tests_below(folders: &[PathBuf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(path.file_stem().unwrap().to_str().map(str::to_owned));
                let text = fs::read_to_string(&path).unwrap();
                let functions = text.lines().filter_map(|line| line.split_once("fn ")).map(|(_, rest)| rest);
                names.extend(functions.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
            }
        }
    }
    names
}
