"""A BitTorrent client that only measures: it asks a peer for blocks and, meanwhile, for metadata, and how long that takes."""

import re
import socket
import struct
import time

BLOCK = 16384
CHOKE, UNCHOKE, INTERESTED, REQUEST, PIECE, EXTENDED = 0, 1, 2, 6, 7, 20


class Prober:
    """A connection from a host to a peer, about one item as the API describes it."""

    def __init__(self, host, address, item):
        with host.inside():
            self.socket = socket.create_connection(address, 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.item, self.unread, self.choked, self.asked, self.metadata = item, b"", True, 0, None
        reserved = bytes([0, 0, 0, 0, 0, 0x10, 0, 0])
        swarm = bytes.fromhex(item["hash"][:40])
        self.socket.sendall(b"\x13BitTorrent protocol" + reserved + swarm + b"-PB0001-peerpoolprob")
        while len(self.unread) < 68:
            self.unread += self.socket.recv(65536)
        self.unread = self.unread[68:]
        self.say(EXTENDED, b"\x00d1:md11:ut_metadatai3eee")
        self.say(INTERESTED)

    def say(self, kind, body=b""):
        self.socket.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def hear(self, until):
        """The next message, or None when none is complete by then."""
        while len(self.unread) < 4 or len(self.unread) < 4 + struct.unpack_from(">I", self.unread)[0]:
            self.socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                part = self.socket.recv(1 << 18)
            except TimeoutError:
                return None
            if not part:
                raise OSError("the peer hung up")
            self.unread += part
        length, = struct.unpack_from(">I", self.unread)
        message, self.unread = self.unread[4:4 + length], self.unread[4 + length:]
        return message

    def ask_blocks(self, depth):
        """As many requests as keep `depth` of them waiting."""
        while not self.choked and self.asked < depth:
            offset = self.offset = (getattr(self, "offset", -BLOCK) + BLOCK) % (self.item["size"] - BLOCK)
            piece = self.item["piece_length"]
            self.say(REQUEST, struct.pack(">III", offset // piece, offset % piece, BLOCK))
            self.asked += 1

    def measure(self, seconds, depth, pause=0.05):
        """Round trips of a question for metadata, in milliseconds, one each `pause`, under `depth` requests for blocks."""
        trips, sent, begun = [], None, time.monotonic()
        due = begun + 2  # first it is unchoked, and gets up to speed
        while time.monotonic() < begun + 2 + seconds:
            self.ask_blocks(depth)
            if sent is None and self.metadata and time.monotonic() >= due:
                sent, due = time.monotonic(), time.monotonic() + pause
                self.say(EXTENDED, bytes([self.metadata]) + b"d8:msg_typei0e5:piecei0ee")
            message = self.hear(due if sent is None else time.monotonic() + pause)
            if not message:
                continue
            kind, body = message[0], message[1:]
            if kind in (CHOKE, UNCHOKE):
                self.choked, self.asked = kind == CHOKE, 0 if kind == CHOKE else self.asked
            elif kind == PIECE:
                self.asked -= 1
            elif kind == EXTENDED and body[0] == 0:
                self.metadata = int(re.search(rb"11:ut_metadatai(\d+)e", body).group(1))
            elif kind == EXTENDED and body[0] == 3 and sent is not None:
                trips.append((time.monotonic() - sent) * 1000)
                sent = None
        self.socket.close()
        return sorted(trips)
