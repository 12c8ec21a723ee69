"""Stacks behind an interface that is taken for the run and comes back."""

import pathlib
import signal
import subprocess
import time

import lastack
import pytest
from board import ADDRESS, Board, needs_root, on_board

pytestmark = needs_root
board_fixture = pytest.fixture(name="board")(on_board)


def test_with_agent(board: Board, tmp_path: pathlib.Path) -> None:
    """Cases are played on what is behind it, by its address found by ARP."""
    done = board.run("run", "-4", "-6", "--out", tmp_path, "--stack",
                     f"{ADDRESS},{board.agent()}", "close/normal-a-first",
                     "close/normal-b-first", "simultaneous/figure-13",
                     "reset/in-window-established")
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    verdicts = [(case["family"], case["verdict"], case["reason"])
                for case in lastack.cases(tmp_path)]
    assert verdicts.count(("ipv4", "ok", None)) == 4
    assert verdicts.count(("ipv6", "skip", "this iface has no IPv6")) == 4


def test_claims(board: Board) -> None:
    """What its agent claims is tried over the interface."""
    done = board.run("agent-check", f"{ADDRESS},{board.agent()}")
    assert done.returncode == lastack.OK, done.stdout
    assert "not ok" not in done.stdout


def test_without_agent(board: Board, tmp_path: pathlib.Path) -> None:
    """Whatever listens there is tested, as far as that goes."""
    web = subprocess.Popen(
        board.enter(board.board) + ["/usr/bin/python3", "-m", "http.server",
                                    "80"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            if ":80" in board.inside(board.board, "ss", "-Hltn"):
                break
            time.sleep(0.05)
        done = board.run("run", "-4", "--quick", "--out", tmp_path, "--port",
                         80, "--stack", ADDRESS, "reset", "close",
                         "grid/ESTABLISHED")
    finally:
        web.terminate()
        web.wait()
    cases = lastack.cases(tmp_path)
    good = [case["name"] for case in cases if case["verdict"] == "ok"]
    assert len(good) > 20, done.stdout[-3000:]
    assert "reset/in-window-established" in good
    assert not [case for case in cases if case["verdict"] == "broken"]
    skipped = {case["reason"] for case in cases if case["verdict"] == "skip"}
    assert "needs calls of B, whose stack (iface) has no agent" in skipped


@pytest.mark.parametrize("stack,wanted", [
    ("iface:nosuch,port=80", "there is no interface nosuch"),
    ("iface:dut", "expected agent=, or port="),
    ("iface:dut,addr=10.9.0.77,port=80", "nobody at dut answers for 10.9.0.77"),
    ("iface:dut,addr=10.8.0.2,port=80", "no address in the network of 10.8.0.2"),
    ("iface:dut,addr=10.9.0.999,port=80", "expected an address such as"),
    ("iface:dut,mac=01:00:00:00:00:01,port=80", "expected an Ethernet address"),
    ("iface:dut,port=0", "expected a port from 1 to 65535"),
    ("iface:dut,color=red", '"color=red": expected addr='),
    ("iface:dut,agent=", "agent=: expected a command"),
    ("iface:", "expected iface:NAME"),
    (ADDRESS + ",agent=exit 1", "agent of B: ended without a greeting"),
    (ADDRESS + ",agent=echo lastack-agent 1; read x; echo = maybe; read x",
     'expected yes or no to "can listen", it said maybe'),
])
def test_refused(board: Board, stack: str, wanted: str,
                 tmp_path: pathlib.Path) -> None:
    """Each in one line; what was taken is back."""
    before = board.look()
    done = board.run("run", "-4", "--out", tmp_path, "--stack", stack,
                     "close/normal-a-first")
    assert done.returncode == lastack.BAD
    assert wanted in done.stderr.splitlines()[-1]
    assert board.look() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed(board: Board, how: signal.Signals,
                tmp_path: pathlib.Path) -> None:
    """However the run ends, it comes back: the fixture looks."""
    case = tmp_path / "long.fin"
    case.write_text("case long\nspec RFC9293-3.6-FIG12\nopen\nquiet 100s\n")
    with board.start("run", "-4", "--out", tmp_path / "out", "--stack",
                     f"{ADDRESS},{board.agent()}", case) as run:
        until = time.monotonic() + 30
        while "dut" in board.ip("-o link") and time.monotonic() < until:
            time.sleep(0.01)
        assert "dut" not in board.ip("-o link")
        run.send_signal(how)
        run.communicate(timeout=30)


def test_way_out(board: Board, tmp_path: pathlib.Path) -> None:
    """The only way out of the machine is not taken without force."""
    board.ip("route add default via 10.9.0.2 dev dut")
    args = ["run", "-4", "--out", tmp_path, "--stack",
            f"{ADDRESS},{board.agent()}", "close/normal-a-first"]
    done = board.run(*args)
    assert done.returncode == lastack.BAD
    assert "dut is the only interface with a default route" in done.stderr
    stack = f"{ADDRESS},{board.agent()}"
    done = board.run("agent-check", stack)
    assert done.returncode == lastack.BAD
    assert "dut is the only interface with a default route" in done.stderr
    assert board.run("agent-check", "--force", stack).returncode == lastack.OK
    assert "default via 10.9.0.2" in board.ip("route show")
    done = board.run("run", "--force", *args[1:])
    assert done.returncode == lastack.OK, done.stdout
    assert "default via 10.9.0.2" in board.ip("route show")
    board.ip("link add other type veth peer name another")
    board.ip("link set another up")
    board.ip("link set other up")
    board.ip("route add default dev other metric 5")
    assert board.run(*args).returncode == lastack.OK
    board.ip("route del default dev other")
    board.ip("route del default")


def test_ordinary_user() -> None:
    """Who may not move interfaces is told so."""
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         str(lastack.BINARY), "agent-check", "iface:lo,agent=true"], text=True,
        capture_output=True, check=False, cwd="/")
    assert done.returncode == lastack.BAD
    assert "it takes root" in done.stderr or "user namespace" in done.stderr
