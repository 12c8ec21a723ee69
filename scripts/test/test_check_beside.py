"""A firewall that makes up numbers and leaves the addresses alone.

A capture on both sides of it has each connection twice, of the same ends and
at the same time. Whatever tells the sides apart, each segment must come to its
own, and the two be linked.
"""

import pathlib
import random
import struct
from typing import Any, Dict, List, Tuple

import pytest
import wild
from check import document, rules
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet
from wild import A4, MACS, Talk

Pair = Tuple[Packet, Packet]  # near A, and near B
CHANGES = {"both": (77777, 2**31 + 5), "A": (2**31, 0), "B": (0, 12345)}
HEALTHY = [("normal", "A", None), ("normal", "A", 1)]


def beyond(packet: Packet, change: Tuple[int, int]) -> Packet:
    """The segment on B's side of the firewall."""
    other = packet.copy()
    me = other[IP].src != A4
    other[TCP].seq = (other[TCP].seq + change[me]) % 2**32
    if other[TCP].flags.A:
        other[TCP].ack = (other[TCP].ack + change[not me]) % 2**32
    del other[TCP].chksum
    return other


def both(talk: Talk, change: Tuple[int, int]) -> List[Pair]:
    """Each segment on both sides."""
    return [(packet, beyond(packet, change)) for packet in talk.packets]


def in_order(pairs: List[Pair]) -> List[Tuple[int, Packet]]:
    """As they are captured: at first on the side of their sender; 0 is A's."""
    return [(side, pair[side]) for pair in pairs
            for side in ((0, 1) if pair[0][IP].src == A4 else (1, 0))]


def pcapng(frames: List[Tuple[int, bytes]], links: Tuple[int, ...]) -> bytes:
    """A file with an interface for each side."""
    out = [wild.block("<", 0x0a0d0d0a, struct.pack(
        "<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    out += [wild.block("<", 1, struct.pack("<HHI", link, 0, 65535))
            for link in links]
    for i, (side, frame) in enumerate(frames):
        at = wild.START * 10**6 + i * 50
        out.append(wild.block("<", 6, struct.pack(
            "<IIIII", side, at >> 32, at & 0xffffffff, len(frame),
            len(frame)) + frame))
    return b"".join(out)


def interfaces(frames: List[Tuple[int, Packet]]) -> bytes:
    """Two interfaces, the one of Ethernet, the other of IP alone."""
    return pcapng([(side, bytes(p) if side else bytes(Ether(**MACS) / p))
                   for side, p in frames], (wild.ETHERNET, wild.RAW))


def vlans(frames: List[Tuple[int, Packet]]) -> bytes:
    """Two VLANs of one interface."""
    return wild.pcap([bytes(Ether(**MACS) / Dot1Q(vlan=10 + side) / p)
                      for side, p in frames], gap=5e-5)


def macs(frames: List[Tuple[int, Packet]]) -> bytes:
    """Other MAC addresses on the other side."""
    there = {"src": "02:00:00:00:00:1a", "dst": "02:00:00:00:00:1b"}
    return wild.pcap([bytes(Ether(**(there if side else MACS)) / p)
                      for side, p in frames], gap=5e-5)


def any_device(frames: List[Tuple[int, Packet]]) -> bytes:
    """The "any" device of a bridge's host, which has everything once more."""
    return wild.pcap([wild.on_link(wild.SLL2, p) for _, p in frames
                      for _ in range(2)], wild.SLL2, gap=5e-5)


def seen(doc: Dict[str, Any]) -> List[Tuple[str, str, int]]:
    """How each connection ended, and which it is another view of."""
    return [(flow["ending"], flow["closed_first"], flow["same_as"])
            for flow in doc["flows"]]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("told", (interfaces, vlans, macs, any_device))
def test_both_sides(tmp_path: pathlib.Path, told: Any, change: str) -> None:
    """A healthy connection, and one with data after its FIN."""
    frames = in_order(both(Talk().whole(), CHANGES[change]))
    doc = document(wild.write(tmp_path / "x", told(frames)))
    assert seen(doc) == HEALTHY
    assert [flow["findings"] for flow in doc["flows"]] == [[], []]
    assert doc["flows"][1]["follows"] is None
    times = 2 if told is any_device else 1
    assert [flow["segments"] for flow in doc["flows"]] == (
        [9 * times] * 2 if change != "B" else [10 * times, 8 * times])
    frames = in_order(both(Talk().late(), CHANGES[change]))
    doc = document(wild.write(tmp_path / "x", told(frames)), status=1)
    assert rules(doc) == ["data-after-fin"] * 2


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(5))
def test_many(tmp_path: pathlib.Path, seed: int, change: str) -> None:
    """Forty at once, all alike; each side late for a while, in its order."""
    rng = random.Random(seed)
    timed = []
    for i in range(40):
        talk = Talk(sport=40000 + i)
        talk.isn = (rng.randrange(2**32), rng.randrange(2**32))
        at = rng.random() * 0.02
        for pair in both(talk.whole(), CHANGES[change]):
            late = rng.random() * 1e-3
            first = 0 if pair[0][IP].src == A4 else 1
            timed += [(at, pair[first]), (at + late, pair[1 - first])]
            at += late + rng.random() * 2e-3
    timed.sort(key=lambda pair: pair[0])
    data = [bytes(Ether(**MACS) / packet) for _, packet in timed]
    for threads in ("1", "2"):
        doc = document(wild.write(tmp_path / "x", wild.pcap(data, gap=5e-5)),
                       "--threads", threads)
        flows = {flow["id"]: flow for flow in doc["flows"]}
        assert len(flows) == 80
        assert not any(flow["findings"] for flow in doc["flows"])
        assert {flow["ending"] for flow in doc["flows"]} == {"normal"}
        links = [(flow["a"], flows[flow["same_as"]]["a"])
                 for flow in doc["flows"] if flow["same_as"]]
        assert len(links) == 40 and all(a == b for a, b in links)


def test_one_after_another(tmp_path: pathlib.Path) -> None:
    """The same port again and again is no firewall."""
    packets = []
    for i in range(6):
        talk = Talk()
        talk.isn = (1000 + 100000 * i, 5000 + 900000 * i)
        packets += talk.whole().packets
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(packets), gap=1e-3)))
    assert seen(doc) == [("normal", "A", None)] * 6
    assert [flow["follows"] for flow in doc["flows"]] == [None, 1, 2, 3, 4, 5]


def test_syns_in_vain(tmp_path: pathlib.Path) -> None:
    """A scanner's SYNs of one port, each with a number of its own."""
    syns = [IP(src=A4, dst="192.0.2.2") / TCP(
        sport=40000, dport=80, flags="S", seq=i * 7919) for i in range(50)]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(syns), gap=1e-3)))
    assert seen(doc) == [("unanswered", "none", None)] * 50
    assert sum(flow["segments"] for flow in doc["flows"]) == 50


def test_no_room(tmp_path: pathlib.Path) -> None:
    """A table of one connection cannot have both sides, and says so."""
    frames = in_order(both(Talk().whole(), CHANGES["both"]))
    doc = document(wild.write(tmp_path / "x", vlans(frames)),
                   "--max-flows", "1", status=None)
    assert rules(doc) == []


def stamped(talk: Talk) -> Talk:
    """The same with timestamps, a millisecond apart."""
    for i, packet in enumerate(talk.packets):
        packet[TCP].options = [("NOP", None), ("NOP", None),
                               ("Timestamp", (1000 + i, 1000 + i - 1))]
    return talk


FAR = {"both": (3000000000, 2**31 + 5), "A": (2**31, 0), "B": (0, 2500000000)}


@pytest.mark.parametrize("missed", range(6, 13))
@pytest.mark.parametrize("change", FAR)
def test_open_before(tmp_path: pathlib.Path, change: str, missed: int,
                     ) -> None:
    """The capture begins in the middle, between both sides of a segment too.

    Without timestamps, what comes at once and differs in one number tells.
    """
    talk = Talk().open()
    for i in range(0, 40, 4):
        talk.say("A", "PA", 1 + i, 1 + i, b"ping")
        talk.say("B", "PA", 1 + i, 5 + i, b"pong")
    talk.say("A", "FA", 41, 41).say("B", "FA", 41, 42).say("A", "A", 42, 42)
    frames = in_order(both(stamped(talk), FAR[change]))
    for stamps in (True, False):
        for _, packet in frames if not stamps else []:
            packet[TCP].options = []
        doc = document(wild.write(tmp_path / "x", vlans(frames[missed:])))
        one, other = doc["flows"]
        assert one["ending"] == other["ending"] == "normal"
        assert one["closed_first"] == other["closed_first"]
        assert one["a"] == other["a"] and other["same_as"] == 1
        assert one["findings"] == other["findings"] == []


def pings() -> Talk:
    """Ten times ping and pong, and a close."""
    talk = Talk().open()
    for i in range(0, 40, 4):
        talk.say("A", "PA", 1 + i, 1 + i, b"ping")
        talk.say("B", "PA", 1 + i, 5 + i, b"pong")
    talk.say("A", "FA", 41, 41).say("B", "A", 41, 42)
    return talk.say("B", "FA", 41, 42).say("A", "A", 42, 42)


@pytest.mark.parametrize("change", (1000, -1000, 900000))
@pytest.mark.parametrize("end", (0, 1))
def test_near(tmp_path: pathlib.Path, end: int, change: int) -> None:
    """Numbers that the box moved by little cannot be told apart.

    The FIN of that end seems to move, or octets to come behind it; but so it
    does only when the SYNs, which would tell, are not there.
    """
    frames = in_order(both(pings(), ((change, 0), (0, change))[end]))
    doc = document(wild.write(tmp_path / "x", vlans(frames[6:])))
    found = [f for flow in doc["flows"] for f in flow["findings"]]
    assert found and {f["side"] for f in found} == {"AB"[end]}
    assert {f["severity"] for f in found} == {"inconclusive"}
    doc = document(wild.write(tmp_path / "x", vlans(frames)))
    assert seen(doc) == HEALTHY
    assert [flow["findings"] for flow in doc["flows"]] == [[], []]


@pytest.mark.parametrize("stamps", (False, True))
def test_samples(tmp_path: pathlib.Path, stamps: bool) -> None:
    """One segment in ten thousand is one connection, with much unseen."""
    talk = Talk()
    for i in range(50):
        talk.say("A", "A", i * 14600000, 1, b"x" * 1400)
        if i % 5 == 4:
            talk.say("B", "A", 1, i * 14600000)
    packets = stamped(talk).packets if stamps else talk.packets
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(packets), gap=0.05)))
    assert seen(doc) == [("open", "none", None)]
    assert doc["flows"][0]["findings"] == []


def test_not_new_any_more(tmp_path: pathlib.Path) -> None:
    """What comes with other numbers later is a stray, as it always was."""
    talk = Talk().open().say("A", "PA", 1, 1, b"x" * 9).say("B", "A", 1, 10)
    talk.say("A", "PA", 10, 1, b"x" * 9).say("B", "A", 1, 19)
    talk.say("A", "A", 2000000000, 2000000000)
    talk.say("A", "FA", 19, 1).say("B", "FA", 1, 20).say("A", "A", 20, 2)
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(talk.packets[2:]), gap=1e-3)))
    assert seen(doc) == [("normal", "A", None)]


def in_part(change: Tuple[int, int], proxied: bool, lost: int, port: int,
            ) -> List[Tuple[int, Packet]]:
    """Both sides; of the six segments that open them, some are not there."""
    rng = random.Random(port)
    talk = Talk(sport=port)
    talk.isn = (rng.randrange(2**32), rng.randrange(2**32))
    talk.open()
    a = b = 1
    for _ in range(rng.randrange(3)):
        data = b"x" * rng.randrange(1, 3000)
        talk.say("A", "PA", a, b, data).say("B", "A", b, a + len(data))
        a += len(data)
        data = b"x" * rng.randrange(1, 3000)
        talk.say("B", "PA", b, a, data).say("A", "A", a, b + len(data))
        b += len(data)
    talk.say("A", "FA", a, b).say("B", "A", b, a + 1)
    talk.say("B", "FA", b, a + 1).say("A", "A", a + 1, b + 1)
    pairs = both(talk, change)
    opening = in_order(pairs[:3])
    if proxied:
        opening.sort(key=lambda frame: frame[0])
    return [frame for i, frame in enumerate(opening)
            if not lost & 1 << i] + in_order(pairs[3:])


@pytest.mark.parametrize("proxied", (False, True))
@pytest.mark.parametrize("change", (1, -20, 900, -70000, 900000))
def test_opening_in_part(tmp_path: pathlib.Path, change: int, proxied: bool,
                         ) -> None:
    """Whatever of the opening is not there, healthy ends are not accused."""
    ends = ((0, change),) if proxied else ((0, change), (change, 0))
    frames = [frame for i, end in enumerate(ends) for lost in range(64)
              for frame in in_part(end, proxied, lost, 1000 + 100 * i + lost)]
    doc = document(wild.write(tmp_path / "x", vlans(frames)))
    assert len(doc["flows"]) >= 64 * len(ends)
    assert rules(doc) == []


def test_opening_in_part_and_late(tmp_path: pathlib.Path) -> None:
    """Octets where the FIN was are of no other numbering, SYNs or not."""
    frames = []
    for lost in range(8):
        talk = Talk(sport=1000 + lost).open().say("A", "PA", 1, 1, b"hello")
        talk.say("B", "PA", 1, 6, b"hi").say("A", "FA", 6, 3)
        talk.say("B", "A", 3, 7).say("A", "PA", 7, 3, b"late")
        frames += [packet for i, packet in enumerate(talk.packets)
                   if not lost & 1 << i]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(frames))), status=1)
    assert rules(doc) == ["data-after-fin"] * 8


@pytest.mark.parametrize("change", (1, -20, 20))
@pytest.mark.parametrize("end", (0, 1))
def test_moved_by_less_than_sent(tmp_path: pathlib.Path, end: int, change: int,
                                 ) -> None:
    """A number is among those of both sides; some frames are lost, or none."""
    whole = in_order(both(pings(), ((change, 0), (0, change))[end]))
    for lost in range(len(whole)):
        doc = document(wild.write(tmp_path / "x", vlans(
            whole[:lost] + whole[lost + 1 + lost % 4:])))
        assert rules(doc) == []
