"""The probe after a case: what it proves of a stack that shows no states."""

import pathlib
from typing import List, Tuple

import lastack
import own_tcp
import pytest

ABORTED = """case  an abort leaves nothing behind
spec  RFC9293-3.10.7.4-S2-EST
needs wire

open
A linger 0
A close
CLOSED  -->  R.  seq 1 ack 1  -->  CLOSED
"""


def stack(fault: str) -> str:
    """The double with that fault."""
    return f"exec:exec /usr/bin/python3 {own_tcp.__file__} {fault}"


def play(tmp_path: pathlib.Path, fault: str,
         text: str = ABORTED) -> Tuple[int, lastack.Case, List[str]]:
    """Exit status, result and ladder of the case."""
    case = tmp_path / "case.fin"
    case.write_text(text)
    done = lastack.run("run", "-4", "--out", tmp_path / "out", "--stack",
                       stack(fault), case)
    found = lastack.cases(tmp_path / "out")
    assert len(found) == 1
    ladder = pathlib.Path(found[0]["ladder"]).read_text().splitlines()
    return done.returncode, found[0], ladder


def replayed(tmp_path: pathlib.Path) -> str:
    """What is said of the same, from its capture alone."""
    return lastack.run("replay", tmp_path / "out" / "captures").stdout


def summary(proved: int, not_so: int, unclear: int) -> str:
    """The report's line."""
    return (f"end states that a probe was sent for: {proved} proved, "
            f"{not_so} not so, {unclear} unclear\n")


@pytest.mark.parametrize("fault,probed,says", [
    ("", "CLOSED", "no connection"),
    ("silent", "unclear", "no answer"),
    ("number", "unclear", "an RST of another number: tells nothing"),
    ("firewall", "unclear", "an RST that came another way: tells nothing"),
])
def test_goes_well(tmp_path: pathlib.Path, fault: str, probed: str,
                   says: str) -> None:
    """Only the reset that RFC 9293 has of an end without a connection proves."""
    code, case, ladder = play(tmp_path, fault)
    assert code == lastack.OK, case["finding"]
    assert case["verdict"] == "ok"
    assert case["probed"] == {"A": None, "B": probed}
    drawn = [line for line in ladder if "# probe of B: " in line]
    assert "~~>" in drawn[0] and drawn[0].startswith("# ")
    assert f"# probe of B: {says}" in drawn[-1]
    assert len(drawn) == (1 if fault == "silent" else 2)
    # The answer is kept from A, and the case does not have it.
    assert all(line.split()[1] == "x--" for line in drawn[1:])
    assert summary(int(probed == "CLOSED"), 0, int(probed == "unclear")
                   ) in replayed(tmp_path)


def test_left_over(tmp_path: pathlib.Path) -> None:
    """A connection that outlives its abort is found, though nobody tells."""
    code, case, ladder = play(tmp_path, "half-open")
    assert code == lastack.NOT_OK
    assert case["verdict"] == "not ok"
    assert case["probed"] == {"A": None, "B": "open"}
    assert case["finding"]["what"] == "wrong probed state of B"
    assert case["finding"]["expected"] == "CLOSED"
    assert "a connection, which answers ." in case["finding"]["actual"]
    assert "probe of B: there is a connection" in ladder[-1]
    assert case["judge"] == []  # the probe is not the case's
    again = replayed(tmp_path)
    assert summary(0, 1, 0) in again
    assert case["finding"]["actual"] in again


@pytest.mark.parametrize("text", [
    own_tcp.REFUSED,  # B's numbers are not known
    ABORTED.replace("seq 1 ack 1  -->  CLOSED", "seq 1 ack 1  -->"),
    ABORTED.replace("A linger 0\nA close\nCLOSED  -->  R.  seq 1 ack 1  -->  "
                    "CLOSED\n", "quiet 50ms\n"),
], ids=["no numbers", "no state", "another state"])
def test_not_asked(tmp_path: pathlib.Path, text: str) -> None:
    """A case that does not end without a connection has no probe."""
    code, case, ladder = play(tmp_path, "half-open", text)
    assert code == lastack.OK, case["finding"]
    assert case["probed"] == {"A": None, "B": None}
    assert not [line for line in ladder if "probe" in line]


def test_told(tmp_path: pathlib.Path) -> None:
    """The capture's comments and the report say what was a probe."""
    _, case, _ = play(tmp_path, "half-open")
    octets = pathlib.Path(case["capture"]).read_bytes()
    assert octets.count(b'text="probe of B: ') == 2
    done = lastack.run("run", "-4", "--out", tmp_path / "out", "--stack",
                       stack(""), tmp_path / "case.fin")
    assert summary(1, 0, 0) in done.stdout
