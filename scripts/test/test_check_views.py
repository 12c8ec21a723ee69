"""Two views of one connection, of a capture on both sides of a NAT.

Connections that are only alike must not be taken for one, however they meet;
those that a box has rewritten are, each for its own.
"""

import pathlib
import random
from typing import Any, Dict, List, Tuple

import pytest
import wild
from check import document
from scapy.layers.inet import IP, TCP
from scapy.packet import Packet, Raw

SERVER = "192.0.2.80"
NAT = "203.0.113.9"
QUERY, ANSWER = 100, 400
# Who sends, flags, his number and the other's, octets, and the wait before.
COURSE = (
    ("A", "S", 0, 0, 0), ("B", "SA", 0, 1, 0), ("A", "A", 1, 1, 0),
    ("A", "PA", 1, 1, QUERY), ("B", "A", 1, 1 + QUERY, 0),
    ("B", "PA", 1, 1 + QUERY, ANSWER),
    ("A", "A", 1 + QUERY, 1 + ANSWER, 0),
    ("A", "FA", 1 + QUERY, 1 + ANSWER, 0),
    ("B", "FA", 1 + ANSWER, 2 + QUERY, 0),
    ("A", "A", 2 + QUERY, 2 + ANSWER, 0))
Timed = Tuple[float, Packet]


class View:
    """A connection as it is seen at one place: addresses, numbers, hops."""

    def __init__(self, rng: random.Random, client: str, sport: int) -> None:
        self.client, self.sport = client, sport
        self.isn = [rng.randrange(2**32), rng.randrange(2**32)]
        self.ttl = [64, 64]

    def packet(self, step: Tuple[Any, ...]) -> Packet:
        """The segment of that step."""
        side, flags, seq, ack, octets = step
        me = "AB".index(side)
        ends = [(self.client, self.sport), (SERVER, 80)][::1 - 2 * me]
        packet = IP(src=ends[0][0], dst=ends[1][0], ttl=self.ttl[me]) / TCP(
            sport=ends[0][1], dport=ends[1][1], flags=flags,
            seq=(self.isn[me] + seq) % 2**32,
            ack=(self.isn[1 - me] + ack) % 2**32 if "A" in flags else 0)
        return packet / Raw(b"x" * octets) if octets else packet


def times(rng: random.Random, slow: float) -> List[float]:
    """When each segment of a connection comes to the place of the capture."""
    at, out = rng.random() * 0.05, []
    for i, step in enumerate(COURSE):
        turn = i > 0 and step[0] != COURSE[i - 1][0]
        at += rng.random() * (slow if turn else 1e-5)
        out.append(at)
    return out


def write(path: pathlib.Path, timed: List[Timed]) -> pathlib.Path:
    """A capture of them, in the order of time."""
    timed.sort(key=lambda pair: pair[0])
    return wild.write(path / "x", wild.pcap(
        [bytes(packet) for _, packet in timed], wild.RAW, gap=1e-5))


def alike(rng: random.Random, n: int, slow: float) -> List[Timed]:
    """Hosts that ask the same of one server, at about the same time."""
    out = []
    for i in range(n):
        view = View(rng, f"10.0.0.{i + 1}", 40000)
        out += [(at, view.packet(step))
                for at, step in zip(times(rng, slow), COURSE)]
    return out


def translated(rng: random.Random, n: int, hops: int, same: bool,
               ) -> Tuple[List[Timed], Dict[str, str]]:
    """The same through a box, and which far end is whose near end."""
    out, truth = [], {}
    for i in range(n):
        near = View(rng, f"10.0.0.{i + 1}", 40000)
        far = View(rng, NAT, 50000 + i)
        if same:
            far.isn = near.isn
        near.ttl[1] -= hops
        far.ttl[0] -= hops
        truth[f"{NAT}:{far.sport}"] = f"{near.client}:40000"
        for at, step in zip(times(rng, 0.01), COURSE):
            views = (near, far) if step[0] == "A" else (far, near)
            out += [(at, views[0].packet(step)),
                    (at + 3e-5, views[1].packet(step))]
    return out, truth


def links(path: pathlib.Path) -> Dict[str, str]:
    """Who is said to be whom."""
    flows = document(path, status=None)["flows"]
    ends = {flow["id"]: flow["a"] for flow in flows}
    found = {}
    for flow in flows:
        if flow["same_as"]:
            pair = sorted((flow["a"], ends[flow["same_as"]]),
                          key=lambda end: not end.startswith(NAT))
            found[pair[0]] = pair[1]
    return found


@pytest.mark.parametrize("slow", (2e-4, 0.01, 0.1))
@pytest.mark.parametrize("seed", range(4))
def test_alike(tmp_path: pathlib.Path, seed: int, slow: float) -> None:
    """Health checks of equal sizes are not one connection."""
    path = write(tmp_path, alike(random.Random(seed), 40, slow))
    assert links(path) == {}


def test_alike_step_by_step(tmp_path: pathlib.Path) -> None:
    """Nor are those that a generator plays in turn, numbers and all."""
    views = [View(random.Random(1), f"10.0.0.{i + 1}", 40000)
             for i in range(9)]
    timed = [(float(i), view.packet(step)) for i, (step, view) in enumerate(
        (step, view) for step in COURSE for view in views)]
    assert links(write(tmp_path, timed)) == {}
    timed = [(float(i), view.packet(step)) for i, (view, step) in enumerate(
        (view, step) for view in views for step in COURSE)]
    assert links(write(tmp_path, timed)) == {}


@pytest.mark.parametrize("same", (True, False))
@pytest.mark.parametrize("seed", range(4))
def test_translated(tmp_path: pathlib.Path, seed: int, same: bool) -> None:
    """Each is linked to itself; a few, too close to others, to none."""
    timed, truth = translated(random.Random(seed), 40, 1, same)
    found = links(write(tmp_path, timed))
    assert found.items() <= truth.items()
    assert len(found) == len(truth) if same else len(found) > 0.8 * len(truth)


def test_translated_without_hops(tmp_path: pathlib.Path) -> None:
    """A box that leaves the TTL alone: the way is the proof of a lone one."""
    timed, truth = translated(random.Random(7), 1, 0, False)
    assert links(write(tmp_path, timed)) == truth
    timed, truth = translated(random.Random(7), 40, 0, False)
    assert links(write(tmp_path, timed)).items() <= truth.items()


@pytest.mark.parametrize("change", ("octets", "order", "late"))
def test_not_translated(tmp_path: pathlib.Path, change: str) -> None:
    """One segment that is otherwise, and nothing is proved."""
    timed, _ = translated(random.Random(7), 1, 1, False)
    packets = [packet for _, packet in timed]
    at = next(i for i, p in enumerate(packets) if Raw in p)
    if change == "octets":
        for packet in packets[at + 2:]:
            packet[TCP].seq += packet[IP].src == NAT  # an octet more
    elif change == "order":
        packets[at], packets[at + 1] = packets[at + 1], packets[at]
    else:
        packets[at + 1:at + 1] = [IP(dst="192.0.2.77") / TCP()] * 9
    assert links(write(tmp_path, list(enumerate(packets)))) == {}
