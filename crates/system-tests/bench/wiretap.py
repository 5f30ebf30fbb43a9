"""What a host sends or receives, as its link sees it: when, of which connection, how many bytes of payload."""

import socket
import struct
import threading

ALL = 0x0003  # ETH_P_ALL
STAMPS = 35  # SO_TIMESTAMPNS
OUTGOING = 4  # PACKET_OUTGOING


class Wiretap:
    """Listens at a host's eth0 from the start on. Sees TCP between two ports, without headers of any layer below."""

    def __init__(self, host, outgoing):
        self.outgoing, self.seen, self.open = outgoing, [], True
        with host.inside():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
        self.socket.bind(("eth0", ALL))
        self.socket.settimeout(0.2)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while self.open:
            try:
                frame, notes, _, place = self.socket.recvmsg(128, 64)
            except TimeoutError:
                continue
            if (place[2] == OUTGOING) == self.outgoing and frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_TCP:
                header = (frame[14] & 15) * 4
                total, = struct.unpack_from(">H", frame, 16)
                ports = struct.unpack_from(">HH", frame, 14 + header)
                payload = total - header - (frame[14 + header + 12] >> 4) * 4
                if payload:
                    seconds, nanos = struct.unpack("qq", notes[0][2])
                    self.seen.append((seconds + nanos / 1e9, ports, payload))

    def finish(self):
        """Gives all that was seen: seconds since 1970, ports of source and destination, bytes."""
        self.open = False
        self.thread.join()
        self.socket.close()
        return self.seen


def most_within(seen, seconds):
    """The most bytes within any span of this length."""
    most = held = first = 0
    for at, _, payload in seen:
        held += payload
        while at - seen[first][0] >= seconds:
            held -= seen[first][2]
            first += 1
        most = max(most, held)
    return most
