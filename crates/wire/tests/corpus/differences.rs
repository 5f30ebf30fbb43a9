//! Where our parser means to differ from libtorrent's loader; docs/protocol.md tells the same.

/// Why a group of torrents is judged differently.
struct Reason {
    /// The reason.
    why: &'static str,
    /// Their names in the corpus.
    torrents: &'static [&'static str],
}

const DIFFERENCES: &[Reason] = &[
    Reason {
        why: "BEP 3 allows one way to write a number; libtorrent passes over the others in keys that it does not read",
        torrents: &[
            "encoding: leading zero in an integer",
            "encoding: minus zero",
            "encoding: integer of 65 bits",
            "encoding: leading zero in a length",
        ],
    },
    Reason {
        why: "clients take the first or the last of two equal keys, so one info-hash would mean two items",
        torrents: &["encoding: duplicate outer key", "encoding: duplicate info key"],
    },
    Reason {
        why: "BEP 3 demands sorted keys, and the order of a file tree is the order of its files",
        torrents: &["encoding: unordered info keys", "v1 folder: unordered file keys"],
    },
    Reason {
        why: "what cannot be read is refused, where libtorrent takes it for absent: a private item must not become \
              public, a version 2 item not version 1, and of `length` and `files` one would be a guess",
        torrents: &[
            "v1: private is str",
            "v1: meta version is a string",
            "v1: length and files",
            "layers: a list",
            "link: no target",
            "link: empty target",
        ],
    },
    Reason {
        why: "a hybrid without `pieces` has nothing that a version 1 client could verify, so it has no v1 info-hash",
        torrents: &["hybrid: no v1 hashes"],
    },
    Reason { why: "an item of padding alone has no content", torrents: &["v1 folder: nothing but a pad"] },
    Reason {
        why: "a link never leads out of its item",
        torrents: &["link: upwards", "link: absolute", "link: upwards in a v2 tree"],
    },
    Reason {
        why: "two paths that are the same, or a file and a folder at once, are refused, where libtorrent renames one",
        torrents: &[
            "paths: the same twice",
            "paths: file, then folder",
            "paths: folder, then file",
            "link: a file beneath it",
        ],
    },
    Reason {
        why: "names that differ in case alone are kept, where libtorrent renames one of them on every system: only \
              where the file system cannot hold both is one written under another name",
        torrents: &["paths: case", "paths: case in a v2 tree"],
    },
    Reason {
        why: "a name that leads elsewhere is refused, where libtorrent drops it from the path",
        torrents: &["paths: dots inside"],
    },
    Reason {
        why: "a v2-only folder of one file is kept as a folder, where libtorrent forgets the item's name",
        torrents: &["v2: a file of another name"],
    },
    Reason {
        why: "a torrent file without its piece layers is incomplete (BEP 52); from a magnet link they are fetched",
        torrents: &["layers: none", "layers: empty", "layers: hybrid without any"],
    },
];

/// Names that we refuse; each stands in three places of the corpus.
const REFUSED_NAMES: &[&str] =
    &["two dots", "one dot", "empty", "absolute", "slash", "upwards", "NUL", "256 bytes", "3000 bytes"];

/// Names that we keep as they are, where libtorrent shortens them to 240 bytes, drops characters that turn text, or
/// replaces what Windows cannot store.
const KEPT_NAMES: &[&str] = &[
    "255 bytes",
    "right to left",
    "backslash",
    "upwards with backslashes",
    "drive",
    "newline",
    "escape sequence",
    "not UTF-8",
    "overlong UTF-8",
    "a surrogate",
];

/// Why this torrent is meant to be judged differently, if it is listed by its own name.
pub(crate) fn listed(torrent: &str) -> Option<&'static str> {
    DIFFERENCES.iter().find(|reason| reason.torrents.contains(&torrent)).map(|reason| reason.why)
}

/// Whether the torrent is about a name that is meant to be judged differently, wherever it stands.
pub(crate) fn is_about_a_name(torrent: &str) -> bool {
    let name = torrent.strip_prefix("name ").and_then(|rest| rest.split_once(": "));
    name.is_some_and(|(_, name)| REFUSED_NAMES.contains(&name) || KEPT_NAMES.contains(&name))
}

/// The names of all torrents that are listed by their own name.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    DIFFERENCES.iter().flat_map(|reason| reason.torrents.iter().copied())
}
