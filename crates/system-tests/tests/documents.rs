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

    let named: BTreeSet<_> =
        document.lines().filter(|line| line.starts_with("| ")).flat_map(named_in_row).collect();
    let missing: Vec<_> = named.iter().filter(|name| !there.contains(**name)).collect();

    assert!(named.len() > 50, "only {} tests are named, so the table was not read", named.len());
    assert!(missing.is_empty(), "docs/hostile.md names tests that do not exist: {missing:?}");
}

/// What stands in backticks in the last cell of a row.
fn named_in_row(row: &str) -> impl Iterator<Item = &str> {
    row.rsplit('|').nth(1).into_iter().flat_map(|cell| cell.split('`').skip(1).step_by(2))
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
