"""Writes corpus.jsonl: good and bad torrents, each with a name and what libtorrent 2's loader says of it.

    python generate.py        (with `pip install libtorrent`)

A line is {"name", "torrent": base64, "libtorrent": {"refused": message} or what it read}. The Rust test beside
this file compares our parser with it.
"""

import base64
import hashlib
import json
import os
import warnings

import libtorrent as lt

KIB = 1024
BLOCK = 16 * KIB
warnings.simplefilter("ignore")


class Raw(bytes):
    """Bytes that are bencoded already."""


class Unordered(dict):
    """A dictionary to be written in the order of insertion."""


def encode(value):
    match value:
        case Raw():
            return bytes(value)
        case bool():
            return encode(int(value))
        case int():
            return b"i%de" % value
        case str():
            return encode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case list():
            return b"l" + b"".join(map(encode, value)) + b"e"
        case dict():
            pairs = [(key.encode() if isinstance(key, str) else key, item) for key, item in value.items()]
            if not isinstance(value, Unordered):
                pairs.sort(key=lambda pair: pair[0])
            return b"d" + b"".join(encode(key) + encode(item) for key, item in pairs) + b"e"


def content(length, seed=0):
    return bytes((i * 7 + seed) % 251 for i in range(length))


def sha1s(data, piece):
    return b"".join(hashlib.sha1(data[at : at + piece]).digest() for at in range(0, len(data), piece))


def above(layer, pad):
    layer = layer + [pad] * (len(layer) % 2)
    return [hashlib.sha256(layer[at] + layer[at + 1]).digest() for at in range(0, len(layer), 2)]


def tree(data, piece):
    """The root of a file and its piece layer (empty when it has one piece)."""
    layer = [hashlib.sha256(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK)]
    pad, span, pieces = bytes(32), BLOCK, []
    if len(data) > piece:
        while span < piece:
            layer, pad, span = above(layer, pad), hashlib.sha256(pad * 2).digest(), span * 2
        pieces = layer
    while len(layer) > 1:
        layer, pad = above(layer, pad), hashlib.sha256(pad * 2).digest()
    return layer[0], b"".join(pieces)


def leaf(length, piece=BLOCK, seed=0, **more):
    node = {"length": length}
    if length:
        node["pieces root"] = tree(content(length, seed), piece)[0]
    return {"": {**node, **{key.replace("_", " "): item for key, item in more.items()}}}


def v1(length=20_000, piece=BLOCK, name="item", **more):
    info = {"name": name, "piece length": piece, "length": length, "pieces": sha1s(content(length), piece)}
    return {**info, **spaced(more)}


def v1_folder(files, piece=BLOCK, name="item", **more):
    entries, data = [], b""
    for seed, (path, length, *attributes) in enumerate(files):
        entry = {"path": path, "length": length}
        for extra in attributes:
            entry.update(extra)
        entries.append(entry)
        data += bytes(length) if "p" in entry.get("attr", "") else content(length, seed)
    info = {"name": name, "piece length": piece, "files": entries, "pieces": sha1s(data, piece)}
    return {**info, **spaced(more)}


def v2(length=20_000, piece=BLOCK, name="item", **more):
    return v2_tree({name: leaf(length, piece)}, piece, name, **more)


def v2_tree(file_tree, piece=BLOCK, name="item", **more):
    return {"name": name, "piece length": piece, "meta version": 2, "file tree": file_tree, **spaced(more)}


def spaced(more):
    return {key.replace("_", " "): item for key, item in more.items()}


def layers(*files, piece=BLOCK):
    """The piece layers of files (length, seed)."""
    made = (tree(content(length, seed), piece) for length, seed in files)
    return {root: layer for root, layer in made if layer}


def hybrid(length=20_000, piece=BLOCK, name="item", **more):
    return {**v1(length, piece, name), **v2(length, piece, name), **spaced(more)}


def pad(length):
    return ([".pad", str(length)], length, {"attr": "p"})


def hybrid_folder(tail=True, files=((["a"], 20_000), (["b"], 5)), v1_files=None, piece=BLOCK):
    entries, file_tree = [], {}
    for seed, (path, length) in enumerate(files):
        entries.append((path, length))
        # Contents are those of the seed that v1_folder gives the entry, pads counted.
        node = file_tree
        for name in path[:-1]:
            node = node.setdefault(name, {})
        node[path[-1]] = leaf(length, piece, len(entries) - 1)
        if length % piece and (tail or seed + 1 < len(files)):
            entries.append(pad(piece - length % piece))
    return {**v1_folder(v1_files if v1_files is not None else entries, piece), **v2_tree(file_tree, piece)}


def torrent(info, piece_layers=None, **more):
    outer = {"info": info, **spaced(more)}
    if piece_layers is not None:
        outer["piece layers"] = piece_layers
    return encode(outer)


def without(info, *keys):
    return {key: item for key, item in info.items() if key not in keys}


L20 = layers((20_000, 0))


def encodings():
    good = torrent(v1())
    yield "encoding: empty", b""
    yield "encoding: not a dictionary", b"le"
    yield "encoding: a string", b"4:spam"
    yield "encoding: truncated by a byte", good[:-1]
    yield "encoding: truncated in half", good[: len(good) // 2]
    yield "encoding: data behind", good + b"x"
    yield "encoding: newline behind", good + b"\n"
    yield "encoding: leading zero in an integer", torrent({**v1(), "length": Raw(b"i020000e")})
    yield "encoding: minus zero", torrent(v1(private=Raw(b"i-0e")))
    yield "encoding: empty integer", torrent(v1(private=Raw(b"ie")))
    yield "encoding: integer with a plus", torrent(v1(private=Raw(b"i+1e")))
    yield "encoding: integer of 65 bits", torrent(v1(), creation_date=Raw(b"i36893488147419103232e"))
    yield "encoding: integer with letters", torrent(v1(private=Raw(b"i1xe")))
    yield "encoding: leading zero in a length", torrent(v1(source=Raw(b"03:abc")))
    yield "encoding: length beyond the end", b"d4:info99999:x"
    yield "encoding: huge length", b"d4:info99999999999999999999:x"
    yield "encoding: negative length", torrent(v1(source=Raw(b"-1:a")))
    yield "encoding: integer as a key", torrent(Raw(b"di1ei2ee"))
    yield "encoding: key without a value", b"d4:infoe"
    yield "encoding: nested 50 deep", torrent(v1(deep=Raw(b"l" * 50 + b"e" * 50)))
    yield "encoding: nested 97 deep", torrent(v1(deep=Raw(b"l" * 97 + b"e" * 97)))
    yield "encoding: nested 120 deep", torrent(v1(deep=Raw(b"l" * 120 + b"e" * 120)))
    yield "encoding: nested 5000 deep", torrent(v1(deep=Raw(b"l" * 5000 + b"e" * 5000)))
    yield "encoding: unordered outer keys", encode(Unordered({"info": v1(), "announce": "http://t/a"}))
    yield "encoding: unordered info keys", torrent(Unordered(reversed(sorted(v1().items()))))
    info = encode(v1())
    yield "encoding: duplicate outer key", b"d4:info" + info + b"4:info" + info + b"e"
    yield "encoding: duplicate info key", torrent(Raw(info[:-1] + b"6:pieces20:" + bytes(20) + b"e"))
    yield "encoding: duplicate tree key", torrent(
        v2_tree(Raw(b"d1:a" + encode(leaf(5)) + b"1:a" + encode(leaf(5)) + b"e"))
    )
    yield "encoding: unordered tree keys", torrent(v2_tree(Unordered({"b": leaf(5), "a": leaf(6)})))


def outers():
    yield "outer: no info", encode({"announce": "http://t/a"})
    yield "outer: info is a list", torrent([])
    yield "outer: info is a string", torrent("info")
    yield "outer: info is empty", torrent({})
    yield "outer: announce", torrent(v1(), announce="http://t/a")
    yield "outer: announce is an integer", torrent(v1(), announce=5)
    yield "outer: announce-list", torrent(v1(), **{"announce-list": [["http://a", "http://b"], ["udp://c:1"]]})
    yield "outer: announce-list is flat", torrent(v1(), **{"announce-list": ["http://a"]})
    yield "outer: announce-list is a string", torrent(v1(), **{"announce-list": "http://a"})
    yield "outer: web seeds", torrent(v1(), **{"url-list": ["http://a/"]})
    yield "outer: nodes", torrent(v1(), nodes=[["127.0.0.1", 6881]])
    yield "outer: comment, date, creator", torrent(v1(), comment="c", creation_date=1, created_by="x")
    yield "outer: comment is not UTF-8", torrent(v1(), comment=b"\xff")
    yield "outer: unknown keys", torrent(v1(), **{"x-thing": {"a": [1]}})


def v1_files():
    yield "v1: a file", torrent(v1())
    yield "v1: a file of one byte", torrent(v1(1))
    yield "v1: a file that ends at a piece", torrent(v1(2 * BLOCK))
    yield "v1: piece length of no power of two", torrent(v1(70_000, 20_001))
    yield "v1: piece length of one byte", torrent(v1(5, 1))
    yield "v1: piece length of 8 KiB", torrent(v1(20_000, 8 * KIB))
    yield "v1: piece length of 64 MiB", torrent(v1(5, 64 << 20))
    yield "v1: piece length of 512 MiB", torrent(v1(5, 512 << 20))
    for piece in (0, -1, -16384, 1 << 31, 1 << 62, (512 << 20) + 1):
        yield f"v1: piece length {piece}", torrent({**v1(), "piece length": piece})
    for key in ("name", "piece length", "pieces", "length"):
        yield f"v1: no {key}", torrent(without(v1(), key))
    for key, item in (("name", 5), ("piece length", "16384"), ("pieces", 5), ("pieces", []), ("length", "5"), ("private", "1")):
        yield f"v1: {key} is {type(item).__name__}", torrent({**v1(), key: item})
    yield "v1: length 0", torrent(v1(0))
    yield "v1: length -1", torrent({**v1(), "length": -1})
    yield "v1: length of 63 bits", torrent({**v1(), "length": (1 << 63) - 1})
    yield "v1: no hashes", torrent({**v1(), "pieces": b""})
    yield "v1: a hash too few", torrent({**v1(), "pieces": bytes(20)})
    yield "v1: a hash too many", torrent({**v1(), "pieces": bytes(60)})
    yield "v1: hashes of odd length", torrent({**v1(), "pieces": bytes(39)})
    yield "v1: too many pieces", torrent({**v1(), "length": 1 << 40, "piece length": 1})
    yield "v1: private", torrent(v1(private=1))
    yield "v1: not private", torrent(v1(private=0))
    yield "v1: source", torrent(v1(source="x"))
    yield "v1: length and files", torrent({**v1_folder([(["a"], 20_000)]), "length": 20_000})
    yield "v1: meta version 1", torrent(v1(meta_version=1))
    yield "v1: meta version 3", torrent(v1(meta_version=3))
    yield "v1: meta version is a string", torrent(v1(meta_version="2"))
    yield "v1: name.utf-8", torrent(v1(name=b"\xe9", **{"name.utf-8": "\u00e9"}))


def v1_folders():
    yield "v1 folder: two files", torrent(v1_folder([(["a"], 20_000), (["b"], 30)]))
    yield "v1 folder: nested", torrent(v1_folder([(["d", "e", "f"], 20_000), (["d", "g"], 30)]))
    yield "v1 folder: one file", torrent(v1_folder([(["only"], 20_000)]))
    yield "v1 folder: empty files", torrent(v1_folder([(["a"], 0), (["b"], 30), (["c"], 0)]))
    yield "v1 folder: nothing but empty files", torrent(v1_folder([(["a"], 0), (["b"], 0)]))
    yield "v1 folder: no files", torrent(v1_folder([]))
    yield "v1 folder: files is a string", torrent({**v1_folder([(["a"], 5)]), "files": "a"})
    yield "v1 folder: a file is a string", torrent({**v1_folder([(["a"], 5)]), "files": ["a"]})
    yield "v1 folder: no path", torrent({**v1_folder([(["a"], 5)]), "files": [{"length": 5}]})
    yield "v1 folder: empty path", torrent(v1_folder([([], 5)]))
    yield "v1 folder: path is a string", torrent(v1_folder([("a", 5)]))
    yield "v1 folder: path of integers", torrent(v1_folder([([1], 5)]))
    yield "v1 folder: no length", torrent({**v1_folder([(["a"], 5)]), "files": [{"path": ["a"]}]})
    yield "v1 folder: negative length", torrent({**v1_folder([(["a"], 5)]), "files": [{"path": ["a"], "length": -5}]})
    yield "v1 folder: lengths overflow", torrent(
        {**v1_folder([(["a"], 5)]), "files": [{"path": [n], "length": (1 << 63) - 1} for n in "abc"]}
    )
    yield "v1 folder: pads", torrent(v1_folder([(["a"], 20_000), pad(12_768), (["b"], 5)]))
    yield "v1 folder: pad of odd length", torrent(v1_folder([(["a"], 20_000), pad(3), (["b"], 5)]))
    yield "v1 folder: same pad twice", torrent(v1_folder([(["a"], 5), pad(16_379), (["b"], 5), pad(16_379)]))
    yield "v1 folder: pad with no path", torrent(
        {**v1_folder([(["a"], 5)]), "files": [{"path": ["a"], "length": 2}, {"attr": "p", "length": 3}]}
    )
    yield "v1 folder: nothing but a pad", torrent(v1_folder([pad(5)]))
    yield "v1 folder: executable and hidden", torrent(v1_folder([(["a"], 5, {"attr": "x"}), (["b"], 5, {"attr": "hx"})]))
    yield "v1 folder: unknown attribute", torrent(v1_folder([(["a"], 5, {"attr": "q"}), (["b"], 5)]))
    yield "v1 folder: attr is an integer", torrent(v1_folder([(["a"], 5, {"attr": ""}), (["b"], 5)]))
    yield "v1 folder: md5sum and mtime", torrent(v1_folder([(["a"], 5, {"md5sum": "0" * 32, "mtime": 5}), (["b"], 5)]))
    yield "v1 folder: path.utf-8", torrent(v1_folder([([b"\xe9"], 5, {"path.utf-8": ["\u00e9"]}), (["b"], 5)]))
    yield "v1 folder: unordered file keys", torrent(
        {**v1_folder([(["a"], 5)]), "files": [Unordered({"path": ["a"], "length": 5})]}
    )


def link(path, target):
    return (path, 0, {"attr": "l", "symlink path": target})


def links():
    file = (["d", "file"], 5)
    yield "link: to a file", torrent(v1_folder([file, link(["l"], ["d", "file"])]))
    yield "link: to a folder", torrent(v1_folder([file, link(["l"], ["d"])]))
    yield "link: upwards", torrent(v1_folder([file, link(["l"], ["..", "..", "etc"])]))
    yield "link: absolute", torrent(v1_folder([file, link(["l"], ["/etc/passwd"])]))
    yield "link: to nothing", torrent(v1_folder([file, link(["l"], ["absent"])]))
    yield "link: to itself", torrent(v1_folder([file, link(["l"], ["l"])]))
    yield "link: to its folder", torrent(v1_folder([file, link(["d", "l"], ["d"])]))
    yield "link: to a link", torrent(v1_folder([file, link(["l"], ["m"]), link(["m"], ["d"])]))
    yield "link: in a circle", torrent(v1_folder([file, link(["l"], ["m"]), link(["m"], ["l"])]))
    yield "link: no target", torrent(v1_folder([file, (["l"], 0, {"attr": "l"})]))
    yield "link: empty target", torrent(v1_folder([file, link(["l"], [])]))
    yield "link: a file beneath it", torrent(v1_folder([file, link(["l"], ["d"]), (["l", "x"], 5)]))
    linked = {"d": {"file": leaf(5)}, "l": {"": {"length": 0, "attr": "l", "symlink path": ["d", "file"]}}}
    yield "link: in a v2 tree", torrent(v2_tree(linked))
    linked = {"d": {"file": leaf(5)}, "l": {"": {"length": 0, "attr": "l", "symlink path": ["..", "x"]}}}
    yield "link: upwards in a v2 tree", torrent(v2_tree(linked))


NAMES = {
    "two dots": b"..",
    "one dot": b".",
    "empty": b"",
    "absolute": b"/etc/passwd",
    "slash": b"a/b",
    "upwards": b"../a",
    "backslash": b"a\\b",
    "upwards with backslashes": b"..\\..\\a",
    "drive": b"C:\\a",
    "NUL": b"a\0b",
    "newline": b"a\nb",
    "escape sequence": b"\x1b[31mred",
    "CON": b"CON",
    "aux.txt": b"aux.txt",
    "com1": b"com1",
    "not UTF-8": b"a\xffb",
    "overlong UTF-8": b"\xc0\xae\xc0\xae",
    "a surrogate": b"\xed\xa0\x80",
    "255 bytes": b"x" * 255,
    "256 bytes": b"x" * 256,
    "3000 bytes": b"x" * 3000,
    "Vietnamese": "Tiếng Việt".encode(),
    "emoji": "\U0001f600".encode(),
    "markup": b"<script>",
    "colon": b"a:b",
    "question mark": b"what?",
    "trailing dot": b"R.E.M.",
    "trailing space": b"a ",
    "hidden": b".a",
    "right to left": "a\u202eb".encode(),
}


def names():
    for what, name in NAMES.items():
        yield f"name of a v1 file: {what}", torrent(v1(name=name))
        yield f"name in a v1 folder: {what}", torrent(v1_folder([([name], 5), (["b"], 5)]))
        if name:
            yield f"name in a v2 tree: {what}", torrent(v2_tree({name: leaf(5), "b": leaf(5)}))
    paths = {
        "the same twice": (["a"], ["a"]),
        "case": (["a"], ["A"]),
        "case of folders": (["a", "x"], ["A", "y"]),
        "file, then folder": (["a"], ["a", "b"]),
        "folder, then file": (["a", "b"], ["a"]),
        "dots inside": (["a", "..", "b"], ["c"]),
        "60 deep": (["x"] * 60, ["y"]),
        "120 deep": (["x"] * 120, ["y"]),
    }
    for what, (first, second) in paths.items():
        yield f"paths: {what}", torrent(v1_folder([(first, 5), (second, 5)]))
    yield "paths: case in a v2 tree", torrent(v2_tree({"a": leaf(5), "A": leaf(5)}))


def v2_trees():
    yield "v2: a file", torrent(v2(), L20)
    yield "v2: a file of one piece", torrent(v2(5), {})
    yield "v2: a file of one piece, no layers at all", torrent(v2(5))
    yield "v2: a file of one block and piece", torrent(v2(BLOCK), {})
    yield "v2: a file of another name", torrent(v2_tree({"other": leaf(5)}), {})
    yield "v2: a folder", torrent(v2_tree({"a": leaf(20_000), "b": {"c": leaf(5, seed=1)}}), L20)
    yield "v2: empty files", torrent(v2_tree({"a": leaf(0), "b": leaf(5), "c": leaf(0)}), {})
    yield "v2: nothing but empty files", torrent(v2_tree({"a": leaf(0), "b": leaf(0)}), {})
    yield "v2: empty tree", torrent(v2_tree({}), {})
    yield "v2: empty folder", torrent(v2_tree({"a": leaf(5), "b": {}}), {})
    yield "v2: tree is a list", torrent(v2_tree([]), {})
    yield "v2: no tree", torrent(without(v2(), "file tree"), {})
    yield "v2: no name", torrent(without(v2(), "name"), L20)
    yield "v2: no piece length", torrent(without(v2(), "piece length"), L20)
    yield "v2: no meta version", torrent(without(v2(), "meta version"), L20)
    yield "v2: meta version 1", torrent({**v2(), "meta version": 1}, L20)
    yield "v2: meta version 3", torrent({**v2(), "meta version": 3}, L20)
    yield "v2: no root", torrent(v2_tree({"a": {"": {"length": 5}}}), {})
    yield "v2: short root", torrent(v2_tree({"a": {"": {"length": 5, "pieces root": bytes(31)}}}), {})
    yield "v2: zero root", torrent(v2_tree({"a": {"": {"length": 5, "pieces root": bytes(32)}}}), {})
    yield "v2: root of an empty file", torrent(
        v2_tree({"a": {"": {"length": 0, "pieces root": b"x" * 32}}, "b": leaf(5)}), {}
    )
    yield "v2: no length", torrent(v2_tree({"a": {"": {"pieces root": b"x" * 32}}}), {})
    yield "v2: negative length", torrent(v2_tree({"a": {"": {"length": -5, "pieces root": b"x" * 32}}}), {})
    yield "v2: length of 63 bits", torrent(v2_tree({"a": {"": {"length": (1 << 63) - 1, "pieces root": b"x" * 32}}}), {})
    yield "v2: a file that is a folder", torrent(v2_tree({"a": {**leaf(5), "b": leaf(5)}}), {})
    yield "v2: a file is an integer", torrent(v2_tree({"a": 5}), {})
    yield "v2: a leaf at the top", torrent(v2_tree(leaf(5)), {})
    yield "v2: a leaf is a list", torrent(v2_tree({"a": {"": []}}), {})
    yield "v2: a pad", torrent(v2_tree({"a": leaf(5), "b": leaf(7, attr="p")}), {})
    yield "v2: executable", torrent(v2_tree({"a": leaf(5, attr="x"), "b": leaf(5, attr="h")}), {})
    yield "v2: equal files", torrent(v2_tree({"a": leaf(20_000), "b": leaf(20_000)}), L20)
    yield "v2: private", torrent(v2(private=1), L20)
    for piece in (0, -1, 8 * KIB, 3 * BLOCK, BLOCK + 1, 1 << 31):
        yield f"v2: piece length {piece}", torrent({**v2(5), "piece length": piece}, {})
    for piece in (64 * KIB, 1 << 20, 512 << 20):
        yield f"v2: piece length {piece}", torrent(v2(5, piece), {})
    yield "v2: large pieces", torrent(v2(200_000, 64 * KIB), layers((200_000, 0), piece=64 * KIB))


def piece_layers():
    (root, layer), = L20.items()
    yield "layers: none", torrent(v2())
    yield "layers: empty", torrent(v2(), {})
    yield "layers: a list", torrent(v2(), [])
    yield "layers: of another file", torrent(v2(), layers((20_000, 1)))
    yield "layers: one more than needed", torrent(v2(), L20 | layers((20_000, 1)))
    yield "layers: of a file of one piece", torrent(v2(5), {tree(content(5), BLOCK)[0]: bytes(32)})
    yield "layers: a hash too few", torrent(v2(), {root: layer[:32]})
    yield "layers: a hash too many", torrent(v2(), {root: layer + bytes(32)})
    yield "layers: odd length", torrent(v2(), {root: layer[:-1]})
    yield "layers: a bit wrong", torrent(v2(), {root: layer[:-1] + bytes([layer[-1] ^ 1])})
    yield "layers: an empty string", torrent(v2(), {root: b""})
    yield "layers: an integer", torrent(v2(), {root: 5})
    yield "layers: swapped", torrent(v2(), {root: layer[32:] + layer[:32]})
    yield "layers: short key", torrent(v2(), {root[:31]: layer})
    yield "layers: padded to a power of two", torrent(
        v2(40_000), {key: item + bytes(32) for key, item in layers((40_000, 0)).items()}
    )
    yield "layers: three pieces", torrent(v2(40_000), layers((40_000, 0)))
    yield "layers: hybrid without any", torrent(hybrid())


def hybrids():
    both = layers((20_000, 0), (5, 2))
    yield "hybrid: a file", torrent(hybrid(), L20)
    yield "hybrid: a folder", torrent(hybrid_folder(), both)
    yield "hybrid: no pad at the tail", torrent(hybrid_folder(tail=False), both)
    yield "hybrid: nested", torrent(hybrid_folder(files=((["d", "a"], 20_000), (["e"], 5))), both)
    yield "hybrid: empty file at the end", torrent(hybrid_folder(files=((["a"], 20_000), (["b"], 0))), both)
    yield "hybrid: folder of one file", torrent(hybrid_folder(tail=False, files=((["only"], 20_000),)), both)
    yield "hybrid: folder of one file of its name", torrent(hybrid_folder(tail=False, files=((["item"], 20_000),)), both)
    yield "hybrid: meta version 1", torrent(hybrid(meta_version=1), L20)
    yield "hybrid: no tree", torrent(without(hybrid(), "file tree"), L20)
    yield "hybrid: no v1 hashes", torrent(without(hybrid(), "pieces"), L20)
    yield "hybrid: v1 hashes too few", torrent(hybrid(pieces=bytes(20)), L20)
    yield "hybrid: other length of a file in v1", torrent(hybrid() | {"length": 20_001}, L20)
    yield "hybrid: tree of another name", torrent({**hybrid(), "file tree": {"other": leaf(20_000)}}, L20)
    a, b = (["a"], 20_000), (["b"], 5)
    table = {
        "other name in v1": [(["x"], 20_000), pad(12_768), b],
        "other length in v1": [(["a"], 20_001), pad(12_767), b],
        "file missing in v1": [a, pad(12_768)],
        "file missing in v2": [a, pad(12_768), b, pad(16_379), (["c"], 5)],
        "other order in v1": [b, pad(16_379), a],
        "no pad": [a, b],
        "pad too short": [a, pad(12_767), b],
        "pad too long": [a, pad(12_769), b],
        "pad a piece too long": [a, pad(12_768 + BLOCK), b],
        "two pads": [a, pad(6_384), pad(6_384), b],
        "pad first": [pad(BLOCK), a, pad(12_768), b],
        "tail pad too short": [a, pad(12_768), b, pad(7)],
        "other name of a pad": [a, (["padding"], 12_768, {"attr": "p"}), b],
        "pad that is none": [a, ([".pad", "12768"], 12_768), b],
        "tail pad": [a, pad(12_768), b, pad(16_379)],
    }
    for what, files in table.items():
        yield f"hybrid: {what}", torrent(hybrid_folder(v1_files=files), both)
    yield "hybrid: single in v1, folder in v2", torrent({**v1(), **v2_tree({"a": leaf(20_000), "b": leaf(5, seed=2)})}, both)
    yield "hybrid: folder in v1, single in v2", torrent({**v1_folder([a, pad(12_768), b]), **v2()}, L20)


def judge(data):
    """What libtorrent says."""
    try:
        loaded = lt.load_torrent_buffer(data)
    except Exception as error:
        return {"refused": str(error)}
    info, files = loaded.ti, loaded.ti.files()
    hashes = info.info_hashes()
    listed = [
        [files.file_path(index), files.file_size(index), files.file_size(index) and files.file_offset(index)]
        for index in range(files.num_files())
        if not files.file_flags(index) & files.flag_pad_file
    ]
    return {
        "v1": str(hashes.v1) if hashes.has_v1() else None,
        "v2": str(hashes.v2) if hashes.has_v2() else None,
        "piece_length": info.piece_length(),
        "pieces": info.num_pieces(),
        "private": info.priv(),
        "files": listed,
    }


def main():
    groups = (encodings, outers, v1_files, v1_folders, links, names, v2_trees, piece_layers, hybrids)
    cases = [case for group in groups for case in group()]
    twice = {name for name, _ in cases if [other for other, _ in cases].count(name) > 1}
    assert not twice, twice
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "corpus.jsonl"), "w") as out:
        for name, data in cases:
            line = {"name": name, "torrent": base64.b64encode(data).decode(), "libtorrent": judge(data)}
            out.write(json.dumps(line) + "\n")
    print(len(cases), "torrents judged by libtorrent", lt.__version__)


main()
