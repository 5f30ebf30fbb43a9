"""Writes the golden vectors of canonical items with libtorrent 2: `python generate.py`, with libtorrent installed.

Byte i of file number n is (i * 7 + n) % 251. A vector is what libtorrent's create_torrent gives, without the
date. libtorrent orders files by their whole path (`a-b` before `a/x`) and then refuses such a hybrid itself,
since BEP 52 demands the order of the file tree; so the `files` and `pieces` of that vector are put into tree order.
"""

import os
import tempfile

import libtorrent as lt

KIB = 1024
EXECUTABLE = 0o755
CASES = {
    "tiny": (16 * KIB, 5),
    "one-block": (16 * KIB, 16 * KIB),
    "one-piece": (64 * KIB, 50_000),
    "two-pieces": (32 * KIB, 40_000),
    "many-pieces": (16 * KIB, 1_000_001),
    "exact": (32 * KIB, 5 * 32 * KIB),
    "folder": (32 * KIB, [("A/B/deep", 70_000), ("A/empty", 0), ("b", 32 * KIB), ("\u00e9t\u00e9", 3), ("z", 33_000)]),
    "folder-of-one": (32 * KIB, [("only", 40_000)]),
    "folder-of-one-in-a-folder": (32 * KIB, [("folder/only", 5)]),
    "folder-ends-empty": (16 * KIB, [("a", 20_000), ("b", 0)]),
    "folder-same-bytes": (16 * KIB, [("a", 251 * 200), ("b/a", 251 * 200)]),
    "folder-tree-order": (16 * KIB, [("a/x", 5), ("a-b", 3), ("a.txt", 16 * KIB), ("a/y", 40_000)]),
    "executable": (16 * KIB, 20_000, EXECUTABLE),
    "folder-executable": (16 * KIB, [("empty", 0, EXECUTABLE), ("plain", 5), ("run", 20_000, EXECUTABLE)]),
    "folder-links": (
        16 * KIB,
        [("d/e/file", 20_000), ("d/e/up", "../../z"), ("d/nowhere", "nothing"), ("l", "d/e"), ("m", "l"), ("z", 5)],
    ),
    "folder-of-one-and-a-link": (16 * KIB, [("a", "file"), ("file", 20_000)]),
    "folder-names": (
        16 * KIB,
        [
            ("Index.html", 1), ("a\\b", 2), ("aux.c", 3), ("caf\u00e9", 4), ("cafe\u0301", 5), ("con", 6), ("index.html", 7),
            ("tab\tline\n", 8), ("turn\u202e", 9), ("dot.", 10), ("space ", 11), ("NET/x", 12), ("net/x", 13),
        ],
    ),
}


def content(n, length):
    return bytes((i * 7 + n) % 251 for i in range(length))


def write(path, n, content_or_target, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content_or_target, str):
        return os.symlink(content_or_target, path)
    with open(path, "wb") as file:
        file.write(content(n, content_or_target))
    os.chmod(path, mode)


def in_tree_order(info):
    """Reorders a hybrid's v1 files, with their pads and pieces, to the order of its file tree."""
    length, groups, at = info[b"piece length"], [], 0
    for entry in info[b"files"]:
        if entry.get(b"attr") == b"p":
            groups[-1][1].append(entry)
        else:
            groups.append((entry[b"path"], [entry], at))
        at += entry[b"length"]
    hashes = info[b"pieces"]
    files, pieces = [], b""
    for _, entries, offset in sorted(groups, key=lambda group: group[0]):
        size = sum(entry[b"length"] for entry in entries)
        files += entries
        first = offset // length
        pieces += hashes[first * 20 : (first + -(-size // length)) * 20]
    info[b"files"], info[b"pieces"] = files, pieces


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for name, (piece, files, *mode) in CASES.items():
        with tempfile.TemporaryDirectory() as root:
            top = os.path.join(root, name)
            if isinstance(files, int):
                write(top, 0, files, *mode)
            else:
                for n, (path, *what) in enumerate(files):
                    write(os.path.join(top, path), 0 if "same" in name else n, *what)
            links = lt.create_torrent.symlinks
            torrent = lt.create_torrent(lt.list_files(top, flags=links), piece, flags=links)
            lt.set_piece_hashes(torrent, root)
            torrent = lt.bdecode(lt.bencode(torrent.generate()))
        del torrent[b"creation date"]
        if b"files" in torrent[b"info"]:
            in_tree_order(torrent[b"info"])
        data = lt.bencode(torrent)
        lt.load_torrent_buffer(data)
        with open(os.path.join(here, name + ".torrent"), "wb") as file:
            file.write(data)


main()
