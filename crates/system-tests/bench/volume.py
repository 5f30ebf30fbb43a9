"""A file system for one run.

Before ext4 makes an inode it looks at each that was freed in the last five minutes. So where thousands of files are
removed, every later run is slower, by its place in the order. On a new file system nothing has been removed.
"""

import contextlib
import os
import subprocess
import sys

import exchange
from measure import Broken, until
from places import RUNS

IMAGE, TOP = RUNS / "volume.img", RUNS / "volume"


@contextlib.contextmanager
def holding(content):
    """A new ext4 with a durable copy of the content, and room for another beside it; gives the copy."""
    clear_away()  # what a run has left that was killed
    try:
        make(exchange.size(content))
        command("cp", "-r", content, TOP)
        exchange.sync(TOP)
        yield TOP / content.name
    finally:
        clear_away()


def make(size):
    with open(IMAGE, "wb") as image:
        image.truncate(3 * size + (2 << 30))  # sparse: what is not used takes no room
    # As many inodes as blocks, since files may be tiny; a journal like a large disk's, lest a run wait for it; and
    # nothing that the kernel would write later, in the middle of a run.
    settings = ["-i", "4096", "-J", "size=256", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
    command("mkfs.ext4", "-q", *settings, IMAGE)
    TOP.mkdir(exist_ok=True)
    # Past the page cache of the file system that has the image, as if it were a disk. That cache would hold each byte
    # once more, and read ahead where a cold cache is to be measured: 140 reads of the disk for 4,000 files, not 4,000.
    device = command("losetup", "--direct-io=on", "--find", "--show", IMAGE)
    try:
        command("mount", device, TOP)
    finally:
        command("losetup", "-d", device)  # one that is mounted goes when it is unmounted


def command(*words):
    """What a command says. Without a volume no run counts, so that one that fails ends everything."""
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        why = " ".join((getattr(error, "stderr", None) or str(error)).split())
        needs = f"root, loop devices, e2fsprogs, and room in {RUNS}"
        sys.exit(f"no file system for a run, as `{words[0]}` failed: {why} (needs {needs})")


def clear_away():
    if os.path.ismount(TOP):
        try:
            until("unmounted", lambda: subprocess.run(["umount", TOP], capture_output=True).returncode == 0, 5, 0.1)
        except Broken:
            command("umount", "--lazy", TOP)  # a process that has not ended yet keeps it
    IMAGE.unlink(missing_ok=True)
