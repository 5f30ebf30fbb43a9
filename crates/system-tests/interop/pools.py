"""Cases of several programs in one swarm, and of programs that change their part in it."""

import contents
from cases import PEERPOOL, Case, fetch, form_for, link, original, patience, same, title
from sandbox import until


def together(box, content, starts):
    """Starts all at once; each stays until the tracker counts everybody, and has the same bytes then."""
    running = []
    for program, source in starts:
        folder = box.new_folder("got")
        program.start_and_stay(box, source, folder)
        running.append((program, folder / content.name))
    longest = max(patience(program) for program, _ in starts)
    until("all are listed as holders", lambda: holders(box, content) == len(starts) + 1, longest)
    for program, got in running:
        until(f"{program.name} has all bytes", lambda p=program, g=got: same(p, g, content))
    return contents.size(content) * len(starts)


def holders(box, content):
    return next((item["seeds"] for item in PEERPOOL.items(box) if item["name"] == content.name), 0)


def all_from_peerpool(programs, shape):
    """Everybody fetches one item of a Peerpool holder, each by the form that it can read."""

    def run(box):
        content = original(box, shape)
        item = PEERPOOL.share(box, content)
        starts = [(program, link(box, item, "file", form_for(program))) for program in [*programs, PEERPOOL]]
        return together(box, content, starts)

    return Case("all at once", "from Peerpool", "hybrid and v1 form", shape, run)


def all_from_stock(programs, seeder, shape):
    """Everybody fetches from one stock client."""

    def run(box):
        content = original(box, shape)
        torrent = box.new_folder("torrent") / "made.torrent"
        seeder.create("v1", content, box.announce, torrent)
        seeder.seed(box, torrent, content.parent)
        return together(box, content, [(program, torrent) for program in [*programs, PEERPOOL]])

    return Case("all at once", f"from {seeder.name}", "v1", shape, run)


def counted_once(program):
    """A client that announces a hybrid under both hashes is one holder; the peer that fetched it is the other."""

    def run(box):
        content = original(box, "odd file")
        torrent = box.new_folder("torrent") / "made.torrent"
        program.create("hybrid", content, box.announce, torrent)
        program.seed(box, torrent, content.parent)
        reader = PEERPOOL.start_and_stay(box, torrent, box.new_folder("got"))
        until("peerpool completes", lambda: PEERPOOL.complete(reader))
        until("two holders are listed", lambda: PEERPOOL.item(box, content.name, holders=2))
        return contents.size(content)

    return Case(title(program), "counted once", "hybrid", "odd file", run)


def served_back(program, shape, way):
    """A client fetches the v1 form from one Peerpool peer, which leaves, and serves it to another."""

    def run(box):
        content = original(box, shape)
        holder = PEERPOOL.hold(box, content.parent)
        item = until("the item is listed", lambda: PEERPOOL.item(box, content.name))
        folder = box.new_folder("got")
        program.start_and_stay(box, link(box, item, way, "?form=v1"), folder)
        until(f"{program.name} has all bytes", lambda: same(program, folder / content.name, content), patience(program))
        until("two holders are listed", lambda: holders(box, content) == 2)
        holder.finish()
        until("one holder is listed", lambda: holders(box, content) == 1)
        return fetch(PEERPOOL, box, link(box, item, way), content)

    return Case(title(program), "there and back", f"v1 form, {way}", shape, run)


def form_seeded(program, shape, way):
    """A client seeds the v1 form of an item whose only Peerpool holder has left; another peer fetches the item."""

    def run(box):
        content = original(box, shape)
        holder = PEERPOOL.hold(box, content.parent)
        item = until("the item is listed", lambda: PEERPOOL.item(box, content.name))
        form, source = link(box, item, "file", "?form=v1"), link(box, item, way)
        holder.finish()
        program.seed(box, form, content.parent)
        until("one holder is listed", lambda: holders(box, content) == 1)
        return fetch(PEERPOOL, box, source, content)

    return Case(title(program), "to Peerpool", f"v1 form, {way}", shape, run)
