"""What lastack check shows: its statuses, forms, picks and progress."""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys
from typing import List

import lastack
import pcapng as reader
import pytest
import wild
from check import LINKS, check, document, healthy, rules
from schema import errors, valid
from wild import Talk


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
    docs = valid(done.stdout, "check")
    assert [d["file"] for d in docs] == [str(whole), str(late)]
    assert [len(d["flows"]) for d in docs] == [1, 2]


def field(value: object) -> str:
    """A member of the document as a field of CSV."""
    if isinstance(value, list):
        return "; ".join(f'{f["severity"]} {f["rule"]} {f["frame"]} {f["side"]}'
                         for f in value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.9f}"
    return "" if value is None else str(value)


def test_ndjson_and_csv(whole: pathlib.Path, late: pathlib.Path) -> None:
    """A line a connection; they say what the document says."""
    expected = valid(check("--format", "json", whole, late).stdout, "check")
    flows = [dict(flow, file=doc["file"]) for doc in expected
             for flow in doc["flows"]]
    lines = check("--format", "ndjson", whole, late).stdout.splitlines()
    assert [json.loads(line) for line in lines] == flows
    rows = list(csv.DictReader(io.StringIO(
        check("--format", "csv", whole, late).stdout)))
    assert rows == [{key: field(value) for key, value in flow.items()}
                    for flow in flows]


def test_table(late: pathlib.Path) -> None:
    """Connections with findings, the summary at the foot, no colours."""
    done = check(late)
    assert "40001" in done.stdout and "40000" not in done.stdout
    assert "violation, frame" in done.stdout and "\033" not in done.stdout
    assert "expected" in done.stdout and "actual" in done.stdout
    foot = done.stdout[done.stdout.index(" packets, 2 connections"):]
    assert "normal" in foot and "1 violation" in foot
    assert "40000" in check("--all", late).stdout


def on_terminal(*args: object, **env: str) -> str:
    """What lastack check prints to a terminal."""
    return lastack.on_terminal(80, "check", *args, **env)


def test_colours(late: pathlib.Path) -> None:
    """On a terminal, unless they are not wanted."""
    assert "\033[31mviolation\033[0m" in on_terminal(late, NO_COLOR="")
    assert "\033" not in on_terminal("--no-color", late, NO_COLOR="")
    assert "\033" not in on_terminal(late, NO_COLOR="1")


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
    doc = document(path, "--flow", selector, status=0 if ports else 2)
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


def test_write_over_what_is_read(whole: pathlib.Path, late: pathlib.Path,
                                 tmp_path: pathlib.Path) -> None:
    """Refused before anything is opened, whatever leads to the file."""
    kept = whole.read_bytes()
    (tmp_path / "soft").symlink_to(whole)
    (tmp_path / "hard").hardlink_to(whole)
    for out in (whole, tmp_path / "soft", tmp_path / "hard"):
        done = check("--all", "--write", out, late, whole)
        assert done.returncode == 2 and done.stdout == ""
        assert f"{out}: is the file that is read" in done.stderr
        assert whole.read_bytes() == kept


@pytest.mark.parametrize("option", [["--ladder"], ["--write", "out"]])
def test_twice_from_a_pipe(option: List[str], tmp_path: pathlib.Path) -> None:
    """What can be read only once is refused, not waited for."""
    os.mkfifo(tmp_path / "fifo")
    done = check(*option, tmp_path / "fifo")
    assert done.returncode == 2 and "regular files, not" in done.stderr


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


def watch(program: str, form: str) -> str:
    """What the program prints that watches lo in a network of its own."""
    if subprocess.run(["unshare", "-rn", "ip", "link"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no user namespaces")
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", program,
         str(lastack.BINARY), "check", "--format", form, "-i", "lo"],
        capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_live() -> None:
    """An interface watched until Ctrl-C."""
    doc = valid(watch(WATCHED, "json"), "check")
    assert len(doc["flows"]) == 1
    assert doc["flows"][0]["b"] == "127.0.0.1:7777"
    assert doc["flows"][0]["ending"] == "normal"
    assert doc["flows"][0]["findings"] == []


PRINTED = """
import json, signal, socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
check = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
assert "watching lo" in check.stderr.readline()
server = socket.create_server(("127.0.0.1", 7777))
for _ in range(2):
    client = socket.create_connection(server.getsockname())
    served, _ = server.accept()
    client.close()
    served.recv(1)
    served.close()
    flow = json.loads(check.stdout.readline())
    assert check.poll() is None
    print(flow["ending"], flow["id"])
check.send_signal(signal.SIGINT)
assert check.stdout.read() == ""
sys.exit(check.wait(10))
"""


def test_live_printing() -> None:
    """A connection is printed when it has ended, not when the watch has."""
    assert watch(PRINTED, "ndjson") == "normal 1\nnormal 2\n"


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
    """The schema does say no."""
    assert errors({"file": "x"}, "check")
    assert errors([], "check")
