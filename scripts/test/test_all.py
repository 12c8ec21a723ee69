"""What `make check` says at its end: each failed test, by its name, once."""

import importlib
import json
import pathlib

import pytest

all_tests = importlib.import_module("all")

TESTS = """import pytest

@pytest.fixture
def torn():
    yield
    raise OSError("cannot be cleaned up")

def test_good(): pass
def test_bad(): assert 0
def test_bad_twice(torn): assert 0
def test_not_here(): pytest.skip("not here")
"""


@pytest.mark.parametrize("how", [[], ["-n", "2"]])
def test_pytest(tmp_path: pathlib.Path, how: "list[str]") -> None:
    """A test that fails is named; one that also fails to end is so once."""
    (tmp_path / "test_it.py").write_text(TESTS)
    count = all_tests.pytest("build", str(tmp_path / "it.xml"), False, *how,
                             str(tmp_path))
    assert sorted(name.rpartition("::")[2] for name in count.failed) == [
        "test_bad", "test_bad_twice"]
    assert (count.passed, count.skipped) == (1, 1)


def test_pytest_ends(tmp_path: pathlib.Path) -> None:
    """A run without a test is a failure too, and is named."""
    count = all_tests.pytest("build", str(tmp_path / "no.xml"), False,
                             str(tmp_path))
    assert (count.passed, count.failed) == (0, ["pytest: exit status 5"])


def test_unit(tmp_path: pathlib.Path) -> None:
    """A unit test that fails is named as CUnit does."""
    unit = tmp_path / "unit"
    unit.write_text("#!/bin/sh\necho 'Suite acts, Test of calls had failures:'"
                    "\necho '  tests  3  3  2  1  0'\nexit 1\n")
    unit.chmod(0o755)
    count = all_tests.unit(str(tmp_path))
    assert (count.passed, count.failed) == (2, ["unit: acts: of calls"])


def test_suite(tmp_path: pathlib.Path) -> None:
    """A case as reports do, and what never ran, or ended without a word."""
    case = {"name": "close/it", "family": "ipv4", "link": "wire"}
    results = {"cases": [{**case, "verdict": verdict} for verdict in (
        "ok", "broken", "not ok", "skip")], "summary": {
            "ok": 1, "deviates": 0, "not_ok": 1, "broken": 1, "skip": 1,
            "not_run": 1}}
    (tmp_path / "results.json").write_text(json.dumps(results))
    (tmp_path / "index.html").write_text("")
    (tmp_path / "lastack").symlink_to("/bin/true")
    count = all_tests.suite(str(tmp_path), str(tmp_path), False)
    assert (count.passed, count.skipped) == (1, 1)
    assert count.failed == [
        "broken: close/it ipv4 wire", "not ok: close/it ipv4 wire",
        "lastack run: a case that was not run"]
    (tmp_path / "results.json").write_text(json.dumps(
        {"cases": [], "summary": {**results["summary"], "not_run": 0}}))
    (tmp_path / "lastack").unlink()
    (tmp_path / "lastack").symlink_to("/bin/false")
    count = all_tests.suite(str(tmp_path), str(tmp_path), False)
    assert count.failed == ["lastack run: exit status 1"]


def test_replay(tmp_path: pathlib.Path) -> None:
    """And a capture as TAP does."""
    lastack = tmp_path / "lastack"
    lastack.write_text("#!/bin/sh\necho 'ok 1 - a'\necho 'not ok 2 - b'\n"
                       "exit 1\n")
    lastack.chmod(0o755)
    count = all_tests.replay(str(tmp_path))
    assert (count.passed, count.failed) == (1, ["replay: not ok 2 - b"])
