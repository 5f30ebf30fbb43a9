"""Magnet links of .torrent files that other programs made, and false ones."""

import hashlib
import urllib.parse


def magnet_of(torrent, announce):
    """A magnet link with nothing but hashes and the tracker."""
    raw = torrent.read_bytes()
    info = raw_info(raw)
    topics = []
    if b"6:pieces" in info:
        topics.append(f"xt=urn:btih:{hashlib.sha1(info).hexdigest()}")
    if b"12:meta version" in info:
        topics.append(f"xt=urn:btmh:1220{hashlib.sha256(info).hexdigest()}")
    return f"magnet:?{'&'.join(topics)}&tr={urllib.parse.quote(announce, safe='')}"


def with_another_v1_hash(torrent):
    """The same hybrid, but its v1 part describes another first piece; only who has the bytes can tell."""
    raw = bytearray(torrent.read_bytes())
    start = raw.index(b":", raw.index(b"6:pieces") + 8) + 1
    raw[start] ^= 1
    torrent.write_bytes(raw)


def with_another_v1_name(torrent, name):
    """The same hybrid, but its v1 part gives one file another name; `name` occurs in the v2 part first."""
    raw = bytearray(torrent.read_bytes())
    at = raw.rindex(name.encode())
    raw[at] ^= 1
    torrent.write_bytes(raw)


def raw_info(raw):
    """The bytes of the info dictionary as they stand in the file."""
    start = raw.index(b"4:info") + 6
    return raw[start:skip(raw, start)]


def skip(raw, at):
    """The offset behind the bencoded value that begins at `at`."""
    lead = raw[at:at + 1]
    if lead == b"i":
        return raw.index(b"e", at) + 1
    if lead in (b"d", b"l"):
        at += 1
        while raw[at:at + 1] != b"e":
            at = skip(raw, at)
        return at + 1
    colon = raw.index(b":", at)
    return colon + 1 + int(raw[at:colon])
