"""Stock clients, one announce at a time: those that time an answer, and those that try the next tracker (BEP 12)."""

import random
import re
import socket
import struct
import threading
import time
import urllib.parse

from nodes import PORT
from trackers import SWARMS, swarm

PATIENCE = 10  # seconds for an answer


def request(info_hash, peer, port, keep_alive=True):
    """An announce of a peer with this number."""
    return (
        f"GET /announce?info_hash={urllib.parse.quote(info_hash)}&peer_id=-BE0001-{peer:012}&port={port}&uploaded=0"
        f"&downloaded=0&left=1&compact=1&numwant=30&event=started HTTP/1.1\r\nHost: tracker\r\n"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    ).encode()


class Announcer:
    """A kept connection to a tracker for announces."""

    def __init__(self, address):
        self.socket = socket.create_connection((address, PORT), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def announce(self, *peer):
        self.socket.sendall(request(*peer))
        return answer(self.socket)


def answer(connection):
    """The body of an answer. OSError when there is none, or one that names no peers."""
    heard = b""
    while True:
        head, gap, body = heard.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if gap and len(body) >= int(length.group(1)):
            break
        part = connection.recv(65536)
        if not part:
            raise ConnectionResetError("the tracker hung up")
        heard += part
    if b"5:peers" not in body:
        raise OSError(f"the tracker refuses: {body}")
    return body


def names(body, port):
    """Whether a compact answer names a peer with this port."""
    found = re.search(rb"5:peers(\d+):", body)
    end = found.end() + int(found.group(1))
    return any(struct.unpack_from(">H", body, at + 4)[0] == port for at in range(found.end(), end, 6))


class Clients(threading.Thread):
    """Clients that announce `rate` times a second in all, each time over a new connection. Each has the trackers in an
    order of its own, goes on at the next when one refuses or vanishes, and stays with the one that answers."""

    def __init__(self, number, addresses, clients, rate, seconds):
        super().__init__()
        self.numbers = range(number * clients, (number + 1) * clients)
        self.orders = {peer: random.sample(addresses, len(addresses)) for peer in self.numbers}
        self.rate, self.seconds = rate, seconds
        # Of each announce: when it began, when it was answered (None: by no tracker), and how many trackers were tried.
        self.announces = []

    def run(self):
        begun = time.monotonic()
        for count in range(int(self.rate * self.seconds)):
            # What takes longer does not make those after it fewer.
            time.sleep(max(0, begun + count / self.rate - time.monotonic()))
            peer, before = self.numbers[count % len(self.numbers)], time.monotonic()
            self.announces.append((before, *self.announce(peer)))

    def announce(self, peer):
        order = self.orders[peer]
        for tried, address in enumerate(list(order), 1):
            try:
                with socket.create_connection((address, PORT), PATIENCE) as connection:
                    connection.sendall(request(swarm(peer % SWARMS), peer, 1024 + peer % 60000, False))
                    answer(connection)
                order.insert(0, order.pop(order.index(address)))
                return time.monotonic(), tried
            except OSError:
                continue
        return None, len(order)
