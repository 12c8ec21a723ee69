"""What a run says: TAP, KTAP, JUnit, JSON, and their agreement."""

import json
import pathlib
import re
import shutil
import subprocess
from typing import Dict
from xml.etree import ElementTree

from conftest import WireRun
import lastack
import pytest
import schema
import tap
from lastack import GOOD

BAD = f"{lastack.WRONG}/flag-wrong.fin"
SKIP = f"{lastack.WRONG}/skip-kernel.fin"
BUG = "fin-never"


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
        assert bool(point.todo) == (case["verdict"] == "deviates")
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


def test_tap_of_what_left_nothing(tmp_path: pathlib.Path) -> None:
    """No capture is named where there is none."""
    done = lastack.run("run", "-4", "--require", "--out", tmp_path, SKIP)
    (point,) = tap.parse(done.stdout).points
    assert not point.ok and not any(tmp_path.rglob("*.pcapng"))
    assert not any(line.startswith("capture:") for line in point.yaml)


def test_tap_13() -> None:
    """For readers that know no later version: another first line only."""
    done = lastack.run("replay", "--format", "tap13", *GOOD)
    first, rest = done.stdout.split("\n", 1)
    assert first == "TAP version 13" and done.returncode == lastack.OK
    assert tap.parse("TAP version 14\n" + rest).plan == len(GOOD)


@pytest.mark.skipif(not shutil.which("prove"), reason="needs prove")
def test_prove(tmp_path: pathlib.Path) -> None:
    """As version 13, which is all it knows, prove reads our TAP."""
    for cases, status in (([*GOOD, SKIP], 0), ([*GOOD, BAD], 1)):
        done = lastack.run("run", "--out", tmp_path, *cases)
        path = tmp_path / "run.tap"
        path.write_text(done.stdout.replace("version 14", "version 13", 1))
        proved = subprocess.run(["prove", "-e", "cat", str(path)], text=True,
                                capture_output=True, check=False)
        assert proved.returncode == status, proved.stdout
        assert "Parse errors" not in proved.stdout


def test_ktap(tmp_path: pathlib.Path) -> None:
    """As the kernel's selftests print it: every verdict, and their totals."""
    done = lastack.run("run", "-4", "--format", "ktap", "--out", tmp_path,
                       GOOD[0], BAD, SKIP, "reset/in-window-fin-wait-2-closed")
    assert done.returncode == lastack.NOT_OK
    first, plan, *rest = done.stdout.splitlines()
    assert (first, plan) == ("KTAP version 1", "1..4")
    points = [line for line in rest if not line.startswith("# ")]
    found = {}
    for number, line in enumerate(points, 1):
        match = re.fullmatch(rf"(ok|not ok) {number} - (\S+) ipv4 wire"
                             r"(?: # (SKIP|XFAIL|ERROR) .+)?", line)
        assert match, line
        found[pathlib.Path(match[2]).name] = (match[1], match[3])
    assert found == {"normal-a-first": ("ok", None),
                     "flag-wrong": ("not ok", None),
                     "skip-kernel": ("ok", "SKIP"),
                     "in-window-fin-wait-2-closed": ("ok", "XFAIL")}
    before = rest[:rest.index(next(p for p in points if "flag-wrong" in p))]
    assert any(re.match(r"# +expected +\S", line) for line in before)
    assert rest[-1] == ("# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 "
                        "error:0")


def test_json(wire: WireRun) -> None:
    """It keeps to its schema, paths lead to files, and sums are sums."""
    whole = schema.valid((wire.out / "results.json").read_text(), "run")
    assert whole["link"] == "wire"
    for case in whole["cases"]:
        for path in (case["capture"], case["ladder"]):
            assert path is None or pathlib.Path(path).is_file(), path
    verdicts = [case["verdict"].replace(" ", "_") for case in whole["cases"]]
    for verdict, number in whole["summary"].items():
        assert verdicts.count(verdict) == number


def test_json_of_failures(tmp_path: pathlib.Path) -> None:
    """A failure, a skip and a bug keep to the schema, which can say no."""
    lastack.run("run", "-4", "--shuffle", 7, "--bug", BUG, "--out",
                tmp_path, *GOOD, BAD, SKIP)
    whole = schema.valid((tmp_path / "results.json").read_text(), "run")
    assert whole["seed"] == 7 and whole["bug"] == BUG
    cases = {case["name"]: case for case in whole["cases"]}
    assert {case["verdict"] for case in cases.values()} >= {"not ok", "skip"}
    assert any(case["finding"] for case in cases.values())
    assert any(case["judge"] for case in cases.values())
    for member in whole:
        assert schema.errors(dict(whole, **{member: {"x": -1}}), "run")
    for member in whole["cases"][0]:
        assert schema.errors(
            dict(whole, cases=[dict(whole["cases"][0], **{member: {}})]),
            "run")


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
