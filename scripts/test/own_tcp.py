#!/usr/bin/python3
"""An agent that brings its own TCP, by descriptor 3: own_tcp.py [FAULT].

It listens when it is told to, takes one connection after the other, sends
nothing by itself, and forgets one that is reset. What it answers where there
is no connection is RFC 9293's, or as FAULT has it.
"""

import os
import select
import struct
import sys
from typing import Optional, Tuple

FIN, SYN, RST, ACK = 1, 2, 4, 16
CLAIMS = ("frames", "use", "reset", "ipv4", "listen", "accept", "can")
FAULTS = (
    "half-open",  # keeps a connection that was reset, and says nothing of it
    "silent",  # answers no segment of a connection that it has not
    "number",  # resets with a number one too high
    "firewall",  # one before it resets all that is not of a new connection
)

# A case that such a TCP can play: it needs an answer to a SYN, and no more.
REFUSED = """case  a port that nobody listens on
spec  RFC9293-3.6-FIG12
needs ipv4
A connect
SYN-SENT  -->  S   seq 0  -->
CLOSED    <--  R.  ack 1  <--
A error = ECONNREFUSED
"""


def checksum(octets: bytes) -> int:
    """The Internet's (RFC 1071)."""
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(frame: bytes, payload: bytes, hops: int = 64) -> bytes:
    """An answer to a frame: the same addresses, the other way round."""
    head = frame[14:16] + struct.pack(">H", 20 + len(payload)) + bytes(4)
    head += bytes([hops, frame[23], 0, 0]) + frame[30:34] + frame[26:30]
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return frame[6:12] + frame[:6] + frame[12:14] + head + payload


class Tcp:
    """The connection of (port, peer's port), and whether anybody listens."""

    def __init__(self, fault: str) -> None:
        """Have none."""
        self.fault = fault
        self.listens = False
        self.ports: Optional[bytes] = None  # as the peer's segments have them
        self.next = 0  # RCV.NXT
        self.was_reset = False

    def segment(self, frame: bytes, flags: int, seq: int, ack: int) -> bytes:
        """A segment in answer to that one."""
        ports = frame[36:38] + frame[34:36]
        made = ports + struct.pack(">IIHHHH", seq & 0xffffffff,
                                   ack & 0xffffffff, 0x5000 | flags, 8192, 0, 0)
        pseudo = frame[30:34] + frame[26:30] + struct.pack(">HH", 6, len(made))
        made = (made[:16] + struct.pack(">H", checksum(pseudo + made))
                + made[18:])
        barred = self.fault == "firewall" and flags & RST
        return packet(frame, made, 63 if barred else 64)

    def refuse(self, frame: bytes, flags: int, seq: int, ack: int,
               length: int) -> Optional[bytes]:
        """3.10.7.1: what is of no connection is reset, but for an RST."""
        if flags & RST or self.fault == "silent" and flags & ACK:
            return None
        if flags & ACK:
            return self.segment(frame, RST, ack + (self.fault == "number"), 0)
        return self.segment(frame, RST | ACK, 0, seq + length)

    def take(self, frame: bytes) -> Optional[bytes]:
        """The answer to a segment."""
        size = struct.unpack(">H", frame[16:18])[0]
        tcp = frame[34:14 + size]
        seq, ack, bits = struct.unpack(">IIH", tcp[4:14])
        flags = bits & 0x3f
        length = (len(tcp) - (bits >> 12) * 4 + bool(flags & SYN)
                  + bool(flags & FIN))
        if self.ports != tcp[:4]:
            if flags & SYN and self.listens and not flags & (ACK | RST):
                self.ports, self.next = tcp[:4], seq + 1
                self.was_reset = False
                return self.segment(frame, SYN | ACK, 1000, self.next)
            return self.refuse(frame, flags, seq, ack, length)
        if flags & RST:
            self.was_reset = True
            if self.fault not in ("half-open", "firewall"):
                self.ports = None
            return None
        if self.fault == "firewall" and self.was_reset:
            return self.refuse(frame, flags, seq, ack, length)
        if seq == self.next & 0xffffffff and not length:
            return None
        return self.segment(frame, ACK, 1001, self.next)


def answer(tcp: Tcp, frame: bytes) -> Optional[bytes]:
    """The answer to a frame: an echo's reply, or TCP's."""
    if frame[12:14] != b"\x08\x00":
        return None
    if frame[23] == 6:
        return tcp.take(frame)
    data = frame[34:14 + struct.unpack(">H", frame[16:18])[0]]
    if frame[23] != 1 or data[0] != 8:
        return None
    data = bytes(4) + data[4:]
    return packet(frame,
                  data[:2] + struct.pack(">H", checksum(data)) + data[4:])


def obey(tcp: Tcp, words: Tuple[str, ...]) -> str:
    """The answer to a command."""
    word = words[0].lstrip("!")
    if word == "can":
        return "yes" if words[1] in CLAIMS else "no"
    if word in ("use", "reset"):
        tcp.listens, tcp.ports = False, None
    elif word == "listen":
        tcp.listens = True
    return "0" if word in CLAIMS else "ENOSYS"


def main() -> None:
    """Serve descriptors 0 and 3 until the former ends."""
    tcp = Tcp(sys.argv[1] if len(sys.argv) > 1 else "")
    assert tcp.fault in ("",) + FAULTS
    print("lastack-agent 1", flush=True)
    while True:
        for ready in select.select([0, 3], [], [])[0]:
            if ready == 3:
                made = answer(tcp, os.read(3, 2048))
                if made:
                    os.write(3, made)
                continue
            line = os.read(0, 256).decode()
            if not line:
                sys.exit()
            words = tuple(line.split()) or ("",)
            if words[0].startswith("!"):
                print(">", words[0][1:], flush=True)
            print("=", obey(tcp, words), flush=True)


if __name__ == "__main__":
    main()
