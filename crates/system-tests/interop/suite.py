"""Which cases there are."""

import contents
from cases import PEERPOOL, from_peerpool, imported, to_peerpool
from false_torrents import bytes_disagree, files_disagree
from members import let_in, refused, stopped
from pools import all_from_peerpool, all_from_stock, counted_once, form_seeded, served_back
from programs import Mktorrent, stock
from restarts import resumed_by


def creates(program, kind, shape):
    """Whether a program can make a torrent of this kind with this content."""
    return kind in program.kinds and (getattr(program, "empty_files", True) or shape != "names")


def everything():
    """All cases."""
    programs = stock()
    libtorrents = programs[2:]
    for program in programs:
        yield from of_one(program, libtorrents[0])
    for program in libtorrents:
        yield counted_once(program)
        yield files_disagree(program)
        yield bytes_disagree(program)
    yield from of_addresses(programs[0], libtorrents)
    yield resumed_by(PEERPOOL, libtorrents[0], "hybrid")
    for shape in ["odd file", "names"]:
        yield all_from_peerpool(programs, shape)
    yield all_from_stock(programs, libtorrents[0], "odd file")
    for program in programs:
        yield let_in(program, "odd file")
        yield let_in(program, "names")
        yield refused(program)
        yield stopped(program)


def of_one(program, libtorrent):
    """A program and Peerpool, each as the one that has it; libtorrent makes the torrents that the program cannot."""
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
        for shape in ["odd file", "names"]:
            yield imported(program, creators[shape], kind, shape)
    yield imported(program, Mktorrent(), "v1", "names")
    yield to_peerpool(program, libtorrent, program.downloads[0], "3,000 files", "file")
    if program.name == "transmission":
        # It takes the next peer at an address for the one before, and a folder's padding for files that it lacks.
        yield form_seeded(program, "odd file", "file")
        yield form_seeded(program, "odd file", "magnet")
    else:
        yield served_back(program, "odd file", "file")
        yield served_back(program, "names", "magnet")
    yield resumed_by(program, libtorrent, program.downloads[-1])


def of_addresses(aria2, libtorrents):
    """Over loopback, which Transmission connects to no peer at, by IPv4 and IPv6."""
    for host in ["127.0.0.1", "::1"]:
        yield from_peerpool(aria2, "odd file", "file", host)
        yield to_peerpool(aria2, libtorrents[0], "v1", "odd file", "file", host)
        for program in libtorrents:
            yield from_peerpool(program, "odd file", "file", host)
            yield to_peerpool(program, program, "hybrid", "odd file", "file", host)
