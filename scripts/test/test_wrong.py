"""Cases that must fail, each with the very words it must fail with.

The lines "#! ..." at the foot of a case are its verdict: what a run records
of it, or what is said of a file that is refused. "*" stands for a number
that is a time, or this kernel's name.
"""

import pathlib
import re
from typing import Dict, List

import lastack
import pytest

WRONG = lastack.ROOT / "harness" / "test" / "wrong"
NAMES = sorted(path.stem for path in WRONG.glob("*.fin"))
TIME = r"[0-9]+(\.[0-9]+)?"


def expected(name: str) -> List[str]:
    """Return the lines a case must be answered with."""
    text = (WRONG / f"{name}.fin").read_text(errors="replace")
    return re.findall(r"^#! (.*)$", text, re.MULTILINE)


def is_refused(name: str) -> bool:
    """Tell whether the case is one that must not be run."""
    return expected(name)[0].startswith("refused")


REFUSED = [name for name in NAMES if is_refused(name)]
PLAYED = [name for name in NAMES if not is_refused(name)]
SKIPPED = [name for name in PLAYED if expected(name)[0].startswith("skip")]


def paths(names: List[str]) -> List[pathlib.Path]:
    """Return the files of cases, as seen from the root."""
    return [(WRONG / f"{name}.fin").relative_to(lastack.ROOT)
            for name in names]


def fits(line: str, want: str) -> bool:
    """Compare, where "*" in want stands for any one time or version."""
    last = r"\S+" if want.endswith("this is *") else TIME
    return re.fullmatch(re.escape(want).replace(r"\*", last), line) is not None


def by_name(stderr: str) -> Dict[str, List[str]]:
    """Sort "FILE:LINE: TEXT" by case."""
    faults: Dict[str, List[str]] = {}
    for line in stderr.splitlines():
        match = re.fullmatch(r"\S*/([^/]+)\.fin:(\d+): (.*)", line)
        if match:
            fault = f"refused, line {match[2]}: {match[3]}"
            faults.setdefault(match[1], []).append(fault)
    return faults


@pytest.fixture(scope="module", name="faults")
def faults_fixture() -> Dict[str, List[str]]:
    """What lint says of all of them."""
    done = lastack.run("lint", WRONG.relative_to(lastack.ROOT))
    assert done.returncode == lastack.BAD
    return by_name(done.stderr)


@pytest.fixture(scope="module", name="played")
def played_fixture(tmp_path_factory: pytest.TempPathFactory
                   ) -> Dict[str, List[lastack.Case]]:
    """The records of all that can be run, with both families."""
    out = tmp_path_factory.mktemp("wrong")
    done = lastack.run("run", "--out", out, *paths(PLAYED))
    assert done.returncode == lastack.BAD, done.stderr  # one is broken
    records: Dict[str, List[lastack.Case]] = {}
    for case in lastack.cases(out):
        name = pathlib.PurePath(case["path"]).stem
        records.setdefault(name, []).append(case)
    return records


def test_every_case_says_what_it_expects() -> None:
    """A case without a verdict line would test nothing."""
    assert len(PLAYED) >= 25 and len(REFUSED) >= 15
    assert all(expected(name) for name in NAMES)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, faults: Dict[str, List[str]]) -> None:
    """Lint says these faults, in this order, and no others."""
    assert faults.get(name) == expected(name)


@pytest.mark.parametrize("name", PLAYED)
def test_played(name: str, played: Dict[str, List[lastack.Case]],
                faults: Dict[str, List[str]]) -> None:
    """The run finds this, and lint has nothing against it."""
    (want,) = expected(name)
    assert name not in faults
    records = [case for case in played[name]
               if case["reason"] is None or "needs ipv" not in case["reason"]]
    assert records
    for case in records:
        line = lastack.verdict_line(case)
        assert fits(line, want), f"{case['family']}: {line}"


def test_refused_are_not_run(tmp_path: pathlib.Path) -> None:
    """One malformed file, and nothing is run at all."""
    out = tmp_path / "out"
    names = [name for name in REFUSED if name != "syntax-requirement"]
    good = lastack.CASES / "close" / "normal-a-first.fin"
    done = lastack.run("run", "--out", out, good, *paths(names))
    assert done.returncode == lastack.BAD
    assert done.stdout == "" and not out.exists()
    assert by_name(done.stderr) == {name: expected(name) for name in names}


def test_all_skipped(tmp_path: pathlib.Path) -> None:
    """A run of which nothing ran says so."""
    done = lastack.run("run", "--out", tmp_path, *paths(SKIPPED))
    assert done.returncode == lastack.NOTHING


def test_skipped_but_required(tmp_path: pathlib.Path) -> None:
    """With --require a case that cannot be shown is not ok."""
    done = lastack.run("run", "--require", "--out", tmp_path, *paths(SKIPPED))
    assert done.returncode == lastack.NOT_OK
    for case in lastack.cases(tmp_path):
        (want,) = expected(pathlib.PurePath(case["path"]).stem)
        assert case["verdict"] == "not ok"
        assert fits(f'skip: {case["reason"]}', want)
