"""A machine that is late: a failure says so, and blames no stack."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import Callable, Dict, Iterator, List, Tuple

import lastack
import pytest

WRONG = """case  what does not happen
spec  RFC9293-3.6-C1-FIN

open

quiet 2s
A is CLOSED within 10ms
"""

FORKED = """case  a call that waits for a process, not for the stack
spec  RFC9293-3.6-C1-FIN

open
B fork
quiet 1s
B child exit
"""


DRAINED = """case  a reader that does not come to run
spec  RFC9293-3.6-C1-FIN

B rcvbuf 4096
open
B drain blocks
A fork
quiet 1s
A fill
pass
A outq = 0
A child exit
A close
pass until B returns
B returns = all
"""


ESTABLISHED, FIN_WAIT_1, LISTEN = "01", "04", "0A"  # in /proc/net/tcp


def processes(session: int) -> Dict[int, List[bytes]]:
    """The processes of the session, and their words."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if int(fields[3]) == session:
            found[int(stat.parent.name)] = words
    return found


def holders(session: int, state: str) -> List[int]:
    """The agents that have a socket in that state."""
    found = []
    for process, words in processes(session).items():
        if b"agent" not in words:
            continue
        try:  # of the agent's own namespace
            table = pathlib.Path(f"/proc/{process}/net/tcp").read_text()
        except OSError:
            continue
        found += [process] if any(line.split()[3] == state for line in
                                  table.splitlines()[1:]) else []
    return found


def is_open(session: int, ends: int) -> bool:
    """Whether so many agents have the connection: from there on the case waits."""
    return len(holders(session, ESTABLISHED)) == ends


def send(session: int, signum: signal.Signals, program: str) -> None:
    """Send the signal to all of them that are such a program."""
    for process, words in processes(session).items():
        if program in words[0].decode():
            os.kill(process, signum)


def undisturbed() -> List[str]:
    """What a run is begun with that nothing else on the machine makes late."""
    first = ["chrt", "--rr", "1"]
    if subprocess.run([*first, "true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no priority to be had: other programs may make it late")
    return first


def play(out: pathlib.Path, stop_s: float, stack: str = "kernel",
         program: str = "") -> Tuple[int, lastack.Case]:
    """Play the case; that program, or all, is stopped while it waits."""
    (out / "wrong.fin").write_text(WRONG)
    under = [] if stop_s else undisturbed()
    with subprocess.Popen([*under, str(lastack.BINARY), "run", "-4", "--link", "wire",
                           "--out", str(out), "--stack", stack,
                           str(out / "wrong.fin")],
                          cwd=lastack.ROOT, stdout=subprocess.DEVNULL,
                          start_new_session=True) as run:
        if stop_s:
            ends = 2 if stack == "kernel" else 1
            assert lastack.wait_until(lambda: is_open(run.pid, ends) or
                                      run.poll() is not None)
            assert run.returncode is None, lastack.cases(out)  # too early
            send(run.pid, signal.SIGSTOP, program)
            time.sleep(stop_s)  # how long it stands still, not a wait
            send(run.pid, signal.SIGCONT, program)
        status = run.wait(timeout=60)
    return status, lastack.cases(out)[0]


def test_in_time(tmp_path: pathlib.Path) -> None:
    """Without delay the failure is the stack's."""
    status, case = play(tmp_path, 0)
    assert (status, case["verdict"]) == (lastack.NOT_OK, "not ok")


def test_late(tmp_path: pathlib.Path) -> None:
    """After it, the machine's: broken, with by how much, never not ok."""
    status, case = play(tmp_path, 3)
    assert (status, case["verdict"]) == (lastack.BAD, "broken")
    assert "this machine was " in case["reason"]
    assert " ms late (wrong state of A)" in case["reason"]


@pytest.mark.skipif(not (lastack.BINARY.parent / "lastack-lwip").exists(),
                    reason="built without lwIP")
@pytest.mark.parametrize("stop_s,verdict", [(0, "not ok"), (1, "broken")])
def test_late_timers(tmp_path: pathlib.Path, stop_s: float,
                     verdict: str) -> None:
    """lwIP's timers that ran late are the machine's, though nobody waited."""
    _, case = play(tmp_path, stop_s, "lwip", "lastack-lwip")
    assert case["verdict"] == verdict
    if verdict == "broken":
        assert "this machine was " in case["reason"]


def forked(session: int) -> List[int]:
    """The agents' processes that are an agent's child."""
    agents = {process for process, words in processes(session).items()
              if b"agent" in words}
    found = []
    for process in agents:
        try:
            stat = pathlib.Path(f"/proc/{process}/stat").read_text()
        except OSError:  # it has ended
            continue
        found += [process] if int(stat.rpartition(")")[2].split()[1]) \
            in agents else []
    return found


@contextlib.contextmanager
def stopped_of(tmp_path: pathlib.Path, text: str,
               which: "Callable[[int], List[int]]"
               ) -> "Iterator[subprocess.Popen[bytes]]":
    """A run of that case, a process of which is stopped amid it."""
    case = tmp_path / "stopped.fin"
    case.write_text(text)
    with subprocess.Popen([str(lastack.BINARY), "run", "-4", "--link", "wire",
                           "--out", str(tmp_path), str(case)],
                          cwd=lastack.ROOT, stdout=subprocess.DEVNULL,
                          start_new_session=True) as run:
        assert lastack.wait_until(lambda: bool(forked(run.pid)))
        process, = which(run.pid)
        os.kill(process, signal.SIGSTOP)
        try:
            yield run
        finally:
            os.kill(process, signal.SIGCONT)
            run.wait(timeout=60)


def test_forked_stands(tmp_path: pathlib.Path) -> None:
    """A process that does not end is no stack's fault, nor is who awaits it."""
    with stopped_of(tmp_path, FORKED, forked) as run:
        assert run.wait(timeout=60) == lastack.BAD
    case, = lastack.cases(tmp_path)
    assert (case["verdict"], case["reason"]) == (
        "broken", "B's agent stands: something has stopped it")


@pytest.mark.parametrize("signum,reason", [
    (signal.SIGKILL, "B's agent has died: it ended by signal 9"),
    (signal.SIGSTOP, "B's agent stands: something has stopped it"),
])
def test_agent_disturbed(tmp_path: pathlib.Path, signum: signal.Signals,
                         reason: str) -> None:
    """An agent that is dead is told from one that stands, with how it died."""
    (tmp_path / "wrong.fin").write_text(WRONG)
    with subprocess.Popen([str(lastack.BINARY), "run", "-4", "--link", "wire",
                           "--out", str(tmp_path), str(tmp_path / "wrong.fin")],
                          cwd=lastack.ROOT, stdout=subprocess.DEVNULL,
                          start_new_session=True) as run:
        assert lastack.wait_until(lambda: is_open(run.pid, 2))
        agent, = holders(run.pid, LISTEN)
        os.kill(agent, signum)
        assert run.wait(timeout=60) == lastack.BAD
    case, = lastack.cases(tmp_path)
    assert (case["verdict"], case["reason"]) == ("broken", reason)


@contextlib.contextmanager
def starved(process: int) -> Iterator[None]:
    """Leave it to a processor that another program has for nearly all time."""
    cpu = {max(os.sched_getaffinity(0))}
    os.sched_setaffinity(process, cpu)
    os.sched_setscheduler(process, os.SCHED_IDLE, os.sched_param(0))
    with subprocess.Popen([*undisturbed(), sys.executable, "-c",
                           f"import os; os.sched_setaffinity(0, {cpu})\n"
                           "print(flush=True)\nwhile True: pass"],
                          stdout=subprocess.PIPE) as hog:
        assert hog.stdout and hog.stdout.readline()
        try:
            yield
        finally:
            hog.kill()


def test_kill_is_late(tmp_path: pathlib.Path) -> None:
    """A process that is killed and given no processor is not held by its stack."""
    text = (lastack.ROOT / "cases/linger/time-killed.fin").read_text()
    bound = "A kill within 10s"
    assert bound in text
    (tmp_path / "killed.fin").write_text(
        text.replace(bound, "quiet 500ms\nA kill within 20ms"))
    first = min(os.sched_getaffinity(0))  # where the agent will not be
    with subprocess.Popen(["taskset", "-c", str(first), str(lastack.BINARY),
                           "run", "-4", "--link", "wire", "--out",
                           str(tmp_path), str(tmp_path / "killed.fin")],
                          cwd=lastack.ROOT, stdout=subprocess.DEVNULL,
                          start_new_session=True) as run:
        assert lastack.wait_until(lambda: len(holders(run.pid, FIN_WAIT_1)) == 1)
        agent, = holders(run.pid, FIN_WAIT_1)
        with starved(agent):
            run.wait(timeout=60)
    case, = lastack.cases(tmp_path)
    if case["verdict"] != "ok":  # it was given some in time
        assert case["verdict"] == "broken"
        assert re.fullmatch("this machine was [0-9]+ ms late .*", case["reason"])


def test_reader_stands(tmp_path: pathlib.Path) -> None:
    """A pass is not over while an end in a call has not done what it can."""
    with stopped_of(tmp_path, DRAINED,
                    lambda session: holders(session, LISTEN)) as run:
        # Longer than the case's quiet, and than what a pass waits.
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=2)
    assert run.returncode == lastack.OK, lastack.cases(tmp_path)[0]
