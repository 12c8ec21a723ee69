"""gVisor as a stack: runsc's sandbox at an end, and what is left of it."""

import os
import pathlib
import shutil
import signal
import subprocess
from typing import Any, Dict, Iterator, List, Set

import host
import lastack
import pytest
import schema

CASE = "close/normal-a-first"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
MARK = "LASTACK_TEST_GVISOR"
PROGRAM = lastack.BINARY.parent / "lastack-gvisor"

needs_runsc = pytest.mark.skipif(
    not shutil.which("runsc") or not PROGRAM.exists(),
    reason="no runsc, or a compiler that cannot link statically")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="not root")

WAITS = """case  nothing happens, for long
spec  RFC9293 3.6

open
quiet 60s
"""
# The agent is killed in a call, and its sandbox has to live on.
KILLED = """case  a process is killed as it receives
spec  RFC9293-3.6-C1-FIN

open
B recv blocks
B kill
CLOSE-WAIT   <--  F.  seq 1 ack 1  <--  FIN-WAIT-1
CLOSE-WAIT   -->  .   ack 2        -->  FIN-WAIT-2
"""


def gvisor(out: pathlib.Path, *args: object) -> Dict[str, Any]:
    """Run with gVisor as B, expecting nothing. Returns the cases by name."""
    lastack.run("run", "-4", "--jobs", "1", "--stack", "gvisor",
                "--no-expectations", "--out", out, *args)
    assert not schema.errors(lastack.results(out), "run")
    return {case["name"]: case for case in lastack.cases(out)}


def with_path(path: pathlib.Path, *args: str) \
        -> "subprocess.CompletedProcess[str]":
    """Run where programs are found in that folder alone."""
    return subprocess.run([str(lastack.BINARY), "run", "-4", "--stack",
                           "gvisor", *args, CASE], cwd=lastack.ROOT, text=True,
                          env={**os.environ, "PATH": str(path)},
                          capture_output=True, check=False)


def test_no_runsc(tmp_path: pathlib.Path) -> None:
    """Without runsc one line names the package."""
    done = with_path(tmp_path)
    assert done.returncode == lastack.BAD
    if PROGRAM.exists():
        assert done.stderr == (
            "lastack run: the stack gvisor: there is no runsc here, "
            "install runsc; see lastack run --help\n")


@pytest.mark.skipif(not PROGRAM.exists(), reason="no static linking")
def test_runsc_fails(tmp_path: pathlib.Path) -> None:
    """What a runsc complains of is said, in one line."""
    fake = tmp_path / "runsc"
    fake.write_text('#!/bin/sh\ncase "$*" in\n*--version) echo runsc version '
                    '20221219.0;;\n*) echo no luck >&2; exit 1;;\nesac\n')
    fake.chmod(0o755)
    done = with_path(tmp_path, "--out", str(tmp_path / "out"))
    assert done.returncode == lastack.BAD
    assert done.stderr == ('lastack run: agent of B: expected "lastack-agent '
                           '1", it said "runsc: no luck"\n')


@needs_runsc
def test_claims() -> None:
    """What its agent claims is true, and what gVisor lacks is not claimed."""
    done = lastack.run("agent-check", "gvisor")
    assert done.returncode == lastack.OK, done.stdout
    assert "outq: not claimed, and refused" in done.stdout
    assert "forget: not claimed, and refused" in done.stdout


@needs_runsc
@pytest.mark.parametrize("end", ["--a", "--b"])
def test_figure(tmp_path: pathlib.Path, end: str) -> None:
    """The RFC's own figure, over both families, at either end."""
    done = lastack.run("run", end, "gvisor", "--out", tmp_path, CASE)
    assert done.returncode == lastack.OK, done.stdout
    stack = lastack.results(tmp_path)["stacks"][end[-1].upper()]
    assert stack["name"] == "gvisor"
    assert stack["version"][:8].isdigit()


@needs_runsc
def test_states(tmp_path: pathlib.Path) -> None:
    """With a socket the state is gVisor's word, without one inferred."""
    case = gvisor(tmp_path, CASE)[CASE]
    assert case["verdict"] == "ok"
    assert case["inferred"] == {"agree": 2, "unknown": 0}
    ladder = (tmp_path / case["ladder"]).read_text()
    assert "CLOSE-WAIT" in ladder
    assert "LAST-ACK" not in ladder


@needs_runsc
def test_known(tmp_path: pathlib.Path) -> None:
    """An RST anywhere in the window ends a connection: its issue 13165."""
    names = [f"grid/{state}/rst-{where}"
             for state in ("ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2.attached")
             for where in ("in-window", "window-edge")]
    cases = gvisor(tmp_path, *names)
    for name in names:
        assert cases[name]["verdict"] == "not ok"
        assert cases[name]["finding"]["what"] == "wrong state of B"
        assert cases[name]["finding"]["actual"] == "CLOSED"


@needs_runsc
def test_expected(tmp_path: pathlib.Path) -> None:
    """What is known of it deviates, and has a citation."""
    names = ["grid/ESTABLISHED/rst-in-window", "grid/TIME-WAIT/rst-by-one",
             "grid/CLOSED/connect-unspec"]
    done = lastack.run("run", "--stack", "gvisor", "--out", tmp_path, *names)
    assert done.returncode == lastack.OK, done.stdout
    assert {case["verdict"] for case in lastack.cases(tmp_path)} \
        == {"deviates"}
    listing = lastack.run("deviations", "--stack", "gvisor").stdout
    assert "issue 13165" in listing
    assert "handleTimeWaitSegment" in listing


@needs_runsc
def test_silence(tmp_path: pathlib.Path) -> None:
    """That it sleeps is guessed once, before its FIN is sent again."""
    cases = gvisor(tmp_path, *(f"grid/{state}/linger-time" for state in
                               ("CLOSE-WAIT", "CLOSING.attached",
                                "LAST-ACK.attached")))
    assert len(cases) == 3
    for name, case in cases.items():
        assert (case["verdict"] == "ok" or
                " late " in (case["reason"] or "")), name


@needs_runsc
def test_agents_come_and_go(tmp_path: pathlib.Path) -> None:
    """A process ends, in a call or not, and the stack goes on."""
    script = tmp_path / "killed.fin"
    script.write_text(KILLED)
    cases = gvisor(tmp_path / "out", script, "close/exit", CASE,
                   "close/recv-waiting-gets-eof")
    assert {name: case["verdict"] for name, case in cases.items()} \
        == dict.fromkeys(cases, "ok")
    assert len(cases) == 4


@needs_runsc
@pytest.mark.parametrize("case, reason", [
    ("timer/keepalive-off", "gVisor was built with what "
     "net.ipv4.tcp_keepalive_time would set: 7200, not 1"),
    ("grid/ESTABLISHED/destroy",
     "needs destroy of B, whose stack (gvisor) has not"),
    ("crowd/killed-server", "needs a count of B's sockets, whose stack "
     "(gvisor) has none"),
])
def test_lacks(tmp_path: pathlib.Path, case: str, reason: str) -> None:
    """What gVisor has not is skipped, and named."""
    cases = gvisor(tmp_path, case)
    assert [(one["verdict"], one["reason"]) for one in cases.values()] \
        == [("skip", reason)]


def ours(entry: str) -> List[str]:
    """The processes of a run, or of what it started."""
    return sorted(str(host.words_of(pid, "cmdline")[:2])
                  for pid in host.with_environment(entry))


def left() -> Set[str]:
    """What runsc leaves behind when it is let."""
    return {str(path) for folder in ("/run/runsc", "/var/run/runsc", "/tmp")
            for path in pathlib.Path(folder).glob("runsc*")} | \
        {line for line in pathlib.Path("/proc/mounts").read_text().split("\n")
         if "/proc/sys/net/core" in line or " /mnt " in line}


@pytest.fixture(name="untouched")
def untouched_fixture() -> Iterator[None]:
    """Nothing of runsc's is left that was not there."""
    before = left()
    yield
    assert left() == before


@needs_runsc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM,
                                    signal.SIGINT])
def test_nothing_left(tmp_path: pathlib.Path, untouched: None,
                      number: int) -> None:
    """However a run ends, its sandbox ends with it."""
    script = tmp_path / "waits.fin"
    script.write_text(WAITS)
    entry = f"{MARK}={os.getpid()}-{number}"
    with subprocess.Popen([str(lastack.BINARY), "run", "-4", "--stack",
                           "gvisor", "--out", str(tmp_path / "out"), "--jobs",
                           "1", str(script)], cwd=tmp_path,
                          env={**os.environ, MARK: entry.split("=")[1]},
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as running:
        assert lastack.wait_until(lambda: any("runsc-sandbox" in one
                                              for one in ours(entry)))
        running.send_signal(number)
        running.wait(timeout=60)
    assert lastack.wait_until(lambda: not ours(entry)), ours(entry)


@needs_runsc
@needs_root
def test_user(tmp_path: pathlib.Path, untouched: None) -> None:
    """An ordinary user may, where user namespaces are allowed."""
    if subprocess.run([*NOBODY, "unshare", "-Urn", "true"],
                      capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces")
    os.chown(tmp_path, 65534, 65534)
    lastack.let_others_to(tmp_path)
    done = subprocess.run([*NOBODY, str(lastack.BINARY), "run", "-4",
                           "--stack", "gvisor", "--out", str(tmp_path), CASE],
                          cwd=lastack.ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == lastack.OK, done.stdout + done.stderr


@needs_runsc
def test_widely(tmp_path: pathlib.Path) -> None:
    """More than 150 cases run, none broken for another reason than load."""
    done = lastack.run("run", "-4", "--quick", "--stack", "gvisor", "--out",
                       tmp_path, "close", "half-close", "linger", "unread",
                       "grid/ESTABLISHED", "grid/CLOSE-WAIT")
    cases = lastack.cases(tmp_path)
    assert not [case for case in cases if case["verdict"] == "broken"
                and " late " not in case["reason"]], done.stdout
    assert len([case for case in cases if case["verdict"] != "skip"]) >= 150
    assert all(case["reason"] for case in cases if case["verdict"] == "skip")
