"""lastack check on captures from the field: read, judged, shown.

What the judge finds is tested elsewhere; here a whole connection must be
judged healthy and one with data after its FIN must not, whatever the capture
looks like.
"""

import csv
import io
import itertools
import json
import os
import pathlib
import pty
import random
import subprocess
import sys
from typing import Any, Dict, List, Optional

import lastack
import pcapng as reader
import pytest
import wild
from schema import Validator
from scapy.layers.inet import ICMP, IP, TCP, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Ether
from wild import Talk

Document = Dict[str, Any]

SCHEMA = json.loads(
    (lastack.ROOT / "scripts" / "check.schema.json").read_text())
VALIDATOR = Validator(SCHEMA)
LINKS = {"ethernet": wild.ETHERNET, "raw": wild.RAW, "null": wild.NULL,
         "loop": wild.LOOP, "sll": wild.SLL, "sll2": wild.SLL2}


def check(*args: object) -> "subprocess.CompletedProcess[str]":
    """Run lastack check."""
    return lastack.run("check", *args)


def valid(text: str) -> Any:
    """Read JSON that keeps to the schema."""
    value = json.loads(text)
    errors = list(VALIDATOR.errors(value))
    assert not errors, "\n".join(errors)
    return value


def document(path: pathlib.Path, *args: object,
             status: Optional[int] = 0) -> Document:
    """Judge one capture, as JSON."""
    done = check("--format", "json", *args, path)
    assert status is None or done.returncode == status, done.stderr
    return valid(done.stdout)


def rules(doc: Document) -> List[str]:
    """Names of the violations that were found."""
    return [f["rule"] for flow in doc["flows"] for f in flow["findings"]
            if f["severity"] == "violation"]


def healthy(doc: Document) -> None:
    """One whole connection, closed by A, and nothing wrong with it."""
    assert len(doc["flows"]) == 1
    flow = doc["flows"][0]
    assert (flow["ending"], flow["closed_first"]) == ("normal", "A")
    assert (flow["state_a"], flow["state_b"]) == ("TIME-WAIT", "CLOSED")
    assert flow["findings"] == []
    assert not flow["opened_outside"]


@pytest.fixture(name="whole")
def whole_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A capture of one healthy connection."""
    return wild.write(tmp_path / "whole.pcap",
                      wild.pcap(wild.frames(Talk().whole().packets)))


@pytest.fixture(name="late")
def late_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A capture of one healthy connection and one that is not."""
    packets = Talk().whole().packets + Talk(sport=40001).late().packets
    return wild.write(tmp_path / "late.pcap", wild.pcap(wild.frames(packets)))


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


def test_unknown_link(tmp_path: pathlib.Path) -> None:
    """A link type that is not read is bad input, by name."""
    path = wild.write(tmp_path / "x", wild.pcap([b"x" * 60], 105))
    done = check(path)
    assert done.returncode == 2
    assert "IEEE802_11 (105), expected Ethernet" in done.stderr


def test_stdin(whole: pathlib.Path) -> None:
    """Standard input, from a file and from a pipe."""
    with whole.open("rb") as file:
        done = subprocess.run([lastack.BINARY, "check", "--format", "json",
                               "-"], stdin=file, capture_output=True,
                              check=False)
    healthy(valid(done.stdout.decode()))
    done = subprocess.run([lastack.BINARY, "check", "--format", "json", "-"],
                          input=whole.read_bytes(), capture_output=True,
                          check=False)
    doc = valid(done.stdout.decode())
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
        doc = valid(done.stdout)
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
    assert valid(done.stdout)["packets"] == 0


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
        valid(done.stdout)


def test_statuses(whole: pathlib.Path, late: pathlib.Path) -> None:
    """0 none found, 1 found, 2 bad input or usage."""
    assert check(whole).returncode == 0
    assert check(late).returncode == 1
    assert check(whole, late).returncode == 1
    assert check(late, whole.parent / "none").returncode == 2
    assert check("--fail-on", "suspicious", late).returncode == 1
    assert check("--fail-on", "suspicious", whole).returncode == 0


BAD = {
    "expected FILE": [],
    "--format": ["--format", "xml", "x"],
    "note, inconclusive": ["--only", "bad", "x"],
    "violation or suspicious": ["--fail-on", "note", "x"],
    "expected HOST": ["--flow", "host", "x"],
    "from 1": ["--max-flows", "0", "x"],
    "wants an argument": ["--write"],
    "unknown option": ["--colour", "x"],
    "takes no argument": ["--all=yes", "x"],
    "not standard input": ["--ladder", "-"],
    "not an interface": ["--write", "y", "-i", "lo"],
    "no FILE": ["-i", "lo", "x"],
    "goes with --format table": ["--ladder", "--format", "csv", "x"],
}


@pytest.mark.parametrize("said", BAD)
def test_bad_usage(said: str) -> None:
    """One line that says what was expected."""
    done = check(*BAD[said])
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_several_files(whole: pathlib.Path, late: pathlib.Path) -> None:
    """An array of documents, in their order."""
    done = check("--format", "json", whole, late)
    docs = valid(done.stdout)
    assert [d["file"] for d in docs] == [str(whole), str(late)]
    assert [len(d["flows"]) for d in docs] == [1, 2]


def test_ndjson_and_csv(whole: pathlib.Path, late: pathlib.Path) -> None:
    """A line a connection; they say what the document says."""
    expected = valid(check("--format", "json", whole, late).stdout)
    flows = [dict(flow, file=doc["file"]) for doc in expected
             for flow in doc["flows"]]
    lines = check("--format", "ndjson", whole, late).stdout.splitlines()
    assert [json.loads(line) for line in lines] == flows
    rows = list(csv.DictReader(io.StringIO(
        check("--format", "csv", whole, late).stdout)))
    assert len(rows) == len(flows)
    for row, flow in zip(rows, flows):
        for key in ("file", "a", "b", "ending", "closed_first", "state_a"):
            assert row[key] == flow[key]
        assert int(row["last_frame"]) == flow["last_frame"]
        named = [f'{f["severity"]} {f["rule"]} {f["frame"]} {f["side"]}'
                 for f in flow["findings"]]
        assert row["findings"] == "; ".join(named)


def test_table(late: pathlib.Path) -> None:
    """Connections with findings, the summary at the foot, no colours."""
    done = check(late)
    assert "40001" in done.stdout and "40000" not in done.stdout
    assert "violation, frame" in done.stdout and "\033" not in done.stdout
    assert "expected" in done.stdout and "actual" in done.stdout
    foot = done.stdout[done.stdout.index(" packets, 2 connections"):]
    assert "normal" in foot and "1 violation" in foot
    assert "40000" in check("--all", late).stdout


def on_terminal(*args: object, env: Optional[Dict[str, str]] = None) -> str:
    """What lastack check prints to a terminal."""
    main, side = pty.openpty()
    with subprocess.Popen([str(lastack.BINARY), "check", *map(str, args)],
                          stdout=side, stderr=side,
                          env=dict(os.environ, **(env or {}))):
        os.close(side)
        out = b""
        try:
            while (piece := os.read(main, 65536)):
                out += piece
        except OSError:
            pass
    os.close(main)
    return out.decode()


def test_colours(late: pathlib.Path) -> None:
    """On a terminal, unless they are not wanted."""
    quiet = {"NO_COLOR": ""}
    assert "\033[31mviolation\033[0m" in on_terminal(late, env=quiet)
    assert "\033" not in on_terminal("--no-color", late, env=quiet)
    assert "\033" not in on_terminal(late, env={"NO_COLOR": "1"})


def test_only(late: pathlib.Path) -> None:
    """Less severe findings, and connections without any, are not shown."""
    doc = document(late, "--only", "violation", status=1)
    assert [f["a"] for f in doc["flows"]] == ["192.0.2.1:40001"]
    found = doc["flows"][0]["findings"]
    assert found and all(f["severity"] == "violation" for f in found)
    assert doc["connections"] == 2
    assert sum(doc["endings"].values()) == 2


@pytest.mark.parametrize("selector,ports", (
    ("192.0.2.1", [40000, 40001, 40002]),
    ("192.0.2.1:40001", [40001]),
    ("192.0.2.2:80-192.0.2.1:40000", [40000]),
    ("192.0.2.1:40000-192.0.2.2:80", [40000]),
    ("192.0.2.1-192.0.2.2:81", [40002]),
    ("2001:db8::1", [40003]),
    ("[2001:db8::2]:80", [40003]),
    ("[2001:db8::2]:80-[2001:db8::1]:40003", [40003]),
    ("192.0.2.3", []),
    ("192.0.2.1:80", []),
))
def test_flow(tmp_path: pathlib.Path, selector: str,
              ports: List[int]) -> None:
    """Selected by address, by address and port, by both ends."""
    talks = [Talk(40000), Talk(40001), Talk(40002, 81), Talk(40003, six=True)]
    packets = [p for talk in talks for p in talk.whole().packets]
    path = wild.write(tmp_path / "x", wild.pcap(wild.frames(packets)))
    doc = document(path, "--flow", selector)
    assert [int(f["a"].rsplit(":", 1)[1]) for f in doc["flows"]] == ports
    assert doc["packets"] == len(packets)


def test_max_flows(tmp_path: pathlib.Path) -> None:
    """The oldest make room, and are counted."""
    packets = [p for i in range(20) for p in Talk(40000 + i).whole().packets]
    path = wild.write(tmp_path / "x", wild.pcap(wild.frames(packets)))
    doc = document(path, "--max-flows", "5")
    assert doc["evicted"] == 15 and len(doc["flows"]) == 20
    assert [f["evicted"] for f in doc["flows"]] == [True] * 15 + [False] * 5
    assert [f["id"] for f in doc["flows"]] == list(range(1, 21))
    assert all(f["findings"] == [] for f in doc["flows"])


def test_let_go(tmp_path: pathlib.Path) -> None:
    """Closed connections leave the table as the capture goes on."""
    packets = [p for i in range(600) for p in Talk(20000 + i).whole().packets]
    path = wild.write(tmp_path / "x", wild.pcap(wild.frames(packets), gap=1))
    doc = document(path, "--max-flows", "300")
    assert doc["evicted"] == 0 and len(doc["flows"]) == 600
    assert all(f["ending"] == "normal" for f in doc["flows"])


def test_reused_ports(tmp_path: pathlib.Path) -> None:
    """The same addresses and ports again are another connection."""
    packets = list(Talk().whole().packets)
    again = Talk()
    again.isn = (50000, 70000)
    packets += again.whole().packets
    doc = document(wild.write(tmp_path / "x",
                              wild.pcap(wild.frames(packets))))
    assert [f["first_frame"] for f in doc["flows"]] == [1, 10]
    assert [f["ending"] for f in doc["flows"]] == ["normal"] * 2


LADDER = """\
             -->  S   seq 0
             <--  S.  seq 0 ack 1
             -->  .   ack 1
             -->  F.  seq 1 ack 1
             <--  .   ack 2
             -->  P.  seq 2:6 ack 1
             <--  .   ack 2
             <--  F.  seq 1 ack 2
             -->  .   ack 2
"""


@pytest.mark.parametrize("link", LINKS)
def test_ladder(tmp_path: pathlib.Path, link: str) -> None:
    """The connection with the finding, as a case would have it."""
    packets = Talk().whole().packets + Talk(sport=40001).late().packets
    data = wild.frames(packets, LINKS[link])
    path = wild.write(tmp_path / "x", wild.pcap(data, LINKS[link]))
    done = check("--ladder", path)
    head = "# connection 2: A 192.0.2.1:40001, B 192.0.2.2:80\n"
    assert done.stdout.count("# connection") == 1
    rungs = done.stdout[done.stdout.index(head) + len(head):].splitlines()
    assert len(rungs) == 9
    for rung, expected in zip(rungs, LADDER.splitlines()):
        assert expected.split() == rung.split("  # +")[0].split()[
            1:1 + len(expected.split())]
    assert "+0.030000 s" in rungs[3]


def test_ladder_of_a_long_connection(tmp_path: pathlib.Path) -> None:
    """Its middle is left out."""
    talk = Talk().open()
    for i in range(1000):
        talk.say("A", "A", 1 + i, 1, b"x").say("B", "A", 1, 2 + i)
    path = wild.write(tmp_path / "x",
                      wild.pcap(wild.frames(talk.packets), gap=0.001))
    done = check("--all", "--ladder", path)
    ladder = done.stdout[done.stdout.index("# connection"):].splitlines()
    assert len(ladder) < 250
    assert any(line.startswith("pass") for line in ladder)
    assert "ack 1001" in ladder[-1]


@pytest.mark.parametrize("link", LINKS)
def test_write(tmp_path: pathlib.Path, link: str) -> None:
    """The frames of the connection as they were, the findings on them."""
    packets = Talk().whole().packets + Talk(sport=40001).late().packets
    data = wild.frames(packets, LINKS[link])
    path = wild.write(tmp_path / "x", wild.pcap(data, LINKS[link], nano=True))
    out = tmp_path / "out.pcapng"
    doc = document(path, "--write", out, status=1)
    blocks = list(reader.read(out))
    written = [b for b in blocks if b.kind == reader.PACKET]
    assert [b.data for b in written] == data[9:]
    assert [b.at for b in written] == [
        wild.START * 10**9 + i * 10**7 for i in range(9, 18)]
    frame = next(f for f in doc["flows"][1]["findings"]
                 if f["severity"] == "violation")["frame"]
    said = {i: b.comments for i, b in enumerate(written, 10) if b.comments}
    assert any("data-after-fin" in text for text in said[frame])
    again = document(out, status=1)
    assert rules(again) == rules(doc)
    assert len(again["flows"]) == 1


def test_write_of_cut_frames(tmp_path: pathlib.Path) -> None:
    """The length on the wire is kept."""
    data = wild.frames(Talk().whole().packets)
    path = wild.write(tmp_path / "x", wild.pcap(
        data, snap=54, lengths=[len(f) for f in data]))
    out = tmp_path / "out.pcapng"
    document(path, "--flow", wild.A4, "--write", out)
    healthy(document(out))


def test_write_nowhere(whole: pathlib.Path) -> None:
    """A file that cannot be written is bad usage."""
    done = check("--write", whole.parent / "no" / "x.pcapng", whole)
    assert done.returncode == 2
    assert "No such file" in done.stderr


WATCHED = """
import pathlib, signal, socket, subprocess, sys
def states():
    table = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return {line.split()[3] for line in table}
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
check = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE)
assert b"watching lo" in check.stderr.readline()
server = socket.create_server(("127.0.0.1", 7777))
client = socket.create_connection(server.getsockname())
served, _ = server.accept()
client.sendall(b"hello")
client.close()
while served.recv(100):
    pass
served.close()
while states() != {"0A", "06"}: # LISTEN, TIME-WAIT: the last ACK came in
    pass
check.send_signal(signal.SIGINT)
sys.exit(check.wait(10))
"""


def test_live() -> None:
    """An interface watched until Ctrl-C, in a network of its own."""
    if subprocess.run(["unshare", "-rn", "ip", "link"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no user namespaces")
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", WATCHED,
         str(lastack.BINARY), "check", "--format", "json", "-i", "lo"],
        capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    doc = valid(done.stdout)
    assert len(doc["flows"]) == 1
    assert doc["flows"][0]["b"] == "127.0.0.1:7777"
    assert doc["flows"][0]["ending"] == "normal"
    assert doc["flows"][0]["findings"] == []


def test_live_without_privilege() -> None:
    """An interface that is not there is named."""
    done = check("-i", "nosuch0")
    assert done.returncode == 2 and "nosuch0" in done.stderr


def test_progress(tmp_path: pathlib.Path) -> None:
    """On a terminal a long file says how much is left, and cleans up."""
    body = wild.pcap([b"xx"] * 10000, gap=0)[24:]
    path = wild.write(tmp_path / "long.pcap", wild.pcap([]))
    text = ""
    for count in (100, 300, 900, 2700): # as long as it takes
        with path.open("ab") as file:
            for _ in range(count):
                file.write(body)
        text = on_terminal("--format", "csv", path)
        if " s left" in text:
            break
    path.unlink()
    assert " %, " in text
    assert text.rindex("\033[K") > text.rindex(" s left")


def test_schema_refuses() -> None:
    """The validator and the schema do say no."""
    assert list(VALIDATOR.errors({"file": "x"}))
    assert list(VALIDATOR.errors([]))
