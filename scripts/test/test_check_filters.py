"""What lastack check shows of a connection's course, and what picks some."""

import csv
import io
import json
import pathlib
from typing import List

import lastack
import pytest
import wild
from check import check, document
from scapy.layers.inet import TCP
from wild import START, Talk


def reset(side: str, sport: int = 40000) -> Talk:
    """A connection that this side resets."""
    talk = Talk(sport).open().say("A", "PA", 1, 1, b"hello")
    return (talk.say("B", "A", 1, 6).say("A", "RA", 6, 1) if side == "A"
            else talk.say("B", "RA", 1, 6))


def capture(path: pathlib.Path, *talks: Talk, gap: float = 0.01,
            ) -> pathlib.Path:
    """The connections one after the other."""
    packets = [p for talk in talks for p in talk.packets]
    return wild.write(path / "x", wild.pcap(wild.frames(packets), gap=gap))


@pytest.mark.parametrize("side", "AB")
def test_reset_by(tmp_path: pathlib.Path, side: str) -> None:
    """Which end reset, in all forms."""
    path = capture(tmp_path, reset(side))
    flow = document(path)["flows"][0]
    assert (flow["ending"], flow["reset_by"]) == ("aborted", side)
    row = next(csv.DictReader(io.StringIO(check(
        "--format", "csv", path).stdout)))
    assert row["reset_by"] == side
    assert f"reset by {side}" in check("--all", path).stdout


def test_reset_by_nobody_and_refused(tmp_path: pathlib.Path) -> None:
    """No RST, and the one that refuses."""
    assert document(capture(tmp_path, Talk().whole()))["flows"][0][
        "reset_by"] == "none"
    flow = document(capture(tmp_path, Talk().say("A", "S", 0).say(
        "B", "RA", 0, 1)))["flows"][0]
    assert (flow["ending"], flow["reset_by"]) == ("refused", "B")


def test_reset_of_one_direction(tmp_path: pathlib.Path) -> None:
    """What an end of which nothing was captured has become is not known."""
    talk = reset("A")
    talk.packets = [p for p in talk.packets if p[TCP].sport == 40000]
    flow = document(capture(tmp_path, talk))["flows"][0]
    assert (flow["ending"], flow["state_a"], flow["state_b"]) == (
        "aborted", "CLOSED", None)
    flow = document(capture(tmp_path, reset("A")))["flows"][0]
    assert (flow["state_a"], flow["state_b"]) == ("CLOSED", "CLOSED")


def test_course(tmp_path: pathlib.Path) -> None:
    """Start, duration, octets: of data, again counts too."""
    talk = Talk().open().say("A", "PA", 1, 1, b"x" * 100)
    talk.say("A", "PA", 1, 1, b"x" * 100).say("B", "A", 1, 101)
    talk.say("B", "PA", 1, 101, b"y" * 7).say("A", "RA", 101, 8)
    path = capture(tmp_path, talk, gap=0.5)
    flow = document(path)["flows"][0]
    assert flow["start"] == "2023-11-14T22:13:20.000000Z"
    assert flow["duration_s"] == pytest.approx(3.5)
    assert (flow["octets_a"], flow["octets_b"]) == (200, 7)
    row = next(csv.DictReader(io.StringIO(check(
        "--format", "csv", path).stdout)))
    assert row["start"] == flow["start"] and row["octets_a"] == "200"
    assert float(row["duration_s"]) == flow["duration_s"]
    shown = check("--all", path).stdout
    assert "2023-11-14T22:13:20.000000Z, for 3.5 s, octets 200 > 7 <" in shown


def ports(path: pathlib.Path, *options: object) -> List[int]:
    """A's ports of the connections that are shown."""
    doc = document(path, *options, status=None)
    return [int(f["a"].rsplit(":", 1)[1]) for f in doc["flows"]]


def test_rule(tmp_path: pathlib.Path) -> None:
    """Findings of one rule, counted by rule whatever is shown."""
    path = capture(tmp_path, Talk(40000).whole(), Talk(40001).late(),
                   Talk(40002).late())
    doc = document(path, status=1)
    assert doc["rules"]["data-after-fin"] == 2
    assert sum(doc["rules"].values()) == sum(doc["found"].values())
    assert ports(path, "--rule", "data-after-fin") == [40001, 40002]
    assert ports(path, "--rule", "no-backoff") == []
    doc = document(path, "--rule", "data-after-fin", status=1)
    assert {f["rule"] for flow in doc["flows"]
            for f in flow["findings"]} == {"data-after-fin"}
    assert doc["rules"]["data-after-fin"] == 2 and doc["connections"] == 3
    assert "         2  data-after-fin\n" in check(path).stdout
    for name in ("data-after", "RFC9293-3.6-C1-NOSEND", ""):
        done = check("--rule", name, path)
        assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_ending(tmp_path: pathlib.Path) -> None:
    """Connections of one ending, listed without findings too."""
    path = capture(tmp_path, Talk(40000).whole(), reset("B", 40001),
                   Talk(40002).whole())
    assert ports(path, "--ending", "normal") == [40000, 40002]
    assert ports(path, "--ending", "aborted") == [40001]
    schema = lastack.ROOT / "scripts" / "check.schema.json"
    kinds = json.loads(schema.read_text())["$defs"]["ending"]["enum"]
    for ending in set(kinds) - {"normal", "aborted"}:
        assert ports(path, "--ending", ending) == []
    shown = check("--ending", "aborted", "--ladder", path).stdout
    assert ":40001 >" in shown and ":40000 >" not in shown
    assert shown.count("# connection") == 1
    assert check("--ending", "odd", path).returncode == 2


@pytest.mark.parametrize("options,expected", (
    (["--since", "2023-11-14T22:13:29Z"], [40001, 40002]),
    (["--since", "2023-11-14 22:13:29"], [40001, 40002]),
    (["--since", str(START + 9)], [40001, 40002]),
    (["--since", f"{START + 8}.001"], [40001, 40002]),
    (["--since", str(START + 8)], [40000, 40001, 40002]),
    (["--until", f"{START + 8}.999"], [40000]),
    (["--until", str(START + 9)], [40000, 40001]),
    (["--until", "2023-11-14T22:13"], []),
    (["--since", str(START + 10), "--until", str(START + 12)], [40001]),
    (["--until", "2023-11-15"], [40000, 40001, 40002]),
    (["--since", "2023-11-15"], []),
))
def test_time(tmp_path: pathlib.Path, options: List[str],
              expected: List[int]) -> None:
    """Connections with a segment then; 9 s each, a segment a second."""
    path = capture(tmp_path, *(Talk(40000 + i).whole() for i in range(3)),
                   gap=1)
    assert ports(path, *options) == expected


@pytest.mark.parametrize("text", (
    "yesterday", "2023-13-01", "12:00", "1700000000x", "-5", "",
    "99999999999999999999", "2023-11-14T22:13:20+01:00"))
def test_bad_time(tmp_path: pathlib.Path, text: str) -> None:
    """What is no time is refused."""
    done = check("--since", text, capture(tmp_path, Talk().whole()))
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_stats(tmp_path: pathlib.Path) -> None:
    """Endings by port and by hour; the rarest ports together."""
    talks = [Talk(40000 + i).whole() for i in range(3)]
    talks += [reset("A", 41000 + i) for i in range(2)]
    talks += [Talk(50000 + i, 1000 + i).whole() for i in range(25)]
    path = capture(tmp_path, *talks, gap=30)
    shown = check("--stats", path).stdout
    rows = [line.split() for line in shown.splitlines()]
    by_port = rows.index(["port", "of", "B", "connections", "normal",
                          "aborted"])
    assert rows[by_port + 1] == ["80", "5", "3", "2"]
    assert rows[by_port + 21] == ["others", "6", "6", "0"]
    by_hour = rows.index(["hour", "(UTC)", "connections", "normal",
                          "aborted"])
    hours = rows[by_hour + 1:]
    assert hours[0][0] == "2023-11-14T22" and len(hours) == 3
    assert sum(int(row[1]) for row in hours) == len(talks)
    done = check("--stats", "--format", "json", path)
    assert done.returncode == 2 and "--format table" in done.stderr


def test_flow_that_is_not_there(tmp_path: pathlib.Path) -> None:
    """A selector that matches nothing is bad usage, not a clean capture."""
    path = capture(tmp_path, Talk().whole())
    done = check("--flow", "192.0.2.77", path)
    assert done.returncode == 2
    assert "--flow 192.0.2.77: no connection is of it" in done.stderr
    assert check("--flow", "192.0.2.1", path).returncode == 0
