"""Every quick case, run over the wire, and its capture read again by scapy.

What lastack recorded (results.json, frame comments) must be what another
program makes of the same octets: the ending, numbers, checksums, times.
"""

import pathlib
import shutil
import socket
import subprocess
from typing import Dict, List, Tuple

import lastack
import pcapng
import pytest
from conftest import WireRun
from ending import Ending
from scapy.layers.inet import IP, TCP, in4_chksum
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.packet import Packet
from scapy.utils import RawPcapNgReader, checksum
from tape import CROWD, Tape

TSHARK = [word for setting in
          ("tcp.check_checksum:TRUE", "ip.check_checksum:TRUE",
           "tcp.analyze_sequence_numbers:FALSE") for word in ("-o", setting)]
TSHARK += [word for field in
           ("frame.number", "tcp.checksum.status", "ip.checksum.status",
            "tcp.checksum", "_ws.malformed") for word in ("-e", field)]

Run = List[Tuple[lastack.Case, Tape]]


@pytest.fixture(name="run")
def run_fixture(wire: WireRun) -> Run:
    """Records and captures of the run over the wire."""
    return wire.tapes


def test_all_ok(wire: WireRun) -> None:
    """All cases pass here, and every one that was played has a capture."""
    cases = lastack.cases(wire.out)
    assert len(cases) >= 4
    bad = [f"{lastack.label(c)}: {lastack.verdict_line(c)}" for c in cases
           if c["verdict"] not in ("ok", "deviates", "skip")]
    assert not bad, "\n".join(bad)
    assert all(c["capture"] for c in cases if c["segments"])
    assert wire.done.returncode == lastack.OK


def test_the_folder_has_nothing_else(wire: WireRun) -> None:
    """No capture without a record or the reverse, no half-written file."""
    named = {pathlib.Path(case["capture"])
             for case in lastack.cases(wire.out) if case["capture"]}
    assert named >= {tape.path for _, tape in wire.tapes}
    found = {p for p in wire.out.rglob("*") if p.is_file()}
    captures = {p for p in found if p.suffix == ".pcapng"}
    assert captures == named
    assert {p.suffix for p in found} <= {".pcapng", ".json", ".xml", ".txt",
                                         ".html"}


def test_frames_are_counted(run: Run) -> None:
    """results.json counts as many segments as there are frames."""
    wrong = [f"{lastack.label(case)}: {len(tape.packets)} frames, "
             f"{case['segments']} segments" for case, tape in run
             if len(tape.packets) != case["segments"]]
    assert not wrong, "\n".join(wrong)


def test_every_frame_is_told_of(run: Run) -> None:
    """Each frame has one segment event of its own, and words for people."""
    judged = [r for r in run if r[0]["verdict"] != "broken"]
    for case, tape in judged:
        told = sorted(e.frame for e in tape.events if e.kind == "segment")
        assert told == list(range(len(tape.packets))), lastack.label(case)
        for block in tape.packets:
            plain = [c for c in block.comments if not c.startswith("lastack")]
            assert len(plain) >= 2, f"{tape.path}: {block.comments}"


def test_events_are_complete(run: Run) -> None:
    """They are numbered without a gap, and each frame is on its interface."""
    for _, tape in run:
        numbers = [event.number for event in tape.events]
        assert numbers == list(range(len(numbers))), tape.path
        for event in tape.events:
            if event.kind == "segment":
                block = tape.packets[event.frame]
                assert "AB"[block.iface] == event.side, tape.path
                assert event.at == block.at, tape.path


def test_times(run: Run) -> None:
    """Nanoseconds, never going back on an interface, not all in us."""
    fine = False
    for _, tape in run:
        for block in tape.blocks:
            if block.kind == pcapng.INTERFACE:
                assert dict(block.options)[pcapng.TSRESOL] == b"\x09"
        for iface in (0, 1):
            at = [b.at for b in tape.packets if b.iface == iface]
            assert at == sorted(at), tape.path
            fine = fine or any(t % 1000 for t in at)
    assert fine


def checksum_of(packet: Packet) -> int:
    """The TCP checksum as scapy computes it."""
    tcp = bytearray(packet[TCP].original)
    tcp[16:18] = b"\0\0"
    if IP in packet:
        octets = packet[IP].len - 4 * packet[IP].ihl
        return in4_chksum(socket.IPPROTO_TCP, packet[IP], bytes(tcp[:octets]))
    octets = packet[IPv6].plen
    return in6_chksum(socket.IPPROTO_TCP, packet[IPv6], bytes(tcp[:octets]))


def same(one: int, other: int) -> bool:
    """Compare checksums: ffff and 0 are both zero, and Linux sends either."""
    return one % 0xffff == other % 0xffff


def bad_checksums(tape: Tape) -> List[int]:
    """Frames that no one forged whose checksums are not what scapy says."""
    bad = []
    for number, packet in tape.sample():
        if TCP not in packet:
            continue
        good = same(packet[TCP].chksum, checksum_of(packet))
        if IP in packet:
            header = packet[IP].original[:4 * packet[IP].ihl]
            good = good and checksum(header) == 0
        if not good:
            bad.append(number)
    return bad


def test_checksums(run: Run) -> None:
    """scapy computes the checksums that are on the wire."""
    wrong = {str(tape.path): bad for _, tape in run
             if (bad := bad_checksums(tape))}
    assert not wrong


def test_addresses(run: Run) -> None:
    """Frames go between the two ends, in the family that was recorded."""
    layer = {"ipv4": IP, "ipv6": IPv6}
    for case, tape in run:
        ends = {tape.flow["A"], tape.flow["B"]}
        for _, packet in tape.sample():
            ip = packet[layer[case["family"]]]
            assert {ip.src, ip.dst} == ends, tape.path


def test_endings(run: Run) -> None:
    """Who closed, what was sent and got, and the states that follow."""
    complaints: List[str] = []
    compared = 0
    for _, tape in run:
        ending = Ending(tape)
        complaints += ending.follow()
        compared += ending.compared
    assert not complaints, "\n".join(complaints)
    assert compared >= 10 * len(run) / 2, "hardly any state was compared"


def test_final_states(run: Run) -> None:
    """results.json has the states that were last read."""
    for case, tape in run:
        for side in "AB":
            read = [e.state(side) for e in tape.events if e.state(side)]
            last = read[-1] if read else "-"
            assert case["states"][side] in (last, None), lastack.label(case)


def test_scapy_reads_the_file(run: Run) -> None:
    """scapy's own reader finds the same frames at the same times."""
    for tape in (t for _, t in run if len(t.packets) < CROWD):
        reader = RawPcapNgReader(str(tape.path))
        read = [(data, meta.tshigh << 32 | meta.tslow, meta.tsresol)
                for data, meta in reader]
        reader.close()
        mine = [(b.data, b.at, 10 ** 9) for b in tape.packets]
        assert read == mine, tape.path


@pytest.mark.skipif(not shutil.which("capinfos"), reason="no capinfos")
def test_capinfos(run: Run) -> None:
    """capinfos reads all files without a word."""
    done = subprocess.run(
        ["capinfos", "-M", "-c", "-T", "-r"] +
        [str(tape.path) for _, tape in run],
        capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines()
            if not line.startswith("Running as user")]
    assert done.returncode == 0 and not said, done.stderr
    counts = {line.split("\t")[0]: int(line.split("\t")[1])
              for line in done.stdout.splitlines()}
    assert counts == {str(t.path): len(t.packets) for _, t in run}


def frame_of(run: Run) -> Dict[int, Tuple[Tape, int]]:
    """Frames by their number in all files put together."""
    every = [(tape, n) for _, tape in run for n in range(len(tape.packets))]
    return dict(enumerate(every, 1))


@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
def test_tshark(run: Run, tmp_path: pathlib.Path) -> None:
    """tshark reads them, and finds no bad checksum that was not forged."""
    whole = tmp_path / "all.pcapng"
    whole.write_bytes(b"".join(tape.path.read_bytes() for _, tape in run))
    done = subprocess.run(
        ["tshark", "-n", "-r", str(whole), "-T", "fields", *TSHARK],
        capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines()
            if not line.startswith("Running as user")]
    assert done.returncode == 0 and not said, done.stderr
    where = frame_of(run)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == len(where)
    forged = {tape.path: set(tape.forged) for _, tape in run}
    for number, tcp, ip, value, malformed in lines:
        tape, frame = where[int(number)]
        good = tcp == "1" or value == "0xffff"  # see same()
        if frame not in forged[tape.path]:
            assert good and ip in ("", "1") and not malformed, (
                f"{tape.path}: frame {frame}: tcp {tcp}, ip {ip} {malformed}")
