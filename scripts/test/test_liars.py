"""Every liar is caught: by the cases its row names, and by the judge alone.

A liar is a fault the cable plays (lastack run --liar NAME). The cases named
in its row must all be not ok with it. The judge has harness/test/liars: cases
without rungs, in which whatever is sent passes, so that nothing but a rule of
the judge can object; there, or in the cases, it must say the row's rule of
the lying end, and nothing of the other one. The same cases without a liar are
ok and have no finding.
"""

import dataclasses
import pathlib
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Set, Tuple

import lastack
import pytest

JUDGED = lastack.ROOT / "harness" / "test" / "liars"
AT_ONCE = 4
GRAVE = ("violation", "suspicious")


@dataclasses.dataclass
class Liar:
    """A row of --liar list."""

    name: str
    side: str
    source: str
    rule: str
    cases: List[str]
    text: str


def table() -> List[Liar]:
    """Return the rows, without the heading."""
    lines = lastack.run("run", "--liar", "list").stdout.splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return [Liar(name, side, source, rule, cases.split(), text)
            for name, side, source, rule, cases, text in rows]


LIARS = table()
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


@pytest.fixture(scope="module", name="played")
def played_fixture(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every liar's cases and the judge's own, some liars side by side."""
    out = tmp_path_factory.mktemp("liars")

    def one(liar: Liar) -> Tuple[str, List[lastack.Case]]:
        return liar.name, play(out / liar.name, "-4", "--liar", liar.name,
                               *liar.cases, JUDGED)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(one, LIARS))


def test_enough() -> None:
    """At least 70, each with a name of its own and a rule of the judge."""
    assert len({liar.name for liar in LIARS}) == len(LIARS) >= 70
    assert all(liar.rule not in ("", "-") for liar in LIARS)
    assert all(liar.cases and liar.source and liar.text for liar in LIARS)


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.name)
def test_caught_by_cases(liar: Liar, played: Played) -> None:
    """Every case that the row names fails."""
    verdict = {case["name"]: lastack.verdict_line(case)
               for case in played[liar.name] if case["name"] in liar.cases}
    print(liar.name, verdict)
    assert set(verdict) == set(liar.cases)
    assert all(line.startswith("not ok") for line in verdict.values()), verdict


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.name)
def test_caught_by_judge(liar: Liar, played: Played) -> None:
    """The judge finds the row's rule broken, by the end that lies."""
    found = findings(played[liar.name])
    caught = sorted(name for name, side, rule in found
                    if (side, rule) == (liar.side, liar.rule))
    print(liar.name, liar.rule, caught)
    assert caught, f"expected {liar.side} {liar.rule}, found {sorted(found)}"
    blamed = sorted(one for one in found if one[1] != liar.side)
    assert not blamed, f"the other end does not lie: {blamed}"


def test_nobody_lies(tmp_path: pathlib.Path) -> None:
    """The same cases without a liar: all ok, and the judge is silent."""
    cases = play(tmp_path, JUDGED,
                 *sorted({name for liar in LIARS for name in liar.cases}))
    bad = [f"{lastack.label(c)}: {lastack.verdict_line(c)}" for c in cases
           if c["verdict"] != "ok"]
    assert not bad, "\n".join(bad)
    assert not findings(cases)


def test_evidence_names_the_liar(tmp_path: pathlib.Path) -> None:
    """Nobody can take what a liar left for the work of the real stack."""
    done = lastack.run("run", "-4", "--format", "tap", "--out", tmp_path,
                       "--liar", "fin-far", "close/normal-a-first")
    assert "# liar fin-far" in done.stdout.splitlines()
    assert '-4 --link wire --liar fin-far"' in done.stdout
    case, = lastack.cases(tmp_path)
    assert b"--liar fin-far" in pathlib.Path(case["capture"]).read_bytes()
    assert lastack.results(tmp_path)["liar"] == "fin-far"
    assert '"liar" value="fin-far"' in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize("args", [
    ("--liar", "nobody"), ("--liar", ""), ("--liar",),
    ("--link", "veth", "--liar", "fin-far"),
    ("--liar", "fin-far", "--link", "loopback")])
def test_bad_usage(args: Tuple[str, ...]) -> None:
    """A name that is none, or a link that is no cable: one line, status 2."""
    done = lastack.run("run", *args)
    assert done.returncode == lastack.BAD
    assert len(done.stderr.splitlines()) == 1 and "--l" in done.stderr
