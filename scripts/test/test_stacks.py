"""Stacks at the ends of a run: how they are named, and who tells of them."""

import pathlib
import platform
import re
import subprocess
from typing import List
from xml.etree import ElementTree

import lastack
import pytest
import schema

CASE = "close/normal-a-first"
KERNEL = {"name": "kernel", "version": platform.release()}


@pytest.mark.parametrize("option", ["--a", "--b", "--stack"])
def test_unknown(option: str) -> None:
    """A stack that there is not is bad usage, and one line says so."""
    done = lastack.run("run", option, "toaster", CASE)
    assert done.returncode == lastack.BAD
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith('lastack run: there is no stack "toaster", '
                                  'expected one of kernel')


def test_no_argument() -> None:
    """What takes no argument refuses one."""
    done = lastack.run("run", "--stack", "kernel:6.1", CASE)
    assert done.returncode == lastack.BAD
    assert 'the stack "kernel:6.1": expected kernel alone' in done.stderr


def test_named(tmp_path: pathlib.Path) -> None:
    """Every report and every capture says what was at either end."""
    done = lastack.run("run", "-4", "--a", "kernel", "--stack", "linux",
                       "--out", tmp_path, CASE)
    label = f"kernel {platform.release()}"
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert f"\n# A {label}, B {label}\n" in done.stdout
    results = lastack.results(tmp_path)
    assert not schema.errors(results, "run")
    assert results["stacks"] == {"A": {**KERNEL, "as": "kernel"},
                                 "B": {**KERNEL, "as": "linux"}}
    suite = ElementTree.parse(tmp_path / "junit.xml").find("testsuite")
    assert suite is not None
    told = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert told["stack-a"] == told["stack-b"] == label
    [capture] = tmp_path.glob("captures/**/*.pcapng")
    assert f'a="{label}" b="{label}"'.encode() in capture.read_bytes()


def test_deviations_alike() -> None:
    """The kernel is known by either name, in the version that runs."""
    listing = {lastack.run("deviations", "--format", "tsv", *args).stdout
               for args in ([], ["--stack", "kernel"], ["--stack", "linux"],
                            ["--version", platform.release()])}
    assert len(listing) == 1


LWIP = lastack.BINARY.parent / "lastack-lwip"
needs_lwip = pytest.mark.skipif(not LWIP.exists(),
                                reason="built without liblwip-dev")


def lwip(out: pathlib.Path, *args: object) -> List[lastack.Case]:
    """Run with lwIP as B, expecting nothing, and return the cases."""
    done = lastack.run("run", "--stack", "lwip", "--no-expectations", "--out",
                       out, *args)
    assert done.returncode in (lastack.OK, lastack.NOT_OK, lastack.NOTHING)
    assert not schema.errors(lastack.results(out), "run")
    return lastack.cases(out)


def test_left_out(tmp_path: pathlib.Path) -> None:
    """Without its program one line names the package."""
    alone = tmp_path / "lastack"
    alone.write_bytes(lastack.BINARY.read_bytes())
    alone.chmod(0o755)
    done = subprocess.run([alone, "run", "--stack", "lwip", CASE], text=True,
                          cwd=lastack.ROOT, capture_output=True, check=False)
    assert done.returncode == lastack.BAD
    assert done.stderr == (
        "lastack run: the stack lwip: lastack-lwip was left out of this "
        "build, install liblwip-dev and build again; see lastack run --help\n")


@needs_lwip
def test_lwip(tmp_path: pathlib.Path) -> None:
    """The RFC's own figure, between the kernel and lwIP."""
    cases = lwip(tmp_path, CASE, "close/normal-b-first",
                 "simultaneous/figure-13")
    assert {case["verdict"] for case in cases} == {"ok"}
    stack = lastack.results(tmp_path)["stacks"]["B"]
    assert stack["name"] == "lwip"
    assert re.fullmatch(r"\d+\.\d+\.\d+", stack["version"])


@needs_lwip
@pytest.mark.parametrize("case, reason", [
    ("close/fin-rides-on-data-b", "needs cork of B, whose stack (lwip) has not"),
    ("grid/CLOSE-WAIT/fork",
     "needs fork of B, whose stack (lwip) has not"),
    ("timer/keepalive-off", "lwIP was built with what "
     "net.ipv4.tcp_keepalive_time would set: 7200, not 1"),
])
def test_lwip_lacks(tmp_path: pathlib.Path, case: str, reason: str) -> None:
    """What lwIP has not is skipped, and named."""
    assert [(one["verdict"], one["reason"])
            for one in lwip(tmp_path, "-4", case)] == [("skip", reason)]


@needs_lwip
def test_lwip_cable_alone(tmp_path: pathlib.Path) -> None:
    """lwIP has no veth of its own."""
    done = lastack.run("run", "--stack", "lwip", "--link", "veth", CASE)
    assert done.returncode == lastack.BAD
    assert "expected --link wire, which alone joins the stack lwip" \
        in done.stderr


CLOSE = """spec  RFC9293-3.6-FIG12

open
B close
             <--  F.  seq 1 ack 1  <--  FIN-WAIT-1
             -->  .   ack 2        -->  FIN-WAIT-2
"""
TIME_WAIT = f"""case  TIME-WAIT lasts two minutes
{CLOSE}A close
             -->  F.  seq 1 ack 2  -->  TIME-WAIT
             <--  .   ack 2        <--  TIME-WAIT
quiet 118s
B is TIME-WAIT
B is CLOSED within 3s
"""
FIN_WAIT_2 = f"""case  FIN-WAIT-2 of an orphan lasts 20 seconds
{CLOSE}quiet 18s
B is FIN-WAIT-2
B is CLOSED within 3s
"""


@needs_lwip
@pytest.mark.parametrize("family", ["-4", "-6"])
@pytest.mark.parametrize("text, seconds",
                         [(TIME_WAIT, 118), (FIN_WAIT_2, 18)],
                         ids=["TIME-WAIT", "FIN-WAIT-2"])
def test_virtual_time(tmp_path: pathlib.Path, text: str, seconds: int,
                      family: str) -> None:
    """Between two of lwIP's ends waiting costs a part of its time."""
    script = tmp_path / "times.fin"
    script.write_text(text)
    [case] = lwip(tmp_path, "--a", "lwip", family, script)
    assert case["verdict"] == "ok", case["finding"]
    assert lastack.results(tmp_path)["clock"] == "virtual"
    assert case["duration_s"] < seconds / 2


@needs_lwip
def test_real_time(tmp_path: pathlib.Path) -> None:
    """It passes by itself when that is asked for."""
    cases = lwip(tmp_path, "--a", "lwip", "--real-time", "-4",
                 CASE)
    assert lastack.results(tmp_path)["clock"] == "real"
    assert [case["verdict"] for case in cases] == ["ok"]


@needs_lwip
@pytest.mark.parametrize("at_a", ["kernel", "lwip"])
def test_lwip_widely(tmp_path: pathlib.Path, at_a: str) -> None:
    """Hundreds of cases, none broken, and what lwIP is known for."""
    lastack.run("run", "-4", "--quick", "--a", at_a, "--stack", "lwip",
                "--out", tmp_path, "close", "linger", "grid/ESTABLISHED")
    cases = lastack.cases(tmp_path)
    assert not [case for case in cases if case["verdict"] == "broken"
                and " late " not in case["reason"]]
    verdicts = {case["name"]: case["verdict"] for case in cases}
    assert sum(verdict in ("ok", "deviates")
               for verdict in verdicts.values()) >= 100
    assert verdicts["grid/ESTABLISHED/linger-0"] == "deviates"
    assert all(case["reason"] for case in cases if case["verdict"] == "skip")
