"""A capture with what its comments say happened to each frame.

An event is a comment "lastack NUMBER KIND KEY=VALUE ..."; frames are read
again with scapy.
"""

import dataclasses
import pathlib
import re
from typing import Dict, Iterator, List, Optional, Tuple

import pcapng
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

WORD = re.compile(r'(\S+?)=("(?:[^"\\]|\\.)*"|\S*)')
EVENT = re.compile(r"lastack (\d+) (\w+)(.*)")
CROWD = 300
FLOW = re.compile(r"lastack flow (.*)")


def pairs(text: str) -> Dict[str, str]:
    """Read KEY=VALUE words, unquoted."""
    return {key: re.sub(r"\\(.)", r"\1", value[1:-1])
            if value.startswith('"') else value
            for key, value in WORD.findall(text)}


@dataclasses.dataclass
class Event:
    """One thing that was observed."""

    number: int
    kind: str
    said: Dict[str, str]

    @property
    def side(self) -> str:
        """Who acted, sent, or was asked."""
        return self.said["side"]

    @property
    def at(self) -> int:
        """When, in ns."""
        return int(self.said["at"])

    @property
    def frame(self) -> int:
        """The frame it is about, from 0, or -1; the capture counts from 1."""
        return int(self.said.get("frame", 0)) - 1

    @property
    def how(self) -> str:
        """What became of a segment."""
        return self.said.get("how", "")

    def state(self, side: str) -> Optional[str]:
        """The state of that side afterwards, where it was read."""
        return self.said.get(side)


def event_of(comment: str) -> Optional[Event]:
    """Return the event a comment is, if it is one."""
    match = EVENT.fullmatch(comment)
    if not match:
        return None
    return Event(int(match[1]), match[2], pairs(match[3]))


class Tape:
    """A capture file."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.blocks = pcapng.read(path)
        self.packets = [b for b in self.blocks if b.kind == pcapng.PACKET]
        self.read: Dict[int, Packet] = {}
        self.events = sorted(
            (event for block in self.blocks for event in
             map(event_of, block.comments) if event is not None),
            key=lambda event: event.number)
        (self.flow,) = (pairs(match[1]) for match in map(
            FLOW.fullmatch, self.blocks[0].comments) if match)

    @property
    def forged(self) -> List[int]:
        """The frames that no end has sent."""
        return [e.frame for e in self.events if e.how == "forged"]

    def frame(self, number: int) -> Packet:
        """A frame as scapy reads it, which takes its time: only once."""
        if number not in self.read:
            self.read[number] = Ether(self.packets[number].data)
        return self.read[number]

    def sample(self) -> Iterator[Tuple[int, Packet]]:
        """The frames that no one forged; of a crowd only each tenth."""
        forged = set(self.forged)
        step = 1 if len(self.packets) < CROWD else 10
        for number in range(0, len(self.packets), step):
            if number not in forged:
                yield number, self.frame(number)

    def port(self, side: str) -> int:
        """That side's port."""
        return int(self.flow[f"{side}-port"])

    def segment(self, frame: int) -> Optional[TCP]:
        """The segment in a frame, if it is one of this connection."""
        packet = self.frame(frame)
        if TCP not in packet or not (IP in packet or IPv6 in packet):
            return None
        tcp = packet[TCP]
        ports = {tcp.sport, tcp.dport}
        return tcp if ports == {self.port("A"), self.port("B")} else None


def payload_length(packet: Packet) -> int:
    """Octets of data in a frame, whatever Ethernet filled it up with."""
    tcp = packet[TCP]
    if IP in packet:
        whole = packet[IP].len - 4 * packet[IP].ihl
    else:
        whole = packet[IPv6].plen
    return whole - 4 * tcp.dataofs
