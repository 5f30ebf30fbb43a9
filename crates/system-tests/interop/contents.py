"""What is sent: the shapes of content that clients disagree about."""

import hashlib
import random


def write(path, size, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(source.randbytes(min(size, 1 << 20)))


def odd_file(folder):
    """A file whose last piece and last block are odd."""
    write(folder / "odd.bin", (9 << 20) + 12_345, random.Random(1))
    return folder / "odd.bin"


def one_piece(folder):
    """A file smaller than a block: it has no piece layer."""
    write(folder / "tiny.txt", 1_234, random.Random(2))
    return folder / "tiny.txt"


def names(folder):
    """A folder with an empty file, files of one piece, odd lengths, and names in Vietnamese and emoji."""
    top, source = folder / "Nhạc Việt 🎵", random.Random(3)
    write(top / "bài hát số 1 🎸.mp3", (3 << 20) + 77, source)
    write(top / "đĩa hai" / "lời.txt", 0, source)
    write(top / "đĩa hai" / "bìa 🖼.jpg", 40_000, source)
    write(top / "đĩa hai" / "sâu" / "một khối.bin", 16_384, source)
    write(top / "readme", 1, source)
    return top


def many(folder):
    """3,000 small files."""
    top, source = folder / "many", random.Random(4)
    for number in range(3000):
        write(top / f"{number // 100:02}" / f"{number:04}.dat", 100 + number % 900, source)
    return top


def big_file(folder):
    """A file that takes long enough to be interrupted."""
    write(folder / "big.bin", 400 << 20, random.Random(5))
    return folder / "big.bin"


EMPTY = hashlib.sha256().hexdigest()
SHAPES = {"odd file": odd_file, "one piece": one_piece, "names": names, "3,000 files": many}


def digest(path):
    """The SHA-256 of a file, or of every file of a folder by its path; padding that clients store is not content."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = (file for file in path.rglob("*") if file.is_file() and ".pad" not in file.parts)
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def size(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
