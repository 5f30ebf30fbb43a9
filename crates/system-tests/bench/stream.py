"""`stream`: one of the downloaders of a swarm plays the file while it arrives. Does it stand still, and who waits for it?"""

import threading
import time

import clients
import control
import exchange
import network
from measure import Broken, in_turn
from network import Link
from table import row

RATE = 20e6 / 8  # bytes a second
BUFFERING = 1  # seconds before it begins to play
AHEAD = 1  # seconds of what it plays that it takes ahead
STEP = 64 << 10
MEBIBYTES = 64


class Player:
    """Takes a file over the API as fast as it plays it, and counts for how long it stands still."""

    def __init__(self, repository, download, name):
        self.path = f"/api/v1/content/{download['hash']}/{name}"
        self.repository, self.stalled, self.played, self.failure, self.over = repository, 0.0, 0, None, False
        self.held_up = []  # after how many seconds, and for how long, it stood still
        self.thread = threading.Thread(target=self.play, daemon=True)
        self.thread.start()

    def play(self):
        try:
            zero = time.monotonic()
            begins = zero + BUFFERING
            connection = control.Socket(self.repository)
            connection.request("GET", self.path)
            answer = connection.getresponse()
            if answer.status != 200:
                raise OSError(f"{self.path}: {answer.status}")
            while not self.over and (chunk := answer.read(STEP)):
                now, due = time.monotonic(), begins + self.played / RATE
                # What comes late holds up everything behind it.
                late = max(0.0, now - due)
                self.stalled, begins = self.stalled + late, begins + late
                if late > 0.05:
                    self.held_up.append((round(now - zero, 2), round(late, 2)))
                self.played += len(chunk)
                time.sleep(max(0.0, due + late - AHEAD - now))
            connection.close()
        except OSError as error:
            if not self.over:
                self.failure = str(error)

    def finish(self):
        self.over = True
        return self.stalled


class Swarm(clients.Peerpool):
    """Our peers; the first downloader plays what it fetches if `plays`."""

    def __init__(self, plays):
        super().__init__("peerpool that plays" if plays else "peerpool")
        self.plays, self.player = plays, None

    def go(self, node, job):
        super().go(node, job)
        if self.plays and self.player is None:
            self.player = Player(node.data, node.begun, job.name)


def stream(options):
    content = exchange.random_file(options.mebibytes or MEBIBYTES)
    links = [Link(options.rate, options.rate)] * (options.peers + 1)
    results = in_turn({name: lambda plays=plays: once(content, links, options, plays)
                       for name, plays in (("nobody plays", False), ("one plays", True))}, options.runs)
    settings = (f"{options.peers} peers, {options.rate:g} Mbit/s, round trip {options.rtt:g} ms, "
                f"{exchange.size(content) >> 20} MiB, played at {RATE * 8 / 1e6:g} Mbit/s after {BUFFERING} s")
    return [row("stream", name, "", settings, runs) for name, runs in results.items()]


def once(content, links, options, plays):
    client = Swarm(plays)
    with network.shaped([*links, Link(0, 0)], options.rtt / 2) as hosts:
        # By then all is there, and nothing can hold it up any more.
        during = lambda givers, done: client.player.finish() if client.player and len(done) == options.peers else None
        figures = exchange.run(client, content, hosts, 1, 256, 300, None, during)
    if not plays:
        return figures
    if client.player.failure or not client.player.played:
        raise Broken(f"the player: {client.player.failure or 'it played nothing'}")
    if client.player.held_up:
        print(f"  stood still after, for (s): {client.player.held_up}")
    return {"seconds": figures["seconds"], "stalled": round(client.player.stalled, 3),
            "played_s": round(client.player.played / RATE, 1)} | figures
