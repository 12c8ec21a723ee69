"""What the options of a run and of a list do."""

import pathlib
import re
import time
from typing import List

import lastack
import tap
from lastack import GOOD

BAD = f"{lastack.WRONG}/flag-wrong.fin"
REFUSED = f"{lastack.WRONG}/syntax-verb.fin"


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


def test_out_again(tmp_path: pathlib.Path) -> None:
    """A folder used again has the last run's files, and what is others'."""
    first = lastack.run("run", "--out", tmp_path, "-4", *GOOD)
    assert first.returncode == lastack.OK
    mine = [tmp_path / "mine.txt", tmp_path / "captures/wire/ipv4/mine.txt",
            tmp_path / "captures/ipv4/reference.pcapng"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    lastack.run("run", "--out", tmp_path, "-6", "--link", "veth", GOOD[0])
    (case,) = lastack.cases(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {
        *mine, tmp_path / "results.json", tmp_path / "junit.xml",
        tmp_path / "index.html",
        pathlib.Path(case["capture"]), pathlib.Path(case["ladder"])}


def test_out_kept_when_nothing_runs(tmp_path: pathlib.Path) -> None:
    """A run that is refused takes nothing away."""
    lastack.run("run", "--out", tmp_path, *GOOD)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")
              if path.is_file()}
    done = lastack.run("run", "--out", tmp_path, REFUSED)
    assert done.returncode == lastack.BAD and len(before) == 11
    assert all(path.read_bytes() == was for path, was in before.items())


def test_no_estimate_before_the_first(tmp_path: pathlib.Path) -> None:
    """What is left is said once there is something to judge it by."""
    cases = []
    for name, wait in (("first", "400ms"), ("last", "900ms")):
        cases.append(tmp_path / f"{name}.fin")
        cases[-1].write_text(f"case {name}\nspec  RFC9293 3.6\nopen\nquiet {wait}\n")
    shown = lastack.on_terminal(80, "run", "-4", "--out", tmp_path / "out",
                                *cases)
    ticks = re.findall(r"cases ([01])/2 (.*?)\033\[\?7h", shown)
    assert {done for done, _ in ticks} == {"0", "1"}
    assert all(("left" in text) == (done == "1") for done, text in ticks)
    assert shown.endswith("2 passed, 0 failed\n")


def test_no_wild_estimate(tmp_path: pathlib.Path) -> None:
    """Where a tenth is left to do, the estimate is no more than all of it took.

    That follows from how it is made, whatever the machine does meanwhile; what
    scripts wait for comes on top, here less than five seconds.
    """
    start = time.monotonic()
    shown = lastack.on_terminal(80, "run", "-4", "--quick", "--out", tmp_path,
                                "close", "reset", "--repeat", 5)
    took = time.monotonic() - start
    ticks = [[int(n) for n in tick] for tick in
             re.findall(r"cases (\d+)/(\d+) .*?  left (\d+) s", shown)]
    late = [left for done, all_, left in ticks if 10 * done >= 9 * all_]
    assert ticks and all(left <= took + 5 for left in late)


def test_list_fits_the_terminal() -> None:
    """Cut to a terminal's width; elsewhere all of it."""
    rows = [line.split("\t") for line in
            lastack.run("list", "close").stdout.splitlines()]
    assert rows[0] == ["case", "title", "specification", "needs", "speed"]
    assert {len(row) for row in rows} == {5}
    for columns, whole, titles in ((40, 1, 0.0), (80, 1, 0.05), (100, 1, 0.3),
                                   (200, 2, 1.0)):
        lines = lastack.on_terminal(columns, "list", "close").splitlines()
        assert max(map(len, lines)) <= max(columns, 64)
        shown = [re.split("  +", line.rstrip()) for line in lines]
        assert all(a[:whole] == b[:whole] for a, b in zip(shown, rows))
        known = [a[1] == b[1] for a, b in zip(shown, rows)]
        assert sum(known) >= titles * len(rows) and len(shown) == len(rows)
    assert shown[0] == rows[0] and "..." in lines[1]
