"""What a case is, and the plain ones: one program fetches from another."""

import dataclasses
import time
from collections.abc import Callable

import contents
import torrents
from programs import Peerpool, stock
from sandbox import HOST, PATIENCE, Failed, Sandbox, until

PEERPOOL = Peerpool()


@dataclasses.dataclass
class Case:
    """One row of the table to be: `run` gets a sandbox and gives the bytes that crossed."""

    program: str
    direction: str
    kind: str
    content: str
    run: Callable
    host: str = HOST
    box: type = Sandbox

    def label(self):
        address = "" if self.host == HOST else f" ({self.host})"
        return {
            "program": self.program, "direction": self.direction,
            "kind": self.kind + address, "content": self.content,
        }

    def execute(self):
        """Runs it in a sandbox of its own."""
        begin = time.monotonic()
        try:
            with self.box(self.host) as box:
                result = {"bytes": self.run(box), "verdict": "ok"}
        except Failed as failure:
            result = {"bytes": 0, "verdict": str(failure)}
        return self.label() | result | {"seconds": round(time.monotonic() - begin, 1)}


def title(program):
    return f"{program.name} {program.version}"


def fetch(program, box, source, original):
    """Has a program fetch a source and compares what it got; gives the bytes."""
    folder = box.new_folder("got")
    process = program.start(box, source, folder)
    until(f"{program.name} completes", lambda: program.complete(process), patience(program))
    compare(program, folder / original.name, original)
    return contents.size(original)


def patience(program):
    """Transmission tries a peer again after minutes, when it could not connect at once."""
    return 300 if program.name == "transmission" else PATIENCE


def compare(program, got, original):
    if not same(program, got, original):
        raise Failed(f"{program.name} got other bytes than were sent")


def same(program, got, original):
    expected = contents.digest(original)
    if not getattr(program, "empty_files", True) and original.is_dir():
        expected = {path: digest for path, digest in expected.items() if digest != contents.EMPTY}
    return got.exists() and contents.digest(got) == expected


def link(box, item, way, form=""):
    """The tracker's .torrent file or magnet link of an item."""
    if way == "magnet":
        return box.http(f"/items/{item['hash']}/magnet{form}").decode().strip()
    torrent = box.new_folder("torrent") / "item.torrent"
    torrent.write_bytes(box.http(f"/items/{item['hash']}.torrent{form}"))
    return torrent


def form_for(program):
    """The form of an item that a program can read."""
    return "" if "hybrid" in program.downloads else "?form=v1"


def original(box, shape):
    return contents.SHAPES[shape](box.new_folder("original"))


def from_peerpool(program, shape, way, host=HOST):
    def run(box):
        content = original(box, shape)
        item = PEERPOOL.share(box, content)
        return fetch(program, box, link(box, item, way, form_for(program)), content)

    kind = "hybrid" if "hybrid" in program.downloads else "v1 form"
    return Case(title(program), "from Peerpool", f"{kind}, {way}", shape, run, host)


def to_peerpool(program, creator, kind, shape, way, host=HOST):
    def run(box):
        content = original(box, shape)
        torrent = box.new_folder("torrent") / "made.torrent"
        creator.create(kind, content, box.announce, torrent)
        program.seed(box, torrent, content.parent)
        source = torrent if way == "file" else torrents.magnet_of(torrent, box.announce)
        return fetch(PEERPOOL, box, source, content)

    return Case(title(program), "to Peerpool", f"{kind}, {way}", shape, run, host)


def imported(program, creator, kind, shape):
    def run(box):
        content = original(box, shape)
        torrent = box.new_folder("torrent") / "made.torrent"
        creator.create(kind, content, box.announce, torrent)
        PEERPOOL.share(box, content, torrent)
        return fetch(program, box, torrent, content)

    return Case(title(program), "from Peerpool", f"{kind}, made by {creator.name}", shape, run)
