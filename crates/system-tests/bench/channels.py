"""Many idle peers on channels: what one takes, and how long all of them need when their node is killed."""

import errno
import hashlib
import heapq
import itertools
import os
import random
import resource
import select
import socket
import statistics
import struct
import time

import messagepack
import nodes
from measure import Broken

# A tracker gives no address more connections than it leaves for others.
ADDRESSES = 40
# So many channels are open before the memory of the others is counted.
FIRST = 200
# Seconds, as crates/peer/src/channel/nodes.rs has them: after which a node that does not answer is given up; within
# which a peer goes on after a lost session; and for which it waits, about, when none has answered.
HASTE, SPREAD, PAUSE = 3, 2, 0.5
# Open files of a process beside the channels; channels that are opened at once.
OTHER_FILES, AT_ONCE = 1000, 100
UPGRADE = (b"GET /channel HTTP/1.1\r\nHost: tracker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
NOTHING = hashlib.sha256().digest()


def frame(kind, body):
    """A frame of a client, whose mask of zeros changes nothing."""
    length = bytes([0x80 | len(body)]) if len(body) < 126 else struct.pack(">BH", 0x80 | 126, len(body))
    return bytes([0x80 | kind]) + length + bytes(4) + body


def frames(heard):
    """Takes the whole frames of a server from the front of what was heard: their kinds and bodies."""
    while len(heard) >= 2:
        start, length = 2, heard[1]
        if length == 126:
            start, length = 4, int.from_bytes(heard[2:4], "big")
        elif length == 127:
            start, length = 10, int.from_bytes(heard[2:10], "big")
        if len(heard) < max(start, start + length):
            return
        kind, body = heard[0] & 15, bytes(heard[start:start + length])
        del heard[:start + length]
        yield kind, body


class Channel:
    """A peer's end. It shares nothing, and says nothing after its hello but that it is there."""

    def __init__(self, number, source):
        self.source, self.name = source, f"peer {number}"
        self.peer_id = f"-PP0100-{number:012}".encode()
        self.secret = os.urandom(16)
        self.nodes, self.tried, self.node = [], set(), None
        self.connections, self.socket, self.welcomed, self.upgraded = 0, None, False, False

    def connect(self, node):
        self.node, self.welcomed, self.upgraded, self.heard = node, False, False, bytearray()
        self.connections += 1
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.bind((self.source, 0))
        error = self.socket.connect_ex(node)
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, os.strerror(error))

    def greet(self):
        hello = {
            "versions": [1, 2, 3, 4], "peer_id": self.peer_id, "name": self.name, "agent": "idle", "port": 6881,
            "secret": self.secret, "listens": [], "connection": self.connections,
            "digest": NOTHING if self.connections > 1 else None,
        }
        self.socket.send(UPGRADE + frame(BINARY, messagepack.encode({"hello": hello})))

    def hear(self):
        """Reads what has come. Whether the welcome was in it. ConnectionError when the session is over."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionResetError
        self.heard += part
        if not self.upgraded:
            head, gap, rest = self.heard.partition(b"\r\n\r\n")
            if not gap:
                return False
            if not head.startswith(b"HTTP/1.1 101 "):
                raise ConnectionRefusedError(head.decode(errors="replace"))
            self.upgraded, self.heard = True, rest
        return any([self.take(*one) for one in frames(self.heard)])

    def take(self, kind, body):
        if kind == PING:
            self.socket.send(frame(PONG, body))
        elif kind == CLOSE:
            raise ConnectionResetError
        elif kind == BINARY and not self.welcomed:
            message = messagepack.decode(body)
            if "welcome" not in message:
                raise ConnectionRefusedError(str(message))
            self.welcomed, self.tried = True, set()
            self.welcome = message["welcome"]
            self.nodes = [self.node, *map(address, self.welcome.get("nodes", []))]
            return True
        return False

    def turn(self):
        """The session, or the attempt, is over: the seconds after which to go on, and at which node."""
        self.tried.add(self.node)
        pause = random.uniform(0, SPREAD) if self.welcomed else 0
        self.welcomed = False
        left = [node for node in self.nodes if node not in self.tried]
        if not left:
            self.tried, left = set(), self.nodes
            pause = PAUSE * random.uniform(0.5, 1.5)
        return pause, random.choice(left)


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Channels:
    """Many of them, in one thread."""

    def __init__(self, count, sources):
        self.all = [Channel(number, sources[number % len(sources)]) for number in range(count)]
        self.epoll, self.by_file = select.epoll(), {}
        # When who goes where, or gives up its attempt with this number. The second number is of no other entry.
        self.due, self.entries = [], itertools.count()
        self.welcomed, self.failed, self.refusals = 0, 0, {}

    def open(self, channels, node):
        """Opens these at a node, not too many at once."""
        waiting = list(channels)
        aim = self.welcomed + len(waiting)
        deadline = time.monotonic() + 120
        while self.welcomed < aim:
            while waiting and len(waiting) > aim - self.welcomed - AT_ONCE:
                self.connect(waiting.pop(), node)
            if time.monotonic() > deadline:
                raise Broken(f"{aim - self.welcomed} channels are not open: {self.refusals}")
            self.turn(0.1)

    def idle(self, seconds):
        """Answers pings for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.turn(left)

    def until_welcomed(self, patience):
        """Until all have been welcomed anew, and have a session; gives the moment of each welcome."""
        deadline, moments = time.monotonic() + patience, []
        while min(len(moments), self.welcomed) < len(self.all):
            if time.monotonic() > deadline:
                lacking = len(self.all) - self.welcomed
                raise Broken(f"{lacking} channels have no session after {patience} s: {self.refusals}")
            moments += self.turn(0.1)
        return moments

    def connect(self, channel, node):
        try:
            channel.connect(node)
        except OSError as error:
            self.lose(channel, error)
            return
        self.by_file[channel.socket.fileno()] = channel
        self.epoll.register(channel.socket, select.EPOLLOUT)
        self.later(HASTE, channel, None)

    def lose(self, channel, error):
        if channel.welcomed:
            self.welcomed -= 1
        else:
            self.failed += 1
            self.refusals[str(error)[:200]] = self.refusals.get(str(error)[:200], 0) + 1
        # Leaves the epoll by itself.
        self.by_file.pop(channel.socket.fileno(), None)
        channel.socket.close()
        pause, node = channel.turn() if channel.nodes else (PAUSE, channel.node)
        self.later(pause, channel, node)

    def later(self, pause, channel, node):
        heapq.heappush(self.due, (time.monotonic() + pause, next(self.entries), channel, node, channel.connections))

    def turn(self, patience):
        """Does what is due and what has come; gives the moments of welcomes."""
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, _, channel, node, number = heapq.heappop(self.due)
            if node:
                self.connect(channel, node)
            elif channel.connections == number and not channel.welcomed and channel.socket.fileno() >= 0:
                self.lose(channel, TimeoutError("no welcome in time"))
        if self.due:
            patience = min(patience, max(0, self.due[0][0] - now))
        moments = []
        for file, events in self.epoll.poll(patience):
            channel = self.by_file[file]
            try:
                if events & select.EPOLLOUT:
                    if error := channel.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                        raise OSError(error, os.strerror(error))
                    channel.greet()
                    self.epoll.modify(file, select.EPOLLIN)
                elif channel.hear():
                    self.welcomed += 1
                    moments.append(time.monotonic())
            except OSError as error:
                self.lose(channel, error)
        return moments

    def close(self):
        for channel in self.all:
            if channel.socket:
                channel.socket.close()
        self.epoll.close()


def moved(count):
    """Bytes of an idle channel at one node of three; then that node is killed, and all go on at the others."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] < count + OTHER_FILES:
        raise Broken(f"{files[1]} open files (ulimit -Hn) are too few for {count} channels and what else there is")
    # A tracker raises its own to the same.
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    with nodes.pool("cluster-channels", 3, ADDRESSES) as pool:
        channels = Channels(count, [host.address for host in pool.hosts])
        try:
            return figures(pool, channels, count)
        finally:
            channels.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, files)


def figures(pool, channels, count):
    home, *others = pool.nodes
    node = (home.address, nodes.PORT)
    # What a tracker takes once, whoever comes.
    first = min(FIRST, count // 2)
    channels.open(channels.all[:first], node)
    channels.idle(1)
    before, elsewhere = home.bytes(), others[0].bytes()
    channels.open(channels.all[first:], node)
    channels.idle(3)
    each = (home.bytes() - before) / (count - first)
    heard = (others[0].bytes() - elsewhere) / (count - first)
    cpu, failed = time.process_time(), channels.failed
    home.kill()
    begun = time.monotonic()
    moments = [moment - begun for moment in channels.until_welcomed(60)]
    return {
        "all_seconds": round(moments[-1], 2), "half_seconds": round(statistics.median(moments), 2),
        "tries_failed": channels.failed - failed, "kept": sum(channel.welcome["kept"] for channel in channels.all),
        "home_bytes_a_channel": round(each), "heard_bytes_a_channel": round(heard),
        "load_cores": round((time.process_time() - cpu) / moments[-1], 2),
    }
