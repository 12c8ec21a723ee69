"""lastack check reads captures from the field.

What the judge finds is tested elsewhere; here a whole connection must be
judged healthy and one with data after its FIN must not, whatever the capture
looks like.
"""

import itertools
import pathlib
import random
import subprocess

import lastack
import pytest
import wild
from check import LINKS, check, document, healthy, rules
from scapy.layers.inet import ICMP, IP, TCP, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Ether
from schema import valid
from wild import Talk

FILES = {
    "pcap": wild.pcap,
    "nano": lambda d, k: wild.pcap(d, k, nano=True),
    "pcap-big": lambda d, k: wild.pcap(d, k, order=">"),
    "nano-big": lambda d, k: wild.pcap(d, k, order=">", nano=True),
    "pcapng": wild.pcapng,
    "pcapng-big": lambda d, k: wild.pcapng(d, k, order=">"),
}


@pytest.mark.parametrize("link,kind,six", itertools.product(
    LINKS, FILES, (False, True)))
def test_links_and_files(tmp_path: pathlib.Path, link: str, kind: str,
                         six: bool) -> None:
    """Every link type in every kind of file, both address families."""
    number = LINKS[link]
    for talk, found in ((Talk(six=six).whole(), []),
                        (Talk(six=six).late(), ["data-after-fin"])):
        data = wild.frames(talk.packets, number)
        path = wild.write(tmp_path / kind, FILES[kind](data, number))
        doc = document(path, status=1 if found else 0)
        assert rules(doc) == found
        assert doc["packets"] == len(talk.packets)
        flow = doc["flows"][0]
        assert flow["segments"] == len(talk.packets)
        assert flow["a"] == ("[2001:db8::1]:40000" if six
                             else "192.0.2.1:40000")
        if not found:
            healthy(doc)


def test_null_of_the_other_byte_order(tmp_path: pathlib.Path) -> None:
    """NULL has the byte order of the machine that captured."""
    data = [wild.on_link(wild.NULL, p, ">") for p in Talk().whole().packets]
    healthy(document(wild.write(tmp_path / "x", wild.pcap(data, wild.NULL))))


@pytest.mark.parametrize("tags", (1, 2))
def test_vlan(tmp_path: pathlib.Path, tags: int) -> None:
    """VLAN tags are looked through, and one end may have none."""
    data = [wild.tagged(p, tags) if i % 2 else wild.on_link(1, p)
            for i, p in enumerate(Talk().whole().packets)]
    healthy(document(wild.write(tmp_path / "x", wild.pcap(data))))


def test_times(tmp_path: pathlib.Path) -> None:
    """Nanoseconds and microseconds, either byte order: the same times."""
    talk = Talk().open().say("A", "FA", 1, 1).say("B", "A", 1, 2)
    talk.say("B", "FA", 1, 2).say("A", "A", 2, 2)
    data = wild.frames(talk.packets)
    for kind in FILES.values():
        doc = document(wild.write(tmp_path / "x", kind(data, 1)))
        assert doc["flows"][0]["half_closed_s"] == pytest.approx(0.02, 1e-3)


@pytest.mark.parametrize("snap", (54, 58, 66, 68, 72, 96))
def test_snap_length(tmp_path: pathlib.Path, snap: int) -> None:
    """Payloads and options that were not captured raise no findings."""
    options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)),
               ("NOP", None), ("WScale", 10)]
    talk = Talk().open(options=options, window=500)
    for packet in talk.packets[2:]:
        packet[TCP].options = [("NOP", None), ("NOP", None),
                               ("Timestamp", (2, 1))]
    stamp = {"options": [("NOP", None), ("NOP", None), ("Timestamp", (2, 1))],
             "window": 500}
    seq = 1
    for _ in range(20): # far beyond a window that is not scaled
        talk.say("A", "A", seq, 1, b"x" * 1000, **stamp)
        seq += 1000
    talk.say("B", "A", 1, seq, **stamp).say("A", "FA", seq, 1, **stamp)
    talk.say("B", "FA", 1, seq + 1, **stamp)
    talk.say("A", "A", seq + 1, 2, **stamp)
    data = wild.pcap(wild.frames(talk.packets), snap=snap,
                     lengths=[len(f) for f in wild.frames(talk.packets)])
    doc = document(wild.write(tmp_path / "x", data))
    healthy(doc)
    assert doc["skipped"]["truncated"] == 0


def test_cut_headers(tmp_path: pathlib.Path) -> None:
    """Frames without a whole TCP header are counted, not judged."""
    data = wild.frames(Talk().whole().packets)
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        data, snap=50, lengths=[len(f) for f in data])))
    assert doc["flows"] == []
    assert doc["skipped"]["truncated"] == len(data)


def test_fragments(tmp_path: pathlib.Path) -> None:
    """A segment in fragments is not taken for less than it was."""
    talk = Talk().open().say("A", "A", 1, 1, b"x" * 2000)
    talk.say("B", "A", 1, 2001).say("A", "FA", 2001, 1, b"y" * 2000)
    talk.say("B", "A", 1, 4002).say("B", "FA", 1, 4002)
    talk.say("A", "A", 4002, 2)
    pieces = [f for p in talk.packets for f in fragment(p, 800)]
    assert len(pieces) > len(talk.packets) + 3
    doc = document(wild.write(tmp_path / "x",
                              wild.pcap(wild.frames(pieces))))
    assert rules(doc) == []
    assert doc["skipped"]["fragments"] >= 4
    assert doc["packets"] == len(pieces)


def test_six_extension_headers(tmp_path: pathlib.Path) -> None:
    """Extension headers and the fragment header of a whole packet."""
    extra = [IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(),
             IPv6ExtHdrFragment(m=0, offset=0)]
    packets = []
    for i, p in enumerate(Talk(six=True).whole().packets):
        head = IPv6(src=p.src, dst=p.dst)
        for layer in extra[:i % 4]:
            head = head / layer
        packets.append(head / p[TCP])
    healthy(document(wild.write(tmp_path / "x",
                                wild.pcap(wild.frames(packets)))))


@pytest.mark.parametrize("total", (True, False))
def test_super_segments(tmp_path: pathlib.Path, total: bool) -> None:
    """TSO: larger than any MTU, no checksums, perhaps no total length."""
    talk = Talk().open(options=[("WScale", 10)])
    talk.say("A", "PA", 1, 1, b"z" * 60000).say("B", "A", 1, 60001)
    talk.say("A", "FA", 60001, 1).say("B", "FA", 1, 60002)
    talk.say("A", "A", 60002, 2)
    data = []
    for packet in talk.packets:
        packet[TCP].chksum = 0
        if not total:
            packet[IP].len = 0
        data.append(wild.on_link(1, packet))
    healthy(document(wild.write(tmp_path / "x", wild.pcap(data))))


def test_other_traffic(tmp_path: pathlib.Path) -> None:
    """What is not TCP is counted."""
    other = [bytes(Ether(**wild.MACS) / ARP()),
             bytes(Ether(**wild.MACS) / IP(dst="192.0.2.9") / ICMP())]
    data = other + wild.frames(Talk().whole().packets)
    doc = document(wild.write(tmp_path / "x", wild.pcap(data)))
    healthy(doc)
    assert doc["skipped"]["not_tcp"] == 2
    assert doc["flows"][0]["first_frame"] == 3


def test_stdin(whole: pathlib.Path) -> None:
    """Standard input, from a file and from a pipe."""
    with whole.open("rb") as file:
        done = subprocess.run([lastack.BINARY, "check", "--format", "json",
                               "-"], stdin=file, capture_output=True,
                              check=False)
    healthy(valid(done.stdout.decode(), "check"))
    done = subprocess.run([lastack.BINARY, "check", "--format", "json", "-"],
                          input=whole.read_bytes(), capture_output=True,
                          check=False)
    doc = valid(done.stdout.decode(), "check")
    healthy(doc)
    assert doc["file"] == "-"


@pytest.mark.parametrize("kind", FILES)
def test_damage(tmp_path: pathlib.Path, kind: str) -> None:
    """Cut anywhere: what was readable is judged, the place is named."""
    data = wild.frames(Talk().whole().packets)
    whole = FILES[kind](data, 1)
    starts = [len(FILES[kind](data[:i], 1)) for i in range(len(data) + 1)]
    for cut in range(starts[0] + 1, len(whole), 7):
        if cut in starts:
            continue
        before = max(i for i, at in enumerate(starts) if at < cut)
        path = wild.write(tmp_path / "cut", whole[:cut])
        done = check("--format", "json", path)
        doc = valid(done.stdout, "check")
        assert done.returncode == 2
        assert doc["packets"] == before
        assert f"cut: offset {starts[before]}: " in done.stderr
        assert doc["damage"] in done.stderr
        piped = subprocess.run([lastack.BINARY, "check", "-"],
                               input=whole[:cut], capture_output=True,
                               check=False)
        assert piped.returncode == 2
        assert f"-: offset {starts[before]}: " in piped.stderr.decode()


def test_damage_beats_findings(late: pathlib.Path) -> None:
    """A damaged file is 2, whatever was found in it."""
    late.write_bytes(late.read_bytes() + b"\1")
    doc = document(late, status=2)
    assert rules(doc) == ["data-after-fin"]


@pytest.mark.parametrize("text", (b"", b"hello", b"\xd4\xc3\xb2\xa1",
                                  b"\x0a\x0d\x0d\x0a" + b"\xff" * 40))
def test_not_a_capture(tmp_path: pathlib.Path, text: bytes) -> None:
    """What is not a capture is said to be none."""
    path = wild.write(tmp_path / "x", text)
    done = check("--format", "json", path)
    assert done.returncode == 2
    assert "offset 0" in done.stderr and "expected a pcap" in done.stderr
    assert valid(done.stdout, "check")["packets"] == 0


def test_mutated(tmp_path: pathlib.Path, late: pathlib.Path) -> None:
    """Octets changed at random: an answer, in time, and no crash."""
    draw = random.Random(1)
    for i in range(150):
        data = bytearray(late.read_bytes() if i % 2 else
                         wild.pcapng(wild.frames(Talk().late().packets)))
        for _ in range(draw.randrange(1, 20)):
            data[draw.randrange(24 if i % 3 else 0, len(data))] = (
                draw.randrange(256))
        path = wild.write(tmp_path / "mutated", bytes(data))
        done = lastack.run("check", "--format", "json", path, timeout=20)
        assert done.returncode in (0, 1, 2), (i, done.stderr)
        valid(done.stdout, "check")
