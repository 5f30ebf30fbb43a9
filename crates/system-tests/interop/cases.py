"""The cases: who sends what to whom."""

import contextlib
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

    def label(self):
        address = " (IPv6)" if ":" in self.host else ""
        return {
            "program": self.program, "direction": self.direction,
            "kind": self.kind + address, "content": self.content,
        }

    def execute(self):
        """Runs it in a sandbox of its own."""
        begin = time.monotonic()
        try:
            with Sandbox(self.host) as box:
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
    expected = contents.digest(original)
    if not getattr(program, "empty_files", True) and original.is_dir():
        expected = {path: digest for path, digest in expected.items() if digest != contents.EMPTY}
    if contents.digest(got) != expected:
        raise Failed(f"{program.name} got other bytes than were sent")


def link(program, box, item, way):
    """The tracker's .torrent file or magnet link of an item, in the form that the program can read."""
    form = "" if "hybrid" in program.downloads else "?form=v1"
    if way == "magnet":
        return box.http(f"/items/{item['hash']}/magnet{form}").decode().strip()
    torrent = box.new_folder("torrent") / "item.torrent"
    torrent.write_bytes(box.http(f"/items/{item['hash']}.torrent{form}"))
    return torrent


def original(box, shape):
    return contents.SHAPES[shape](box.new_folder("original"))


def from_peerpool(program, shape, way, host=HOST):
    def run(box):
        content = original(box, shape)
        return fetch(program, box, link(program, box, PEERPOOL.share(box, content), way), content)

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


def mixed(programs, creator):
    """Everybody at once fetches a v1 torrent from one Peerpool holder, and from each other."""

    def run(box):
        content = original(box, "odd file")
        torrent = box.new_folder("torrent") / "made.torrent"
        creator.create("v1", content, box.announce, torrent)
        PEERPOOL.share(box, content, torrent)
        running = []
        for program in [*programs, PEERPOOL]:
            folder = box.new_folder("got")
            running.append((program, folder, program.start(box, torrent, folder)))
        for program, folder, process in running:
            until(f"{program.name} completes", lambda p=program, q=process: p.complete(q), patience(program))
            compare(program, folder / content.name, content)
        return contents.size(content) * len(running)

    return Case("all at once", "from Peerpool", f"v1, made by {creator.name}", "odd file", run)


def counted_once(program):
    """A client that announces a hybrid under both hashes is one holder; the peer that fetched it is the other."""

    def run(box):
        content = original(box, "odd file")
        torrent = box.new_folder("torrent") / "made.torrent"
        program.create("hybrid", content, box.announce, torrent)
        program.seed(box, torrent, content.parent)
        reader = PEERPOOL.start(box, torrent, box.new_folder("got"), "--stay")
        until("peerpool completes", lambda: PEERPOOL.complete(reader))
        until("two holders are listed", lambda: PEERPOOL.item(box, content.name, holders=2))
        return contents.size(content)

    return Case(title(program), "counted once", "hybrid", "odd file", run)


def resumed_by(program, seeder, kind):
    """A download from Peerpool (or to it) that is killed half-way goes on where it was."""

    def run(box):
        content = contents.big_file(box.new_folder("original"))
        torrent = box.new_folder("torrent") / "made.torrent"
        seeder.create(kind, content, box.announce, torrent)
        if program is PEERPOOL:
            seeder.seed(box, torrent, content.parent)
        else:
            PEERPOOL.share(box, content, torrent)
        folder = box.new_folder("got")
        process = program.start(box, torrent, folder)
        until("half of it", lambda: program.complete(process) or stored(folder) > contents.size(content) // 3)
        process.kill()
        process.wait()
        process = program.start(box, torrent, folder)
        until(f"{program.name} completes", lambda: program.complete(process), patience(program))
        compare(program, folder / content.name, content)
        return contents.size(content)

    direction = "resume, to Peerpool" if program is PEERPOOL else "resume, from Peerpool"
    return Case(title(seeder if program is PEERPOOL else program), direction, f"{kind}, file", "400 MiB", run)


def stored(folder):
    """Bytes that lie in a folder, in whatever form a program keeps a partial download."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if file.is_file():
                total += file.stat().st_blocks * 512
    return total


def creates(program, kind, shape):
    """Whether a program can make a torrent of this kind with this content."""
    return kind in program.kinds and (getattr(program, "empty_files", True) or shape != "names")


def everything():
    """All cases."""
    programs = stock()
    libtorrent = programs[2]
    for program in programs:
        for shape in contents.SHAPES:
            yield from_peerpool(program, shape, "file")
        for shape in ["odd file", "names"]:
            yield from_peerpool(program, shape, "magnet")
        for kind in program.downloads:
            creators = {shape: program if creates(program, kind, shape) else libtorrent for shape in contents.SHAPES}
            # A client that knows no padding files has none to seed, so it cannot seed a hybrid folder.
            folder = "names" if kind == "v1" or "v2" in program.downloads else "odd file"
            for shape in sorted({"odd file", "one piece", folder}):
                yield to_peerpool(program, creators[shape], kind, shape, "file")
            yield to_peerpool(program, creators[folder], kind, folder, "magnet")
            # 2.0.8 asks for bytes beyond the end of a v2-only file, which closes the connection; 2.0.15 does not.
            for shape in ["names"] if kind == "v2" and program.version.startswith("2.0.8") else ["odd file", "names"]:
                yield imported(program, creators[shape], kind, shape)
        yield to_peerpool(program, libtorrent, program.downloads[0], "3,000 files", "file")
        yield resumed_by(program, libtorrent, program.downloads[-1])
    for program in programs[2:]:  # libtorrent
        yield counted_once(program)
        yield from_peerpool(program, "odd file", "file", host="::1")
        yield to_peerpool(program, program, "hybrid", "odd file", "file", host="::1")
    yield resumed_by(PEERPOOL, libtorrent, "hybrid")
    yield mixed(programs, libtorrent)
