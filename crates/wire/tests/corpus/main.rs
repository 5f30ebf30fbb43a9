//! Our parser and libtorrent's loader agree on the corpus of `generate.py`, but for the differences listed here.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use peerpool_wire::metainfo::{Info, Metainfo};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde::Deserialize;

mod differences;

/// One line of `corpus.jsonl`.
#[derive(Deserialize)]
struct Case {
    name: String,
    torrent: String,
    libtorrent: Verdict,
}

/// What a loader says of a torrent.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Verdict {
    Refused { refused: String },
    Accepted(Reading),
}

/// What a loader reads out of a torrent.
#[derive(Deserialize, Debug, PartialEq)]
struct Reading {
    v1: Option<String>,
    v2: Option<String>,
    piece_length: u32,
    pieces: u32,
    private: bool,
    /// Path with the item's name, length and offset in bytes. Pads are left out, and where an empty file lies says
    /// nothing: it is 0.
    files: Vec<(String, u64, u64)>,
}

impl Reading {
    fn of(info: &Info) -> Self {
        let path = |path: &[String]| [&[info.name().to_owned()][..], path].concat().join("/");
        let files = info.files().iter().filter(|file| !file.pad);
        Self {
            v1: info.hash().v1().map(|hash| hash.to_string()),
            v2: info.hash().v2().map(|hash| hash.to_string()),
            piece_length: info.piece_length(),
            pieces: info.piece_count(),
            private: info.private(),
            files: files
                .map(|file| (path(&file.path), file.length, if file.length > 0 { file.offset } else { 0 }))
                .collect(),
        }
    }
}

fn ours(torrent: &[u8]) -> Verdict {
    match Metainfo::from_torrent(torrent) {
        Ok(metainfo) => Verdict::Accepted(Reading::of(&metainfo.info)),
        Err(error) => Verdict::Refused { refused: error.to_string() },
    }
}

/// How two verdicts differ, if they do; that both refuse with other words is no difference.
fn difference(ours: &Verdict, theirs: &Verdict) -> Option<String> {
    match (ours, theirs) {
        (Verdict::Refused { .. }, Verdict::Refused { .. }) => None,
        (ours, theirs) if ours == theirs => None,
        (Verdict::Accepted(ours), Verdict::Accepted(theirs)) => {
            Some(format!("read as {ours:?}, by libtorrent as {theirs:?}"))
        }
        (Verdict::Refused { refused }, _) => Some(format!("only we refuse: {refused}")),
        (_, Verdict::Refused { refused }) => Some(format!("only libtorrent refuses: {refused}")),
    }
}

fn corpus() -> Vec<Case> {
    include_str!("corpus.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn our_parser_agrees_with_libtorrent_but_where_it_is_meant_not_to() {
    let mut failures = Vec::new();
    for Case { name, torrent, libtorrent } in corpus() {
        let torrent = BASE64.decode(torrent.as_bytes()).unwrap();
        match (difference(&ours(&torrent), &libtorrent), differences::listed(&name)) {
            (Some(difference), None) if !differences::is_about_a_name(&name) => {
                failures.push(format!("{name}: {difference}"));
            }
            (None, Some(why)) => failures.push(format!("{name}: there is no difference though {why}")),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_corpus_is_whole() {
    let names: BTreeSet<String> = corpus().into_iter().map(|case| case.name).collect();
    assert_eq!(names.len(), include_str!("corpus.jsonl").lines().count());
    assert_eq!(names.len(), 310);
    let absent: Vec<&str> = differences::all().filter(|name| !names.contains(*name)).collect();
    assert!(absent.is_empty(), "differences that are not in the corpus: {absent:?}");
}

proptest! {
    #[test]
    fn damaged_torrents_of_the_corpus_never_panic(
        case in any::<Index>(), at in any::<Index>(), cut in 0usize..12, bytes in vec(any::<u8>(), 0..12),
    ) {
        let corpus = corpus();
        let mut torrent = BASE64.decode(corpus[case.index(corpus.len())].torrent.as_bytes()).unwrap();
        let at = at.index(torrent.len() + 1);
        torrent.splice(at..(at + cut).min(torrent.len()), bytes);
        if let Ok(read) = Metainfo::from_torrent(&torrent) {
            prop_assert_eq!(Metainfo::from_torrent(&read.to_torrent(&read.trackers)), Ok(read));
        }
    }
}
