"""A port used again at once, and what the capture missed around the change.

Segments of the second connection are none of the first one's, also where no
SYN of it was captured.
"""

import itertools
import pathlib
import random
from typing import List

import pytest
import wild
from check import document, rules
from scapy.layers.inet import TCP
from scapy.packet import Packet
from wild import Talk


def stamped(packets: List[Packet]) -> List[Packet]:
    """The same with timestamps, a millisecond apart."""
    for i, packet in enumerate(packets):
        packet[TCP].options = [("NOP", None), ("NOP", None),
                               ("Timestamp", (1000 + i, 999 + i))]
    return packets


def used(port: int, a: int, b: int) -> List[Packet]:
    """A connection, of as many octets as its numbers say, that A closes."""
    talk = Talk(sport=port)
    talk.isn = (a, b)
    rng = random.Random(a)
    talk.open()
    to_b, to_a = rng.randrange(1, 3000), rng.randrange(1, 3000)
    talk.say("A", "PA", 1, 1, b"x" * to_b).say("B", "A", 1, 1 + to_b)
    talk.say("B", "PA", 1, 1 + to_b, b"x" * to_a)
    talk.say("A", "A", 1 + to_b, 1 + to_a)
    talk.say("A", "FA", 1 + to_b, 1 + to_a).say("B", "A", 1 + to_a, 2 + to_b)
    talk.say("B", "FA", 1 + to_a, 2 + to_b)
    return talk.say("A", "A", 2 + to_b, 2 + to_a).packets


@pytest.mark.parametrize("stamps", (False, True))
@pytest.mark.parametrize("step", (3001, 64000, 700000, 90000000))
def test_again(tmp_path: pathlib.Path, step: int, stamps: bool) -> None:
    """Of the end of the one and the opening of the other some are missing."""
    kept = []
    for port, lost in enumerate(itertools.product((False, True), repeat=7)):
        first = used(1000 + port, 5000, 70000)
        if stamps:
            first = stamped(first)
        both = first + used(1000 + port, 5000 + step, 70000 + step // 2 * 3)
        amid = range(len(first) - 4, len(first) + 3)
        kept += [packet for i, packet in enumerate(both)
                 if i not in amid or not lost[i - amid[0]]]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(kept), gap=1e-3)))
    assert len(doc["flows"]) > 128
    assert rules(doc) == []


@pytest.mark.parametrize("missed", range(3, 8))
def test_lost_of_one_end(tmp_path: pathlib.Path, missed: int) -> None:
    """A segment without timestamps is one of this connection all the same."""
    packets = stamped(used(1000, 5000, 70000))
    packets[-3][TCP].options = []
    del packets[missed]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(packets), gap=1e-3)), status=1)
    assert rules(doc) == ["no-timestamp"]


def test_unsent_in_spite_of_losses(tmp_path: pathlib.Path) -> None:
    """Nor is an ACK behind the FIN, if only its sender's octets are lost."""
    packets = used(1000, 5000, 70000)
    packets[-1][TCP].ack += 1
    del packets[3]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        wild.frames(packets), gap=1e-3)), status=1)
    assert rules(doc) == ["ack-unsent"]
