"""Captures as they come from the field, made with scapy for the tests.

A connection is a list of segments; a capture is their frames on some link,
written as some kind of file.
"""

import pathlib
import struct
from typing import Iterable, List, Optional, Sequence

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw

START = 1700000000
A4, B4 = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
MACS = {"src": "02:00:00:00:00:0a", "dst": "02:00:00:00:00:0b"}

ETHERNET, RAW, NULL, LOOP, SLL, SLL2 = 1, 101, 0, 108, 113, 276


class Talk:
    """One connection, said segment by segment; all numbers start at 0."""

    def __init__(self, sport: int = 40000, dport: int = 80,
                 six: bool = False) -> None:
        self.ends = ((A6, sport), (B6, dport)) if six else (
            (A4, sport), (B4, dport))
        self.six = six
        self.isn = (1000, 0xfffffff0)
        self.packets: List[Packet] = []

    def say(self, side: str, flags: str, seq: int, ack: Optional[int] = None,
            data: bytes = b"", **more: object) -> "Talk":
        """Add a segment of side A or B, its numbers relative."""
        me = "AB".index(side)
        src, dst = self.ends[me], self.ends[1 - me]
        layer = IPv6 if self.six else IP
        numbers = {"seq": (self.isn[me] + seq) % 2**32}
        if ack is not None:
            numbers["ack"] = (self.isn[1 - me] + ack) % 2**32
        packet = layer(src=src[0], dst=dst[0]) / TCP(
            sport=src[1], dport=dst[1], flags=flags, **numbers, **more)
        self.packets.append(packet / Raw(data) if data else packet)
        return self

    def open(self, **more: object) -> "Talk":
        """Say the three segments that open it."""
        return self.say("A", "S", 0, **more).say("B", "SA", 0, 1, **more).say(
            "A", "A", 1, 1)

    def whole(self) -> "Talk":
        """Open it, say something, and close it, A first."""
        self.open().say("A", "PA", 1, 1, b"hello").say("B", "A", 1, 6)
        self.say("A", "FA", 6, 1).say("B", "A", 1, 7)
        return self.say("B", "FA", 1, 7).say("A", "A", 7, 2)

    def late(self) -> "Talk":
        """The same, and data beyond the FIN of A: a violation."""
        self.open().say("A", "FA", 1, 1).say("B", "A", 1, 2)
        self.say("A", "PA", 2, 1, b"late").say("B", "A", 1, 2)
        return self.say("B", "FA", 1, 2).say("A", "A", 6, 2)


def on_link(link: int, packet: Packet, order: str = "<") -> bytes:
    """Put the packet behind the header of that link type."""
    six = IPv6 in packet
    kind = 0x86dd if six else 0x0800
    body = bytes(packet)
    if link == ETHERNET:
        return bytes(Ether(**MACS) / packet)
    if link == RAW:
        return body
    if link == NULL:
        return struct.pack(order + "I", 10 if six else 2) + body
    if link == LOOP:
        return struct.pack(">I", 24 if six else 2) + body
    if link == SLL:
        return struct.pack(">HHH8sH", 0, 1, 6, b"\2", kind) + body
    return struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, b"\2") + body


def tagged(packet: Packet, tags: int = 1) -> bytes:
    """An Ethernet frame with VLAN tags."""
    frame = Ether(**MACS)
    if tags > 1:
        frame = frame / Dot1AD(vlan=7)
    return bytes(frame / Dot1Q(vlan=10) / packet)


def frames(packets: Iterable[Packet], link: int = ETHERNET) -> List[bytes]:
    """The packets as frames of that link type."""
    return [on_link(link, packet) for packet in packets]


def pcap(data: Sequence[bytes], link: int = ETHERNET, order: str = "<",
         nano: bool = False, snap: int = 65535, gap: float = 0.01,
         lengths: Optional[Sequence[int]] = None) -> bytes:
    """A pcap file; lengths are those on the wire when they differ."""
    magic = 0xa1b23c4d if nano else 0xa1b2c3d4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    unit = 10**9 if nano else 10**6
    for i, frame in enumerate(data):
        at = int(i * gap * unit)
        wire = lengths[i] if lengths else len(frame)
        out.append(struct.pack(order + "IIII", START + at // unit, at % unit,
                               min(len(frame), snap), wire))
        out.append(frame[:snap])
    return b"".join(out)


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block of a pcapng file."""
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(data: Sequence[bytes], link: int = ETHERNET, order: str = "<",
           gap: float = 0.01) -> bytes:
    """A pcapng file, timestamps in microseconds."""
    out = [block(order, 0x0a0d0d0a,
                 struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1)),
           block(order, 1, struct.pack(order + "HHI", link, 0, 65535))]
    for i, frame in enumerate(data):
        at = START * 10**6 + int(i * gap * 10**6)
        out.append(block(order, 6, struct.pack(
            order + "IIIII", 0, at >> 32, at & 0xffffffff, len(frame),
            len(frame)) + frame))
    return b"".join(out)


def write(path: pathlib.Path, data: bytes) -> pathlib.Path:
    """Keep the file, and say where."""
    path.write_bytes(data)
    return path
