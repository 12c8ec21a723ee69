"""Small captures of which it is known what must be found in them.

Each is a function that says a connection, segment by segment, to a Wire; a
decorator tells how the connection ends and what is wrong with it. They are
collected in CAPTURES by captures_healthy, captures_broken, captures_odd,
captures_loops and captures_boxes.
"""

import dataclasses
import pathlib
from typing import Any, Callable, Dict, List, Optional, Tuple

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6Unknown, IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap
from wild import A4, A6, B4, B6, MACS, START

STEP = 10  # milliseconds from one segment to the next


class Wire:
    """Two ends, what each has sent so far, the time, and what was captured.

    Sequence and acknowledgment numbers count from each end's SYN. Where they
    are left out, an end goes on behind what it sent last and acknowledges
    everything the other one has sent.
    """

    def __init__(self) -> None:
        self.six = False
        self.stamps = False  # every segment but RSTs carries timestamps
        self.isn = {"A": 1000, "B": 700000}
        self.next = {"A": 0, "B": 0}
        self.stamp = {"A": 0, "B": 0}
        self.ms = 0
        self.envelope: Callable[[Packet], Packet] = (
            lambda packet: Ether(**MACS) / packet)
        self.frames: List[Packet] = []
        self.nat = ""  # A's address beyond a box, seen there as well
        self.box = {"A": 0, "B": 0}  # what the box adds to their numbers

    def keep(self, frame: Packet) -> None:
        """Capture a frame now."""
        frame.time = START + self.ms / 1000
        self.frames.append(frame)

    def options(self, side: str, flags: str) -> List[Tuple[str, object]]:
        """Timestamps, when they are in use; RSTs have none."""
        if not self.stamps or "R" in flags:
            return []
        other = self.stamp["AB"["AB".index(side) - 1]]
        self.stamp[side] = 1000 + self.ms
        return [("NOP", None), ("NOP", None),
                ("Timestamp", (self.stamp[side], other))]

    def send(self, side: str, flags: str, octets: int = 0, *,
             seq: Optional[int] = None, ack: Optional[int] = None,
             win: int = 1000, seen: bool = True, passes: bool = True,
             ttl: int = 64, **more: Any) -> "Wire":
        """A segment, flags as tcpdump has them; not seen: not captured.

        With a box in between, one that passes is seen on both sides of it,
        at first on its sender's.
        """
        me, peer = "AB".index(side), "AB"["AB".index(side) - 1]
        self.ms += STEP
        seq = self.next[side] if seq is None else seq
        ack = self.next[peer] if ack is None else ack
        end = seq + octets + ("S" in flags) + ("F" in flags)
        self.next[side] = max(self.next[side], end)
        more.setdefault("options", self.options(side, flags))
        letters = flags.replace(".", "A").replace("W", "C")
        a, b = (A6, B6) if self.six else (A4, B4)
        zero = {"A": 0, "B": 0}
        views = [(a, b, zero)] + ([(self.nat, b, self.box)] if self.nat
                                  else [])
        for *ends, added in views[::1 - 2 * me][:seen * (1 + passes)]:
            source, target = ends[::1 - 2 * me]
            tcp = TCP(sport=(40000, 80)[me], dport=(80, 40000)[me],
                      window=win, flags=letters,
                      seq=(self.isn[side] + added[side] + seq) % 2**32,
                      ack=(self.isn[peer] + added[peer] + ack) % 2**32
                      if "." in flags else 0, **more)
            layer = (IPv6(src=source, dst=target, hlim=ttl) if self.six
                     else IP(src=source, dst=target, ttl=ttl))
            self.keep(self.envelope(
                layer / tcp / Raw(b"x" * octets) if octets else layer / tcp))
        return self

    def a(self, flags: str, octets: int = 0, **more: Any) -> "Wire":
        """A segment of A."""
        return self.send("A", flags, octets, **more)

    def b(self, flags: str, octets: int = 0, **more: Any) -> "Wire":
        """A segment of B."""
        return self.send("B", flags, octets, **more)

    def icmp(self, side: str, kind: int, code: int) -> "Wire":
        """An ICMP error to that side, about the segment it sent last."""
        layer = IPv6 if self.six else IP
        port = (40000, 80)["AB".index(side)]
        packet = next(frame[layer] for frame in reversed(self.frames)
                      if TCP in frame and frame[TCP].sport == port)
        octets = bytes(packet)[:48 if self.six else 28]
        head = (ICMPv6Unknown(type=kind, code=code, msgbody=bytes(4) + octets)
                if self.six else ICMP(type=kind, code=code) / Raw(octets))
        self.ms += STEP
        self.keep(self.envelope(
            layer(src=packet.dst, dst=packet.src) / head))
        return self

    def wait(self, ms: int) -> "Wire":
        """Nothing happens for so long; the next segment comes then."""
        self.ms += ms - STEP
        return self

    def idle(self, ms: int) -> "Wire":
        """Nothing for so long, seen by a frame of something else."""
        self.ms += ms
        self.keep(Ether(**MACS) / ARP())
        return self

    def open(self, **more: Any) -> "Wire":
        """The three segments that open the connection."""
        return self.a("S", **more).b("S.", **more).a(".", **more)

    def close(self, first: str = "A") -> "Wire":
        """The four segments that close it."""
        second = "AB"["AB".index(first) - 1]
        return self.send(first, "F.").send(second, ".").send(
            second, "F.").send(first, ".")

    def anew(self, a: int, b: int) -> "Wire":
        """From now on it is another connection, with these numbers."""
        self.isn = {"A": a, "B": b}
        self.next = {"A": 0, "B": 0}
        return self


@dataclasses.dataclass
class Capture:
    """A capture, and what is true of it."""

    name: str
    say: Callable[[Wire], object]
    # "ENDING CLOSED_FIRST" of each connection, by commas; " as ID" behind it
    # is the same_as of one that is another view.
    flows: str
    found: List[str]  # "RULE SIDE SEVERITY" of each finding
    hard: bool  # healthy, and easily taken for broken
    wrong: str = ""  # why the judge is known not to agree

    def write(self, path: pathlib.Path) -> None:
        """Make the capture."""
        wire = Wire()
        self.say(wire)
        wrpcap(str(path), wire.frames)


CAPTURES: Dict[str, Capture] = {}
Say = Callable[[Wire], object]


def add(flows: str, found: Tuple[str, ...], is_hard: bool,
        wrong: str) -> Callable[[Say], Say]:
    """Return what collects the function it is given."""
    def collect(say: Say) -> Say:
        name = getattr(say, "__name__")
        assert name not in CAPTURES, name
        CAPTURES[name] = Capture(name, say, flows, sorted(found), is_hard,
                                 wrong)
        return say
    return collect


def healthy(flows: str, wrong: str = "") -> Callable[[Say], Say]:
    """Nothing must be found in it."""
    return add(flows, (), False, wrong)


def hard(flows: str, wrong: str = "") -> Callable[[Say], Say]:
    """Nothing must be found in it either, though it looks so."""
    return add(flows, (), True, wrong)


def broken(flows: str, *found: str, wrong: str = "") -> Callable[[Say], Say]:
    """One thing is broken in it, and this must be found."""
    return add(flows, found, False, wrong)
