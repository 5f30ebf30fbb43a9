"""Writes the golden vectors of canonical items with libtorrent 2: `python generate.py`, with libtorrent installed.

Byte i of file number n is (i * 7 + n) % 251. A vector is what libtorrent's create_torrent gives, without the
date. libtorrent orders files by their whole path (`a-b` before `a/x`) and then refuses such a hybrid itself,
since BEP 52 demands the order of the file tree; so the `files` and `pieces` of that vector are put into tree order.
"""

import os
import tempfile

import libtorrent as lt

KIB = 1024
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
}


def content(n, length):
    return bytes((i * 7 + n) % 251 for i in range(length))


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


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
    for name, (piece, files) in CASES.items():
        with tempfile.TemporaryDirectory() as root:
            top = os.path.join(root, name)
            if isinstance(files, int):
                write(top, content(0, files))
            else:
                for n, (path, length) in enumerate(files):
                    write(os.path.join(top, path), content(0 if "same" in name else n, length))
            torrent = lt.create_torrent(lt.list_files(top), piece)
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
