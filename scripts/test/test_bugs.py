"""Every injected bug is caught: by the cases its row names, and by the judge.

The cable plays a bug of one end (lastack run --bug NAME). The cases named in
its row must all be not ok with it. The judge has harness/test/bugs: cases
without rungs, in which whatever is sent passes, so that nothing but a rule of
the judge can object; there, or in the cases, it must say the row's rule of
the end with the bug, and nothing of the other one. The same cases without a
bug are ok and have no finding.
"""

import dataclasses
import pathlib
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Set, Tuple

import lastack
import pytest

JUDGED = lastack.ROOT / "harness" / "test" / "bugs"
AT_ONCE = 8  # they mostly wait
GRAVE = ("violation", "suspicious")
# What a bug's segments show of the kernel at the other end: rule of the bug,
# and the requirement that the kernel does not keep (cases/stacks/linux.tsv).
KERNEL_DEVIATES = {"no-timestamp": "RFC7323-3.2-MISSING"}


@dataclasses.dataclass
class Bug:
    """A row of --bug list."""

    name: str
    side: str
    source: str
    rule: str
    cases: List[str]
    text: str


def table() -> List[Bug]:
    """Return the rows, without the heading."""
    lines = lastack.run("run", "--bug", "list").stdout.splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return [Bug(name, side, source, rule, cases.split(), text)
            for name, side, source, rule, cases, text in rows]


BUGS = table()
Played = Dict[str, List[lastack.Case]]


def play(out: pathlib.Path, *args: object) -> List[lastack.Case]:
    """Run cases; return what came of them."""
    done = lastack.run("run", "--format", "tap", "--out", out, *args,
                       timeout=300)
    assert done.returncode in (lastack.OK, lastack.NOT_OK), \
        done.stdout + done.stderr
    return lastack.cases(out)


def findings(cases: List[lastack.Case]) -> Set[Tuple[str, str, str]]:
    """Return case, side and rule of each grave finding of the judge."""
    return {(case["name"], found["side"], found["rule"])
            for case in cases for found in case["judge"]
            if found["severity"] in GRAVE and not found["declared"]}


def deviating(cases: List[lastack.Case], side: str, rule: str) -> Set[str]:
    """Return the cases in which the end without the bug deviates, as known.

    What the judge says of that end after that is a consequence of it.
    """
    return {case["name"] for case in cases for found in case["judge"]
            if found["side"] != side
            and found["id"] == KERNEL_DEVIATES.get(rule)}


@pytest.fixture(scope="module", name="played")
def played_fixture(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every bug's cases and the judge's own, some bugs side by side."""
    out = tmp_path_factory.mktemp("bugs")

    def one(bug: Bug) -> Tuple[str, List[lastack.Case]]:
        return bug.name, play(out / bug.name, "-4", "--bug", bug.name,
                              *bug.cases, JUDGED)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(one, BUGS))


def test_enough() -> None:
    """At least 70, each with a name of its own and a rule of the judge."""
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 70
    assert all(bug.rule not in ("", "-") for bug in BUGS)
    assert all(bug.cases and bug.source and bug.text for bug in BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_caught_by_cases(bug: Bug, played: Played) -> None:
    """Every case that the row names fails."""
    verdict = {case["name"]: lastack.verdict_line(case)
               for case in played[bug.name] if case["name"] in bug.cases}
    print(bug.name, verdict)
    assert set(verdict) == set(bug.cases)
    assert all(line.startswith("not ok") for line in verdict.values()), verdict


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_caught_by_judge(bug: Bug, played: Played) -> None:
    """The judge finds the row's rule broken, by the end that has the bug."""
    found = findings(played[bug.name])
    caught = sorted(name for name, side, rule in found
                    if (side, rule) == (bug.side, bug.rule))
    print(bug.name, bug.rule, caught)
    assert caught, f"expected {bug.side} {bug.rule}, found {sorted(found)}"
    excused = deviating(played[bug.name], bug.side, bug.rule)
    blamed = sorted(one for one in found
                    if one[1] != bug.side and one[0] not in excused)
    assert not blamed, f"the other end has no bug: {blamed}"


def test_without_bug(tmp_path: pathlib.Path) -> None:
    """The same cases without a bug: none fails, and the judge is silent."""
    cases = play(tmp_path, JUDGED,
                 *sorted({name for bug in BUGS for name in bug.cases}))
    bad = [f"{lastack.label(c)}: {lastack.verdict_line(c)}" for c in cases
           if c["verdict"] not in ("ok", "deviates")]
    assert not bad, "\n".join(bad)
    assert not findings(cases)


@pytest.mark.parametrize("option", ["--bug", "--liar"])
def test_evidence_names_the_bug(tmp_path: pathlib.Path, option: str) -> None:
    """Nobody can take what a bug left for the work of the real stack."""
    done = lastack.run("run", "-4", "--format", "tap", "--out", tmp_path,
                       option, "fin-far", "close/normal-a-first")
    assert done.returncode == lastack.NOT_OK
    assert "# bug fin-far" in done.stdout.splitlines()
    assert '-4 --link wire --bug fin-far"' in done.stdout
    case, = lastack.cases(tmp_path)
    assert b"--bug fin-far" in pathlib.Path(case["capture"]).read_bytes()
    whole = lastack.results(tmp_path)
    assert whole["bug"] == whole["liar"] == "fin-far"
    assert '"bug" value="fin-far"' in (tmp_path / "junit.xml").read_text()


def test_old_option_lists() -> None:
    """--liar is --bug by its old name."""
    assert lastack.run("run", "--liar", "list").stdout == \
        lastack.run("run", "--bug", "list").stdout


@pytest.mark.parametrize("args", [
    ("--bug", "nobody"), ("--bug", ""), ("--bug",), ("--liar", "nobody"),
    ("--link", "veth", "--bug", "fin-far"),
    ("--bug", "fin-far", "--link", "loopback")])
def test_bad_usage(args: Tuple[str, ...]) -> None:
    """A name that is none, or a link that is no cable: one line, status 2."""
    done = lastack.run("run", *args)
    assert done.returncode == lastack.BAD
    assert len(done.stderr.splitlines()) == 1 and "--bug" in done.stderr
