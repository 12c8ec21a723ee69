"""What a run says: TAP, JUnit, JSON, exit statuses, and their agreement."""

import json
import pathlib
import re
from typing import Dict, List
from xml.etree import ElementTree

import lastack
import pytest
import tap
from conftest import WireRun

WRONG = "harness/test/wrong"
GOOD = ["close/normal-a-first", "simultaneous/figure-13"]
BAD = f"{WRONG}/flag-wrong.fin"
SKIP = f"{WRONG}/skip-kernel.fin"
REFUSED = f"{WRONG}/syntax-verb.fin"

FIELDS = {
    "verdict": str, "reason": (str, type(None)), "segments": int,
    "states": dict, "branch": list, "finding": (dict, type(None)),
    "path": str, "name": str, "title": str, "spec": list, "slow": bool,
    "link": str, "family": str, "round": int, "kernel": str, "started": str,
    "duration_s": float, "capture": (str, type(None)),
    "ladder": (str, type(None)),
}
HEAD = {"lastack", "kernel", "machine", "started", "duration_s", "link",
        "seed", "command", "exit", "summary", "cases"}


@pytest.mark.parametrize("cases, status", [
    (GOOD, lastack.OK), ([*GOOD, BAD], lastack.NOT_OK),
    ([*GOOD, SKIP], lastack.OK), ([SKIP], lastack.NOTHING),
    ([*GOOD, REFUSED], lastack.BAD), (["no/such-case"], lastack.BAD),
    (["RFC9999-1-NONE"], lastack.BAD), (["--no-such-option"], lastack.BAD),
    (["--jobs", "0", *GOOD], lastack.BAD), ([""], lastack.BAD),
    (["--link", "ethernet", *GOOD], lastack.BAD),
    (["--timeout", "never", *GOOD], lastack.BAD),
    (["--shuffle=x", *GOOD], lastack.BAD),
    (["RFC9293-3.6-FIG12", "--quick"], lastack.OK),
])
def test_exit_status(cases: List[str], status: int,
                     tmp_path: pathlib.Path) -> None:
    """The status is the truth; bad usage runs nothing and says why."""
    out = tmp_path / "out"
    done = lastack.run("run", "--out", out, *cases)
    assert done.returncode == status, done.stdout + done.stderr
    if status == lastack.BAD:
        assert done.stdout == "" and done.stderr and not out.exists()
    else:
        assert lastack.results(out)["exit"] == status
        tap.parse(done.stdout)


@pytest.mark.parametrize("args", [[], ["no-such-verb"], ["show"],
                                  ["lint", "no/such/file.fin"],
                                  ["replay", "no/such.pcapng"]])
def test_bad_usage(args: List[str]) -> None:
    """Bad usage of any verb is 2 and a message on standard error."""
    done = lastack.run(*args)
    assert done.returncode == lastack.BAD
    assert done.stdout == "" and done.stderr


@pytest.mark.parametrize("verb", ["run", "lint", "list", "show", "replay",
                                  "agent"])
def test_help(verb: str) -> None:
    """Help is no error, and is the same either way."""
    asked = lastack.run("help", verb)
    assert asked.returncode == lastack.OK and not asked.stderr
    assert asked.stdout.startswith(f"usage: lastack {verb}")
    assert lastack.run(verb, "--help").stdout == asked.stdout


def test_tap(wire: WireRun) -> None:
    """TAP says of each case what results.json says."""
    stream = tap.parse(wire.done.stdout)
    cases = {lastack.label(c): c for c in lastack.cases(wire.out)}
    assert stream.plan == len(cases) and stream.bail is None
    for point in stream.points:
        case = cases.pop(point.name)
        assert point.ok == (case["verdict"] in ("ok", "skip"))
        assert point.skip == (case["reason"] if case["verdict"] == "skip"
                              else None)
        assert bool(point.yaml) == (not point.ok)
    assert not cases


def test_tap_tells_a_failure(tmp_path: pathlib.Path) -> None:
    """A failure has all it needs: where, why, expected, actual, ladder."""
    done = lastack.run("run", "-4", "--out", tmp_path, BAD)
    (point,) = tap.parse(done.stdout).points
    (case,) = lastack.cases(tmp_path)
    values: Dict[str, object] = {}
    for line in point.yaml:
        match = re.fullmatch(r'(\w+): ("(?:[^"\\]|\\.)*"|\d+)', line)
        if match:
            values[match[1]] = json.loads(match[2])
    found = case["finding"]
    assert {key: values[key] for key in ("line", "what", "expected",
                                         "actual")} == {
        key: found[key] for key in ("line", "what", "expected", "actual")}
    assert values["file"] == case["path"] == BAD
    assert values["capture"] == case["capture"]
    text = "\n".join(point.yaml)
    assert "ladder: |" in text and "A close" in text and "again: " in text


def test_json(wire: WireRun) -> None:
    """Every field is there, and sums are sums."""
    whole = lastack.results(wire.out)
    assert set(whole) >= HEAD and whole["link"] == "wire"
    for case in whole["cases"]:
        assert set(case) >= set(FIELDS), lastack.label(case)
        for field, kind in FIELDS.items():
            assert isinstance(case[field], kind), (field, case[field])
        assert set(case["states"]) == {"A", "B"}
        assert case["spec"] and case["family"] in ("ipv4", "ipv6")
        for path in (case["capture"], case["ladder"]):
            assert path is None or pathlib.Path(path).is_file(), path
    verdicts = [case["verdict"].replace(" ", "_") for case in whole["cases"]]
    for verdict, number in whole["summary"].items():
        assert verdicts.count(verdict) == number


def test_junit(wire: WireRun) -> None:
    """Strictly parsed, with the same cases and sums that add up."""
    root = ElementTree.parse(wire.out / "junit.xml").getroot()
    assert root.tag == "testsuites"
    names = []
    for suite in root:
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for kind, attribute in (("failure", "failures"), ("error", "errors"),
                                ("skipped", "skipped")):
            found = suite.findall(f"testcase/{kind}")
            assert int(suite.attrib[attribute]) == len(found)
        names += [case.attrib["name"] for case in cases]
    assert int(root.attrib["tests"]) == len(names)
    assert sorted(names) == sorted(map(lastack.label,
                                       lastack.cases(wire.out)))


def order(out: pathlib.Path, *args: object) -> List[str]:
    """The order in which runs of a case ended, in one lane."""
    done = lastack.run("run", "--jobs", 1, "--out", out, *args, GOOD[0],
                       "--repeat", 8)
    return [point.name for point in tap.parse(done.stdout).points]


def test_shuffle(tmp_path: pathlib.Path) -> None:
    """The same seed is the same order; another is another."""
    first = order(tmp_path / "1", "--shuffle", 7)
    assert order(tmp_path / "2", "--shuffle", 7) == first
    assert order(tmp_path / "3", "--shuffle=8") != first
    assert sorted(first) == sorted(order(tmp_path / "4"))
    assert lastack.results(tmp_path / "1")["seed"] == 7


def test_fail_fast(tmp_path: pathlib.Path) -> None:
    """The first failure ends the run, and what was not run is counted."""
    done = lastack.run("run", "--fail-fast", "--jobs", 1, "--repeat", 50,
                       "--out", tmp_path, BAD)
    assert done.returncode == lastack.NOT_OK
    stream = tap.parse(done.stdout)
    summary = lastack.results(tmp_path)["summary"]
    assert summary["not_ok"] >= 1 and summary["not_run"] >= 90
    assert len(stream.points) + summary["not_run"] == stream.plan == 100
    assert stream.bail and f'{summary["not_run"]} not run' in stream.bail


def test_families_and_rounds(tmp_path: pathlib.Path) -> None:
    """-4 and -6 alone, both by default, each as often as asked."""
    for args, families in ((["-4"], {"ipv4"}), (["-6"], {"ipv6"}),
                           ([], {"ipv4", "ipv6"})):
        lastack.run("run", "--repeat", 3, "--out", tmp_path, *args, GOOD[0])
        rounds = [(c["family"], c["round"]) for c in lastack.cases(tmp_path)]
        assert sorted(rounds) == sorted((f, r) for f in families
                                        for r in (1, 2, 3))


def test_timeout(tmp_path: pathlib.Path) -> None:
    """A case that takes longer than it may is not ok, and says so."""
    done = lastack.run("run", "-4", "--timeout", "1us", "--out", tmp_path,
                       GOOD[0])
    assert done.returncode == lastack.NOT_OK
    (case,) = lastack.cases(tmp_path)
    assert case["finding"]["what"] == "timed out"
