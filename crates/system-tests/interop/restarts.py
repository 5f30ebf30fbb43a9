"""Cases in which a program is killed half-way and started again."""

import contextlib

import contents
from cases import PEERPOOL, Case, compare, patience, title
from sandbox import until


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
