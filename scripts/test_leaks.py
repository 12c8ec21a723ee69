"""Nothing outlives a run, however it ends, and the host is left alone.

Other runs may be going on beside the tests: the processes of a run are told
apart by their environment, its namespaces by having been seen in use by them.
"""

import json
import os
import pathlib
import random
import signal
import subprocess
import time
from typing import Iterator, Set
from xml.etree import ElementTree

import host
import lastack
import pytest
import tap

FIGURES = ["close/normal-a-first", "simultaneous/figure-13"]
SCAPY = lastack.ROOT / "harness" / "test" / "wrong" / "octets-changed.fin"
SEED = 793
KILLS = 25
MARK = "LASTACK_TEST_RUN"


class Run:
    """A run in the background, whose processes can be told from others."""

    count = 0

    def __init__(self, out: pathlib.Path, *args: object) -> None:
        Run.count += 1
        mark = f"{os.getpid()}-{Run.count}"
        self.entry = f"{MARK}={mark}"
        self.out = out
        self.process = subprocess.Popen(
            [str(lastack.BINARY), "run", "--format", "tap", "--out", str(out),
             *map(str, args)], cwd=out.parent, text=True,
            env={**os.environ, MARK: mark, "TMPDIR": str(out.parent)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.seen: Set[str] = set()

    def look(self) -> Set[int]:
        """Its processes now; their namespaces are remembered."""
        pids = host.with_environment(self.entry)
        self.seen |= host.namespaces(pids)
        return pids

    def end(self, number: int) -> str:
        """Send a signal and wait for its end. Returns what it has said."""
        self.process.send_signal(number)
        stdout, _ = self.process.communicate(timeout=120)
        return stdout

    def is_gone(self) -> bool:
        """No process of it, and nobody holds a namespace it had."""
        return not host.with_environment(self.entry) and not (
            self.seen & host.namespaces(host.pids()))


@pytest.fixture(name="untouched", autouse=True)
def untouched_fixture() -> Iterator[None]:
    """After each test the host is as it was before."""
    before = host.snapshot()
    yield
    assert host.snapshot() == before


def test_after_a_run(tmp_path: pathlib.Path) -> None:
    """A run that ended by itself has left nothing but its reports."""
    run = Run(tmp_path / "out", "--repeat", 200, *FIGURES, SCAPY)
    assert lastack.wait_until(lambda: len(run.look()) >= 4 and
                              len(run.seen) >= 2)
    stdout, _ = run.process.communicate(timeout=120)
    assert run.process.returncode == lastack.NOT_OK
    assert len(tap.parse(stdout).points) == 1200
    assert lastack.wait_until(run.is_gone)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "results.json", "junit.xml", "ladders", "captures"}
    assert {p.name for p in tmp_path.iterdir()} == {"out"}


def kill_once(out: pathlib.Path, delay: float, busy: bool) -> None:
    """Kill a run that time after its start, or after it had all its lanes."""
    out.parent.mkdir()
    run = Run(out, "--repeat", 20)
    assert not busy or lastack.wait_until(lambda: len(run.look()) >= 4)
    time.sleep(delay)  # the moment of the kill, not a wait for anything
    run.look()
    run.end(signal.SIGKILL)
    assert lastack.wait_until(run.is_gone), (
        f"{delay * 1000:.0f} ms: left {run.look()}")
    left = {p.suffix for p in out.parent.rglob("*") if p.is_file()}
    assert left <= {".pcapng", ".txt"} and len(list(
        out.parent.iterdir())) <= 1, sorted(out.parent.rglob("*"))


def test_killed_at_any_moment(tmp_path: pathlib.Path) -> None:
    """SIGKILL leaves no process, no namespace, no temporary file."""
    moments = random.Random(SEED)
    for number in range(KILLS):
        kill_once(tmp_path / str(number) / "out", moments.uniform(0, 0.4),
                  busy=number % 2 == 1)


def test_killed_while_forging(tmp_path: pathlib.Path) -> None:
    """The process that runs scapy dies with the runner too."""
    run = Run(tmp_path / "out", "--repeat", 2000, "--jobs", 1, SCAPY)
    assert lastack.wait_until(lambda: bool(host.forging() & run.look()))
    run.end(signal.SIGKILL)
    assert lastack.wait_until(run.is_gone)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number: int, tmp_path: pathlib.Path) -> None:
    """A run that is told to end ends, with reports of what it did."""
    run = Run(tmp_path / "out", "--repeat", 5000, *FIGURES)
    captures = tmp_path / "out" / "captures"
    assert lastack.wait_until(lambda: len(run.look()) >= 4 and any(
        captures.rglob("*.pcapng")))
    stdout = run.end(number)
    assert run.process.returncode == 128 + number
    assert lastack.wait_until(run.is_gone)
    stream = tap.parse(stdout)
    assert stream.bail and signal.Signals(number).name in stream.bail
    whole = json.loads((tmp_path / "out" / "results.json").read_text())
    assert whole["exit"] == 128 + number
    assert len(whole["cases"]) == len(stream.points) > 0
    assert whole["summary"]["not_run"] == stream.plan - len(stream.points) > 0
    tests = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
    assert int(tests.attrib["tests"]) == len(stream.points)


def test_a_lane_dies(tmp_path: pathlib.Path) -> None:
    """A lane that is killed is broken, not ok; the run goes on to its end."""
    run = Run(tmp_path / "out", "--repeat", 1000, "--jobs", 1, FIGURES[0])
    captures = tmp_path / "out" / "captures"
    assert lastack.wait_until(lambda: any(captures.rglob("*.pcapng")))
    children = pathlib.Path(f"/proc/{run.process.pid}/task/{run.process.pid}"
                            "/children").read_text().split()
    assert len(children) == 1
    os.kill(int(children[0]), signal.SIGKILL)
    stdout, _ = run.process.communicate(timeout=120)
    assert run.process.returncode == lastack.BAD
    (broken,) = (p for p in tap.parse(stdout).points if not p.ok)
    assert any("killed by signal 9" in line for line in broken.yaml)
    assert lastack.wait_until(run.is_gone)
