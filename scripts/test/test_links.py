"""The same cases without the cable: straight veth, and loopback.

They must pass there too, which shows that the cable changes nothing.
"""

import pathlib
from typing import Dict, Set, Tuple

import lastack
import pytest
from conftest import WireRun
from tape import Tape

LINKS = ["veth", "loopback"]


@pytest.fixture(scope="module", name="runs")
def runs_fixture(tmp_path_factory: pytest.TempPathFactory
                 ) -> Dict[str, pathlib.Path]:
    """All quick cases over each of the two."""
    runs = {}
    for link in LINKS:
        runs[link] = tmp_path_factory.mktemp(link)
        lastack.run("run", "--quick", "--link", link, "--out", runs[link])
    return runs


def needs_wire() -> Set[str]:
    """Cases that say so themselves."""
    return {path.relative_to(lastack.CASES).with_suffix("").as_posix()
            for path in lastack.CASES.rglob("*.fin")
            if any(line.split()[:2] == ["needs", "wire"]
                   for line in path.read_text().splitlines())}


@pytest.mark.parametrize("link", LINKS)
def test_nothing_fails(link: str, runs: Dict[str, pathlib.Path]) -> None:
    """Each is ok or skipped."""
    bad = [f"{lastack.label(c)}: {lastack.verdict_line(c)}"
           for c in lastack.cases(runs[link])
           if c["verdict"] not in ("ok", "deviates", "skip")]
    assert not bad, "\n".join(bad)
    assert lastack.results(runs[link])["exit"] == lastack.OK


@pytest.mark.parametrize("link", LINKS)
def test_skips_have_their_reason(link: str,
                                 runs: Dict[str, pathlib.Path]) -> None:
    """What needs the wire is skipped for that, and says so."""
    wire = needs_wire()
    cases = lastack.cases(runs[link])
    for case in cases:
        assert case["link"] == link
        if case["name"] in wire:
            assert case["verdict"] == "skip", lastack.label(case)
        if case["verdict"] == "skip":
            assert case["reason"].startswith("needs "), case["reason"]
            assert case["segments"] == 0 and case["finding"] is None
    assert any(c["verdict"] == "ok" for c in cases)
    assert any(c["verdict"] == "skip" for c in cases)


@pytest.mark.parametrize("link", LINKS)
def test_only_the_wire_is_missing(link: str, wire: WireRun,
                                  runs: Dict[str, pathlib.Path]) -> None:
    """A case that was played over the wire is not skipped for more."""
    played = {(c["name"], c["family"]) for c in lastack.cases(wire.out)
              if c["verdict"] == "ok"}
    for case in lastack.cases(runs[link]):
        if case["verdict"] == "skip" and (case["name"],
                                          case["family"]) in played:
            assert case["reason"].startswith("needs the wire"), case["reason"]


def shape(tape: Tape) -> Tuple[Tuple[int, str], ...]:
    """Who sent which flags, one side after the other."""
    return tuple((block.iface, str(tape.segment(number).flags))
                 for number, block in enumerate(tape.packets))


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("link", LINKS)
def test_same_segments(link: str, family: str, wire: WireRun,
                       runs: Dict[str, pathlib.Path]) -> None:
    """The figure has the same segments on every link."""
    name = f"{family}/close/normal-a-first.pcapng"
    over_wire = Tape(wire.out / "captures" / "wire" / name)
    without = Tape(runs[link] / "captures" / link / name)
    assert shape(without) == shape(over_wire)
