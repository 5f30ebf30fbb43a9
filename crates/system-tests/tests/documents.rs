//! What the documents say of the code is true: names of tests and files, constants, links.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a document says, and how the code says it; both with the number as `{}`.
const CONSTANTS: &[(&str, &str, &str, &str)] = &[
    ("docs/protocol.md", "as much as the connection moves in {} ms", "swarm", "REQUEST_MILLIS: f64 = {}"),
    ("docs/swarm.md", "carries at most what the link moves in {} ms", "swarm", "REQUEST_MILLIS: f64 = {}"),
    ("docs/protocol.md", "A peer gets {} holders unless", "catalogue", "neighbours: {}"),
    ("docs/protocol.md", "until the peer knows {} or says", "catalogue", "neighbours: {}"),
    ("docs/swarm.md", "The tracker names {} peers at a time", "catalogue", "neighbours: {}"),
    ("docs/swarm.md", "The tracker names {}. With 5", "catalogue", "neighbours: {}"),
    ("docs/swarm.md", "opens connections until it has {}", "swarm", "wanted_connections: {}"),
    ("docs/swarm.md", "and accepts up to {}.", "swarm", "max_connections: {}"),
    ("docs/swarm.md", "A peer unchokes up to {} others", "swarm", "upload_slots: {}"),
    ("ARCHITECTURE.md", "Each swarm has its own {} upload slots", "swarm", "upload_slots: {}"),
    ("docs/runtime.md", "| connections of a swarm; opened by itself | {}", "swarm", "max_connections: {}"),
    ("docs/runtime.md", "requests of one peer | {}", "swarm", "pub(crate) const MAX_WAITING: usize = {}"),
    ("docs/protocol.md", "`numwant` is {} by default", "catalogue", "default_numwant: {}"),
    ("docs/protocol.md", "by default and {} at most", "catalogue", "max_numwant: {}"),
    ("docs/protocol.md", "`max_items` of the welcome ({})", "catalogue", "max_items_per_peer: {}"),
    ("docs/protocol.md", "with at most {} MiB of bitfields |", "catalogue", "max_state_bytes: {} <<"),
    ("docs/protocol.md", "a scrape names at most {} swarms", "wire", "MAX_SCRAPE: usize = {}"),
    ("docs/protocol.md", "a frame over {} MiB ends the session", "wire", "MAX_FRAME: usize = {} <<"),
    ("docs/protocol.md", ".torrent file | {} MiB, in chunks", "wire", "MAX_METAINFO: usize = {} <<"),
    ("docs/protocol.md", "in chunks of at most {} MiB", "wire", "MAX_CHUNK: usize = {} <<"),
    ("docs/protocol.md", "A path has at most {} components", "wire", "MAX_DEPTH: usize = {}"),
    ("docs/protocol.md", "components and {} bytes", "wire", "MAX_PATH: usize = {}"),
    ("docs/protocol.md", "These are the rules of version {}", "wire", "CANONICAL_VERSION: u32 = {}"),
];

#[test]
fn every_constant_in_the_docs_is_that_of_the_code() {
    let mut code = BTreeMap::new();
    for (document, said, of_crate, written) in CONSTANTS {
        let text = words(&fs::read_to_string(root().join(document)).unwrap());
        let code =
            code.entry(of_crate).or_insert_with(|| source(&root().join("crates").join(of_crate).join("src")));
        let (said_numbers, written_numbers) = (numbers(&text, said), numbers(code, written));
        assert!(!said_numbers.is_empty(), "{document} no longer says `{said}`");
        assert!(!written_numbers.is_empty(), "crates/{of_crate} no longer has `{written}`");
        assert_eq!(said_numbers, written_numbers, "{document}: `{said}`");
    }
}

#[test]
fn every_test_that_docs_hostile_names_exists() {
    let root = root();
    let document = fs::read_to_string(root.join("docs/hostile.md")).unwrap();
    let there = tests_below(&[root.join("crates"), root.join("fuzz/src"), root.join("fuzz/tests")]);

    let named: BTreeSet<_> =
        document.lines().filter(|line| line.starts_with("| ")).flat_map(named_in_row).collect();
    let missing: Vec<_> = named.iter().filter(|name| !there.contains(**name)).collect();

    assert!(named.len() > 50, "only {} tests are named, so the table was not read", named.len());
    assert!(missing.is_empty(), "docs/hostile.md names tests that do not exist: {missing:?}");
}

#[test]
fn every_file_that_the_docs_name_exists() {
    let root = root();
    let there: Vec<String> = files_below(&root.join("crates"), "")
        .iter()
        .chain(&files_below(&root.join("docs"), "md"))
        .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
        .collect();
    let exists = |name: &str| there.iter().any(|path| path == name || path.ends_with(&format!("/{name}")));
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let named = text.split(|char: char| char.is_whitespace() || "`()[],;|#".contains(char));
        let named =
            named.filter(|word| word.ends_with(".rs") || word.starts_with("docs/") && word.ends_with(".md"));
        let missing: BTreeSet<_> = named.filter(|name| !exists(name)).collect();
        assert!(missing.is_empty(), "{} names files that do not exist: {missing:?}", document.display());
    }
}

#[test]
fn comments_refer_only_to_documents_that_exist() {
    let root = root();
    let mut missing = BTreeSet::new();
    for file in files_below(&root.join("crates"), "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("docs/") {
            let name: String = text[at..]
                .chars()
                .take_while(|char| char.is_ascii_alphanumeric() || "/-._".contains(*char))
                .collect();
            let name = name.trim_end_matches('.');
            if name.ends_with(".md") && !root.join(name).exists() {
                missing.insert(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn lines_of_documents_wrap_at_120_characters() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let long = |line: &&str| line.chars().count() > 120 && !line.starts_with('|');
        let long: Vec<_> = text.lines().filter(long).collect();
        assert!(long.is_empty(), "{}: {long:#?}", document.display());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The pages of the repository that are written by hand.
fn documents() -> Vec<PathBuf> {
    let mut pages = files_below(&root().join("docs"), "md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root().join(name)));
    pages
}

/// The text with every run of white space as one blank.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All code below a folder, as [`words`].
fn source(folder: &Path) -> String {
    let texts = files_below(folder, "rs").into_iter().map(|file| fs::read_to_string(file).unwrap());
    words(&texts.collect::<Vec<_>>().join("\n"))
}

/// The different numbers that stand for the `{}` of a pattern in the text.
fn numbers(text: &str, pattern: &str) -> BTreeSet<u64> {
    let (before, after) = pattern.split_once("{}").unwrap();
    let number = |(at, _): (usize, &str)| {
        let rest = &text[at + before.len()..];
        let end =
            rest.find(|char: char| !(char.is_ascii_digit() || "_,".contains(char))).unwrap_or(rest.len());
        let digits: String = rest[..end].chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|_| rest[end..].starts_with(after))
    };
    text.match_indices(before).filter_map(number).collect()
}

/// What stands in backticks in the last cell of a row.
fn named_in_row(row: &str) -> impl Iterator<Item = &str> {
    row.rsplit('|').nth(1).into_iter().flat_map(|cell| cell.split('`').skip(1).step_by(2))
}

/// The names of all functions and of all files below `folders`.
fn tests_below(folders: &[PathBuf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in folders.iter().flat_map(|folder| files_below(folder, "rs")) {
        names.extend(path.file_stem().unwrap().to_str().map(str::to_owned));
        let text = fs::read_to_string(&path).unwrap();
        let functions = text.lines().filter_map(|line| line.split_once("fn ")).map(|(_, rest)| rest);
        names.extend(functions.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
    }
    names
}

/// All files below a folder whose names end in this extension; of any, if it is empty.
fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if extension.is_empty() || path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files
}
