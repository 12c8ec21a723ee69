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
import tempfile
import time
from typing import Dict, Iterator, Sequence, Set
from xml.etree import ElementTree

import host
import lastack
import pytest
import tap

FIGURES = ["close/normal-a-first", "simultaneous/figure-13"]
SCAPY = lastack.ROOT / "harness" / "test" / "wrong" / "octets-changed.fin"
# A's process has closed and its FIN gets nowhere: a socket no process has.
ORPHAN = """case  a FIN that is never acknowledged
spec  RFC9293 3.6

open
A vanish
A close
quiet 60s
"""
# Long enough for the other case to have its orphan.
FAILS = """case  not ok, after a while
spec  RFC9293 3.6

open
quiet 3s
A is CLOSED within 1ms
"""
WAITS = """case  nothing happens, for long
spec  RFC9293 3.6

open
quiet 60s
"""
ESTABLISHED, FIN_WAIT_1 = "01", "04"
SEED = 793
KILLS = 25
MARK = "LASTACK_TEST_RUN"


class Run:
    """A run in the background, whose processes can be told from others."""

    count = 0

    def __init__(self, out: pathlib.Path, *args: object,
                 under: Sequence[str] = ()) -> None:
        Run.count += 1
        mark = f"{os.getpid()}-{Run.count}"
        self.entry = f"{MARK}={mark}"
        self.out = out
        self.stdout = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*under, str(lastack.BINARY), "run", "--format", "tap", "--out",
             str(out), *map(str, args)], cwd=out.parent,
            env={**os.environ, MARK: mark, "TMPDIR": str(out.parent)},
            stdin=subprocess.DEVNULL, stdout=self.stdout)
        self.seen: Set[str] = set()

    def said(self) -> str:
        """What it has printed so far; it goes on writing where it was."""
        fd = self.stdout.fileno()
        return os.pread(fd, os.fstat(fd).st_size, 0).decode()

    def look(self) -> Set[int]:
        """Its processes now; their namespaces are remembered."""
        pids = host.with_environment(self.entry)
        self.seen |= host.namespaces(pids)
        return pids

    def wait(self) -> str:
        """Wait for its end. Returns what it has said."""
        self.process.wait(timeout=120)
        return self.said()

    def end(self, number: int) -> str:
        """Send a signal and wait for its end. Returns what it has said."""
        self.process.send_signal(number)
        return self.wait()

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
    stdout = run.wait()
    assert run.process.returncode == lastack.NOT_OK
    assert len(tap.parse(stdout).points) == 1200
    assert lastack.wait_until(run.is_gone)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "index.html", "results.json", "junit.xml", "ladders", "captures"}
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
    assert lastack.wait_until(lambda: len(run.look()) >= 4 and
                              "\nok " in run.said())
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
    # What was interrupted is an error, beside the cases that were done.
    assert int(tests.attrib["tests"]) == len(stream.points) + 1
    assert signal.Signals(number).name in [
        error.attrib["message"] for error in tests.iter("error")][0]


def test_ignored_signals(tmp_path: pathlib.Path) -> None:
    """What was ignored at the start stays so: nohup, a script's background."""
    run = Run(tmp_path / "out", "--repeat", 5000, *FIGURES,
              under=["sh", "-c", "trap '' INT; exec nohup \"$@\"", "sh"])
    assert lastack.wait_until(lambda: len(run.look()) >= 4 and
                              "\nok " in run.said())
    run.process.send_signal(signal.SIGHUP)
    run.process.send_signal(signal.SIGINT)
    before = run.said().count("\nok ")
    assert lastack.wait_until(lambda: run.said().count("\nok ") > before + 100)
    run.end(signal.SIGTERM)
    assert run.process.returncode == 128 + signal.SIGTERM
    assert lastack.wait_until(run.is_gone)


def test_two_at_one_place(tmp_path: pathlib.Path) -> None:
    """A folder that a run is using is not another one's to clear."""
    run = Run(tmp_path / "out", "--repeat", 5000, *FIGURES)
    assert lastack.wait_until(lambda: "\nok " in run.said())
    done = lastack.run("run", "--out", tmp_path / "out", FIGURES[0])
    assert done.returncode == lastack.BAD
    assert tap.parse(done.stdout).bail in done.stderr
    assert "another run is using it" in done.stderr
    stream = tap.parse(run.end(signal.SIGTERM))
    assert all(point.ok for point in stream.points)
    assert lastack.wait_until(run.is_gone)
    done = lastack.run("run", "--out", tmp_path / "out", FIGURES[0])
    assert done.returncode == lastack.OK


def test_a_lane_dies(tmp_path: pathlib.Path) -> None:
    """A lane that is killed is broken, not ok; the run goes on to its end."""
    run = Run(tmp_path / "out", "--repeat", 3000, "--jobs", 1, FIGURES[0])
    captures = tmp_path / "out" / "captures"
    assert lastack.wait_until(lambda: any(captures.rglob("*.pcapng")))
    assert len(lanes(run)) == 1
    kill_lanes(run)
    stdout = run.wait()
    assert run.process.returncode == lastack.BAD
    (broken,) = (p for p in tap.parse(stdout).points if not p.ok)
    assert any("killed by signal 9" in line for line in broken.yaml)
    assert lastack.wait_until(run.is_gone)


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into namespaces")
@pytest.mark.parametrize("attempt", range(20))
def test_an_agent_dies(attempt: int, tmp_path: pathlib.Path) -> None:
    """What the kernel does for a dead agent is not blamed on the stack, at
    whatever moment of its dying that is seen."""
    (tmp_path / "waits.fin").write_text(WAITS)
    run = Run(tmp_path / "out", "-4", tmp_path / "waits.fin")
    namespaces = Namespaces()
    try:
        assert lastack.wait_until(lambda: namespaces.look(run, ESTABLISHED))
    finally:
        namespaces.close()
    agents = sorted(pid for pid in run.look()
                    if b"agent" in host.words_of(pid, "cmdline"))
    os.kill(agents[attempt % 2], signal.SIGKILL)
    (broken,) = tap.parse(run.wait()).points
    assert run.process.returncode == lastack.BAD
    assert any("agent has died" in line for line in broken.yaml)
    assert lastack.wait_until(run.is_gone)


class Namespaces:
    """The namespaces of a run, kept so that one can look into them when
    all its processes are gone."""

    def __init__(self) -> None:
        self.fds: Dict[str, int] = {}

    def look(self, run: Run, state: str) -> bool:
        """Take what the run has. True once a socket in one is in state."""
        for pid in run.look():
            for name, fd in host.held(pid).items():
                if self.fds.setdefault(name, fd) != fd:
                    os.close(fd)
        return any(state in host.tcp_states(fd)
                   for fd in self.fds.values())

    def are_empty(self) -> bool:
        """Tell whether no socket is left in any of them."""
        return not any(map(host.tcp_states, self.fds.values()))

    def close(self) -> None:
        """Let them go."""
        for fd in self.fds.values():
            os.close(fd)


def lanes(run: Run) -> Set[int]:
    """The processes that play the cases."""
    text = pathlib.Path(f"/proc/{run.process.pid}/task/{run.process.pid}"
                        "/children").read_text()
    return set(map(int, text.split()))


def kill_lanes(run: Run) -> None:
    """As the watchdog would, and the kernel when it is out of memory."""
    for pid in lanes(run):
        os.kill(pid, signal.SIGKILL)


def processors(pid: int) -> Set[int]:
    """Those a process may run on; none once it is gone."""
    try:
        return os.sched_getaffinity(pid)
    except OSError:
        return set()


def test_stays_where_it_may_run(tmp_path: pathlib.Path) -> None:
    """Where one processor is allowed, one lane runs, on that one."""
    cpu = max(os.sched_getaffinity(0))
    run = Run(tmp_path / "out", "--repeat", 5000, FIGURES[0],
              under=["taskset", "-c", str(cpu)])
    assert lastack.wait_until(lambda: len(run.look()) >= 5)
    assert set().union(*map(processors, run.look())) == {cpu}
    assert len(lanes(run)) == 1
    run.end(signal.SIGTERM)
    assert lastack.wait_until(run.is_gone)


ENDS = {
    "interrupt": lambda run: run.process.send_signal(signal.SIGINT),
    "fail-fast": lambda run: None,
    "lane killed": kill_lanes,
    "runner killed": lambda run: run.process.send_signal(signal.SIGKILL),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into namespaces")
@pytest.mark.parametrize("how", ENDS)
def test_no_orphan_is_left(how: str, tmp_path: pathlib.Path) -> None:
    """However a lane ends: a socket that no process has goes with it, and
    does not keep its namespace until it has given up retransmitting."""
    (tmp_path / "orphan.fin").write_text(ORPHAN)
    cases = [tmp_path / "orphan.fin"]
    if how == "fail-fast":
        (tmp_path / "fails.fin").write_text(FAILS)
        cases.append(tmp_path / "fails.fin")
    run = Run(tmp_path / "out", "-4", "--fail-fast", *cases)
    namespaces = Namespaces()
    try:
        assert lastack.wait_until(lambda: namespaces.look(run, FIN_WAIT_1))
        ENDS[how](run)
        run.wait()
        assert lastack.wait_until(namespaces.are_empty, 10)
    finally:
        namespaces.close()
    assert lastack.wait_until(run.is_gone)
