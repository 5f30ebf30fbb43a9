"""As much of MessagePack as the channel between a peer and its tracker takes."""

import struct


def encode(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return struct.pack(">BQ", 0xcf, value)
    if isinstance(value, bytes):
        return struct.pack(">BH", 0xc5, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return struct.pack(">BH", 0xda, len(text)) + text
    if isinstance(value, list):
        return struct.pack(">BH", 0xdc, len(value)) + b"".join(map(encode, value))
    return struct.pack(">BH", 0xde, len(value)) + b"".join(encode(key) + encode(each) for key, each in value.items())


# By the first byte: how the length or the number that follows is written.
NUMBERS = {0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q", 0xd0: ">b", 0xd1: ">h", 0xd2: ">i",
           0xd3: ">q"}
LENGTHS = {0xc4: (">B", "bytes"), 0xc5: (">H", "bytes"), 0xc6: (">I", "bytes"),
           0xd9: (">B", "text"), 0xda: (">H", "text"), 0xdb: (">I", "text"),
           0xdc: (">H", "list"), 0xdd: (">I", "list"), 0xde: (">H", "map"), 0xdf: (">I", "map")}
CONSTANTS = {0xc0: None, 0xc2: False, 0xc3: True}


def decode(data):
    return value_at(data, 0)[0]


def value_at(data, at):
    """The value that begins there, and where it ends."""
    first, at = data[at], at + 1
    if first < 0x80 or first >= 0xe0:
        return (first if first < 0x80 else first - 0x100), at
    if first in CONSTANTS:
        return CONSTANTS[first], at
    if first in NUMBERS:
        number, = struct.unpack_from(NUMBERS[first], data, at)
        return number, at + struct.calcsize(NUMBERS[first])
    if first < 0xc0:
        kind = "map" if first < 0x90 else "list" if first < 0xa0 else "text"
        length = first & (0x1f if kind == "text" else 0x0f)
    else:
        form, kind = LENGTHS[first]
        length, = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
    if kind in ("bytes", "text"):
        value = bytes(data[at:at + length])
        return (value.decode() if kind == "text" else value), at + length
    values = []
    for _ in range(length * (2 if kind == "map" else 1)):
        value, at = value_at(data, at)
        values.append(value)
    return (dict(zip(values[::2], values[1::2])) if kind == "map" else values), at
