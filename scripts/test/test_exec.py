"""Stacks behind a program: "exec:COMMAND", and what liars of it get."""

import json
import os
import pathlib
import platform
import subprocess
import time
from typing import List

import agents
import lastack
import own_tcp
import pytest

OTHER = "exec:" + agents.other()
OURS = f"exec:exec {lastack.BINARY} agent"

# A shell's program that greets and does one thing wrong, and the one line.
GREET = "echo lastack-agent 1; "
LIARS = {
    "no such program": ("exec /nowhere/agent", "ended without a greeting"),
    "dies at once": ("exit 1", "ended without a greeting"),
    "greets otherwise": (
        "echo hello; read x", 'expected "lastack-agent 1", it said "hello"'),
    "dies when asked": (GREET + "read x", 'to "can listen", it ended'),
    "says what is no answer": (
        GREET + "read x; echo yes; read x",
        'to "can listen", it said "yes", which is no answer'),
    "answers otherwise": (
        GREET + "read x; echo = maybe; read x",
        'to "can listen", it said maybe'),
    "floods without a line": (
        GREET + "exec cat /dev/zero", 'it said a line over 255 octets'),
    "floods with lines": (
        GREET + "exec yes", 'to "can listen", it said "y", which is no'),
}


def processes(mark: str) -> List[str]:
    """The processes with that in their command line."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if mark in line and int(entry.parent.name) != os.getpid():
            found.append(line)
    return found


@pytest.mark.parametrize("stack", ["kernel", OTHER, "exec:%s agent" %
                                   lastack.BINARY],
                         ids=["kernel", "python", "ours"])
def test_claims(stack: str) -> None:
    """What our agents claim is true, and what they do not is refused."""
    done = lastack.run("agent-check", stack)
    assert done.returncode == lastack.OK, done.stdout
    assert "not ok" not in done.stdout
    assert done.stdout.startswith("TAP version 14\n")


def changed_agent(folder: pathlib.Path, part: str, instead: str) -> str:
    """The stack of an agent in Python, of which a part is another."""
    text = (lastack.ROOT / "scripts" / "agent.py").read_text()
    assert part in text
    agent = folder / "changed.py"
    agent.write_text(text.replace(part, instead))
    return f"exec:exec /usr/bin/python3 {agent}"


def test_false_claim(tmp_path: pathlib.Path) -> None:
    """An agent that claims what it has not is found out."""
    done = lastack.run("agent-check", changed_agent(
        tmp_path, 'has = word in ("ipv4", "ipv6") or',
        'has = word in ("ipv4", "fill", "fly") or'))
    assert done.returncode == lastack.NOT_OK
    assert "B can fly: expected no, it answered yes" in done.stdout
    assert "B fill: expected a number, it answered ENOSYS" in done.stdout
    assert done.stdout.count("not ok") == 2


@pytest.mark.parametrize("liar", LIARS.values(), ids=LIARS.keys())
def test_liars(liar: List[str], tmp_path: pathlib.Path) -> None:
    """Each is refused in one line, by both verbs, and nothing stays."""
    command, wanted = liar
    mark = f"mark={tmp_path.name}"
    stack = f"exec:{mark}; {command}"
    done = lastack.run("agent-check", stack)
    assert done.returncode == lastack.BAD
    assert wanted in done.stderr.splitlines()[-1]
    assert done.stdout == ""
    done = lastack.run("run", "-4", "--stack", stack, "--out", tmp_path,
                       "close/normal-a-first")
    assert done.returncode == lastack.BAD
    assert wanted in done.stderr.splitlines()[-1]
    assert not processes(mark)


def test_silent(tmp_path: pathlib.Path) -> None:
    """One that never answers is given up, what it started with it."""
    sleep = f"sleep 98765.{os.getpid()}"  # of this test's, and no other's
    stack = f"exec:{GREET}(trap '' TERM; {sleep}); true {tmp_path}"
    start = time.monotonic()
    done = lastack.run("agent-check", stack)
    assert done.returncode == lastack.BAD
    assert done.stderr.endswith('to "can listen", it said nothing\n')
    assert time.monotonic() - start < 60
    assert not processes(sleep)


def test_dies_in_a_case(tmp_path: pathlib.Path) -> None:
    """The case is broken and says why; the next has a fresh agent."""
    once = tmp_path / "once"
    dying = changed_agent(
        tmp_path, "    def do_drain(self) -> Answer:\n",
        "    def do_drain(self) -> Answer:\n"
        "        try:\n"
        f"            open({str(once)!r}, 'x').close()\n"
        "            os._exit(3)\n"
        "        except FileExistsError:\n"
        "            pass\n")
    case = tmp_path / "drain.fin"
    case.write_text("case drained\nspec RFC9293-3.6-FIG12\nopen\nA send 10\n"
                    "A close\npass\nB drain\n")
    done = lastack.run("run", "-4", "--repeat", 2, "--jobs", 1, "--out",
                       tmp_path / "out", "--stack", dying, case)
    assert done.returncode == lastack.BAD
    # Which lane was first is no matter.
    bad, good = sorted(lastack.cases(tmp_path / "out"),
                       key=lambda case: case["verdict"])
    assert bad["verdict"] == "broken" and good["verdict"] == "ok"
    assert "B's agent has died: it ended with status 3" in bad["reason"]


def test_ends_late(tmp_path: pathlib.Path) -> None:
    """One that takes its time to end when it is told to has not died unasked."""
    kill = "    def do_kill(self) -> Answer:\n"
    slow = changed_agent(
        tmp_path, kill,
        f"{kill}        while os.times().user < 1.5:\n            pass\n")
    done = lastack.run("run", "-4", "--out", tmp_path / "out", "--stack", slow,
                       "grid/CLOSE-WAIT/kill")
    assert done.returncode == lastack.OK, done.stdout


@pytest.mark.parametrize("sides", [["--stack", OTHER], ["--stack", OURS],
                                   ["--a", OTHER, "--b", OTHER]],
                         ids=["python", "ours", "both"])
def test_suite(tmp_path: pathlib.Path, sides: List[str]) -> None:
    """Without states, Linux is as ok, or deviates as written, as with them."""
    done = lastack.run("run", "-4", "--quick", "--out", tmp_path, "--expect",
                       "linux:" + platform.release(), *sides, timeout=500)
    doc = lastack.results(tmp_path)
    cases = doc["cases"]
    bad = [(case["name"], case["finding"]) for case in cases
           if case["verdict"] == "not ok"]
    assert not bad
    good = [case for case in cases if case["verdict"] == "ok"]
    assert len(good) > 950, done.stdout[-2000:]
    assert sum(case["inferred"]["agree"] for case in good) > 2000
    assert sum(case["probed"]["B"] == "CLOSED" for case in good) > 150
    assert {case["states"]["B"] for case in cases} == {None}
    for case in cases:
        if case["verdict"] == "skip":
            assert case["reason"].startswith(
                ("needs ", "waits for ", "A's stack (exec) ",
                 "B's stack (exec) ")), case["reason"]
        elif case["verdict"] == "broken":  # the tests share the machine
            assert case["reason"].startswith("this machine was ")
    assert "states that no stack showed: " in done.stdout


@pytest.mark.parametrize("options,code,actual", [
    ([], lastack.NOT_OK, "not ok"),
    (["--expect", "linux"], lastack.OK, "deviates"),
    (["--expect", "linux:" + platform.release()], lastack.OK, "deviates"),
    (["--expect", "linux:2.4"], lastack.NOT_OK, "not ok"),
])
def test_expected(tmp_path: pathlib.Path, options: List[str], code: int,
                  actual: str) -> None:
    """Linux behind an agent is expected to be Linux when it is said to be."""
    done = lastack.run("run", "-4", "--out", tmp_path, *options, "--stack",
                       OURS, "grid/CLOSING.orphan/rst-beyond-edge",
                       "grid/ESTABLISHED/fin-zero-window")
    assert done.returncode == code, done.stdout
    assert actual in {case["verdict"] for case in lastack.cases(tmp_path)}


@pytest.mark.parametrize("expect,wanted", [
    ("linux:new", 'version "new", expected one such as 6.12'),
    ("nosuch", "nosuch"),
])
def test_expected_wrongly(expect: str, wanted: str) -> None:
    """A stack or version that is none gets one line."""
    done = lastack.run("run", "--expect", expect, "close/normal-a-first")
    assert done.returncode == lastack.BAD
    assert wanted in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("sides", [["--stack", OTHER],
                                   ["--a", OTHER, "--b", OTHER]],
                         ids=["b", "both"])
def test_replayed(tmp_path: pathlib.Path, sides: List[str]) -> None:
    """What was inferred is inferred from the capture as well."""
    played = lastack.run("run", "-4", "--out", tmp_path, *sides,
                         "close/normal-a-first", "close/normal-b-first",
                         "grid/CLOSE-WAIT/close", "grid/CLOSE-WAIT/kill")
    assert played.returncode == lastack.OK, played.stdout
    done = lastack.run("replay", tmp_path / "captures")
    assert done.returncode == lastack.OK, done.stdout
    for line in played.stdout.splitlines():
        if "states that no stack showed" in line:
            assert line in done.stdout.splitlines()
            break
    else:
        pytest.fail("nothing was inferred")


def test_side_a(tmp_path: pathlib.Path) -> None:
    """It may be A as well, and both."""
    for sides in (["--a", OTHER], ["--a", OTHER, "--b", OTHER]):
        done = lastack.run("run", "-4", "-6", "--out", tmp_path, *sides,
                           "close/normal-a-first", "close/normal-b-first",
                           "simultaneous/figure-13")
        assert done.returncode == lastack.OK, done.stdout
        for case in lastack.cases(tmp_path):
            assert case["verdict"] == "ok"
            assert case["inferred"]["agree"] > 2
            assert case["inferred"]["unknown"] == 0


@pytest.mark.parametrize("sides", [["--a", OTHER], ["--b", OTHER],
                                   ["--a", OTHER, "--b", OTHER]],
                         ids=["a", "b", "both"])
def test_state_wrong(tmp_path: pathlib.Path, sides: List[str]) -> None:
    """A state that no end shows is held against the segments all the same."""
    case = tmp_path / "wrong.fin"
    for number, (states, wrong) in enumerate((
            (("FIN-WAIT-1", "CLOSE-WAIT"), ""),
            (("FIN-WAIT-2", "CLOSE-WAIT"), "A"),
            (("FIN-WAIT-1", "ESTABLISHED"), "B"))):
        case.write_text(
            "case a state\nspec RFC9293-3.6-FIG12\nopen\nA close\n"
            f"{states[0]} --> F. seq 1 ack 1 --> {states[1]}\npass\n")
        out = tmp_path / str(number)
        lastack.run("run", "-4", "--out", out, *sides, case)
        one, = lastack.cases(out)
        assert one["verdict"] == ("not ok" if wrong else "ok"), one
        if wrong:
            shown = wrong == "A" and sides[0] != "--a" or (
                wrong == "B" and "--b" not in sides)
            assert one["finding"]["what"] == (
                f"wrong{'' if shown else ' inferred'} state of {wrong}")


def test_killed(tmp_path: pathlib.Path) -> None:
    """When lastack is killed its agent goes too."""
    mark = tmp_path / "agent.py"
    mark.write_text((lastack.ROOT / "scripts" / "agent.py").read_text())
    case = tmp_path / "long.fin"
    case.write_text("case long\nspec RFC9293-3.6-FIG12\nopen\nquiet 100s\n")
    with subprocess.Popen([lastack.BINARY, "run", "-4", "--out",
                           tmp_path / "out", "--stack",
                           f"exec:exec /usr/bin/python3 {mark}", case],
                          stdout=subprocess.DEVNULL) as run:
        until = time.monotonic() + 30
        started = f"/usr/bin/python3 {mark}"
        while (not any(line.startswith(started)
                       for line in processes(str(mark)))
               and time.monotonic() < until):
            time.sleep(0.01)
        assert time.monotonic() < until
        run.kill()
        run.wait()
    until = time.monotonic() + 30
    while processes(str(mark)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not processes(str(mark))


def test_named(tmp_path: pathlib.Path) -> None:
    """The report says what was at the end, and how to run it again."""
    done = lastack.run("run", "-4", "--out", tmp_path, "--stack", OTHER,
                       "close/normal-a-first")
    assert done.returncode == lastack.OK
    text = json.dumps(lastack.results(tmp_path))
    assert "scripts/agent.py" in text


def test_frames(tmp_path: pathlib.Path) -> None:
    """A program that brings its own TCP has its frames by descriptor 3."""
    case = tmp_path / "refused.fin"
    case.write_text(own_tcp.REFUSED)
    done = lastack.run("run", "--out", tmp_path / "out", "--stack",
                       f"exec:exec /usr/bin/python3 {own_tcp.__file__}", case,
                       "close/normal-a-first")
    assert done.returncode == lastack.OK, done.stdout
    verdicts = {(case["name"].split("/")[-1], case["family"]): case
                for case in lastack.cases(tmp_path / "out")}
    refused = [case for (name, _), case in verdicts.items()
               if name.startswith("refused")]
    assert [case["verdict"] for case in refused] == ["ok"]
    other = verdicts["normal-a-first", "ipv6"]
    assert other["reason"] == "this exec has no IPv6"
