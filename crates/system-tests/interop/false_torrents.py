"""Cases of hybrids whose v1 and v2 parts describe different content: refused, and named."""

import torrents
from cases import PEERPOOL, Case, original, title
from sandbox import Failed, until


def refused(done, exit_code, *words):
    """A command that must have refused in these words."""
    missing = [word for word in words if word not in done.stderr]
    if done.returncode != exit_code or missing:
        raise Failed(f"exit code {done.returncode}, not {exit_code}; missing {missing} in: {done.stderr.strip()}")


def files_disagree(creator):
    """What the torrent alone shows is refused by `torrent inspect`."""

    def run(box):
        content = original(box, "names")
        torrent = box.new_folder("torrent") / "false.torrent"
        creator.create("hybrid", content, box.announce, torrent)
        torrents.with_another_v1_name(torrent, "readme")
        refused(PEERPOOL.command("torrent", "inspect", torrent), 3, "readme")
        return 0

    return Case(title(creator), "refused", "hybrid of two file lists", "names", run)


def bytes_disagree(creator):
    """What only the bytes show is refused by `share --torrent`, and by `get` from a client that seeds unchecked."""

    def run(box):
        content = original(box, "odd file")
        torrent = box.new_folder("torrent") / "false.torrent"
        creator.create("hybrid", content, box.announce, torrent)
        torrents.with_another_v1_hash(torrent)
        repository = box.new_folder("repository")
        PEERPOOL.hold(box, repository)
        refused(PEERPOOL.share_as(content, torrent, repository), 1, content.name)
        creator.seed_unchecked(box, torrent, content.parent)
        reader = PEERPOOL.start(box, torrent, box.new_folder("got"))
        until("peerpool get gives up", lambda: reader.poll() is not None)
        if not (reader.returncode and reader.said(rf"{content.name}.*disagree")):
            raise Failed(f"peerpool get ended with {reader.returncode}: {reader.log_end()}")
        return 0

    return Case(title(creator), "refused", "hybrid of two contents", "odd file", run)
