"""Random healthy connections in bad weather: no finding, and the known end.

A few hundred of what make weather does thousands of; and a stack with a bug in
the same weather, which must be found out.
"""

import dataclasses
import pathlib
import re
import subprocess
import sys

import lastack
import pytest
import weather
import weather_cases

SCRIPT = lastack.ROOT / "scripts" / "test" / "weather.py"
COUNT = 300
SEED = 9293


def run(tmp_path: pathlib.Path,
        *args: object) -> "subprocess.CompletedProcess[str]":
    """Run the script; what it leaves behind is in tmp_path."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, args)], check=False,
        capture_output=True, text=True, timeout=300,
        env={"TMPDIR": str(tmp_path), "LASTACK": str(lastack.BINARY)})


def test_healthy(tmp_path: pathlib.Path) -> None:
    """Nothing grave is found, every ending is the true one, nothing stays."""
    done = run(tmp_path, "--count", COUNT, "--seed", SEED)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert f"{COUNT} of seed {SEED}, 0 failed" in done.stdout
    for what in ("lost", "doubled", "delayed", "normal", "simultaneous",
                 "aborted"):
        number = re.search(rf"(\d+) {what}\b", done.stdout)
        assert number and int(number[1]) > COUNT // 30, done.stdout
    assert not list(tmp_path.iterdir())


def test_same_seed_same_cases() -> None:
    """What is drawn depends on the seed and the number only."""
    drawn = [weather_cases.draw(SEED, i) for i in range(COUNT)]
    assert drawn == [weather_cases.draw(SEED, i) for i in range(COUNT)]
    assert len({case.text for case in drawn}) == COUNT
    kinds = {case.name.split("-", 1)[1] for case in drawn}
    assert len(kinds) == len(weather_cases.KINDS)


@pytest.mark.parametrize("bug, rule", [("fin-then-data", "data-after-fin"),
                                        ("rst-far", "answer-wrong")])
def test_bug(tmp_path: pathlib.Path, bug: str, rule: str) -> None:
    """A stack with a bug is found out, whatever the weather; all is kept."""
    done = run(tmp_path, "--count", 40, "--seed", SEED, "--jobs", 2,
               "--bug", bug)
    assert done.returncode == lastack.NOT_OK, done.stdout + done.stderr
    assert re.search(rf"violation {rule} of A", done.stdout), done.stdout
    again = re.search(r"again  (\S+) (.*)  # (\S+)", done.stdout)
    assert again and pathlib.Path(again[3]).is_file()
    same = run(tmp_path, *again[2].split(), "--bug", bug)
    assert same.returncode == lastack.NOT_OK, same.stdout + same.stderr


def test_untruth_fails() -> None:
    """An ending, a closer or a state that is not the true one is told."""
    case = weather_cases.draw(SEED, 0)
    flow = {"ending": "open", "closed_first": "none", "state_a": None,
            "state_b": "LISTEN", "findings": []}
    total = weather.Sum()
    weather.look_at_flow(flow, case, total)
    assert len(total.failures[case.name]) == len(dataclasses.fields(
        case.truth)) + 1


@pytest.mark.parametrize("args", [("--count", 0), ("--first", -1),
                                  ("--bug", "nobody")])
def test_bad_usage(tmp_path: pathlib.Path, args: "tuple[object, ...]") -> None:
    """Bad usage is 2, with a message."""
    done = run(tmp_path, *args)
    assert done.returncode == lastack.BAD and done.stderr
