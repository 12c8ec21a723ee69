"""Runs held beside each other, and runs made of parts."""

import json
import pathlib
import shutil
import subprocess
from typing import Dict, List, Set
from xml.etree import ElementTree

import lastack
import pytest
import schema
import tap

WRONG = "harness/test/wrong/state-of-b.fin"
SKIP = "harness/test/wrong/skip-kernel.fin"
CASES = ["close/normal-a-first", "close/normal-b-first",
         "simultaneous/figure-13"]


def labels(out: pathlib.Path) -> List[str]:
    """What a run played, sorted."""
    return sorted(map(lastack.label, lastack.cases(out)))


@pytest.fixture(name="parts", scope="module")
def parts_fixture(tmp_path_factory: pytest.TempPathFactory
                  ) -> List[pathlib.Path]:
    """A run in three parts: folders of its parts."""
    base = tmp_path_factory.mktemp("parts")
    for part in (1, 2, 3):
        lastack.run("run", "--shard", f"{part}/3", "--shuffle", part, "--out",
                    base / str(part), *CASES, WRONG, SKIP)
    return [base / str(part) for part in (1, 2, 3)]


def test_shards(parts: List[pathlib.Path], tmp_path: pathlib.Path) -> None:
    """Each case is in one part, and in the same one however it is shuffled."""
    seen: List[str] = sum(map(labels, parts), [])
    assert len(seen) == len(set(seen)) == 2 * (len(CASES) + 2)
    lastack.run("run", "--shard", "2/3", "--out", tmp_path, *CASES, WRONG, SKIP)
    assert labels(tmp_path) == labels(parts[1])
    assert lastack.results(tmp_path)["shard"] == {"part": 2, "of": 3}


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1/0", "x", "1/", "/3", "3/2"])
def test_bad_shard(shard: str) -> None:
    """One line about what is wrong."""
    done = lastack.run("run", "--shard", shard, *CASES)
    assert done.returncode == lastack.BAD and "expected I/N" in done.stderr


def test_more_parts_than_cases() -> None:
    """A part that would be empty is refused: nobody would notice it."""
    done = lastack.run("run", "-4", "--shard", "4/4", *CASES)
    assert done.returncode == lastack.BAD and "at most 3 parts" in done.stderr


def test_merge(parts: List[pathlib.Path], tmp_path: pathlib.Path) -> None:
    """The report of the whole, with all that belongs to it."""
    done = lastack.run("merge", "--out", tmp_path / "all", *parts)
    assert done.returncode == lastack.NOT_OK, done.stderr
    whole = schema.valid((tmp_path / "all/results.json").read_text(), "run")
    assert labels(tmp_path / "all") == sorted(sum(map(labels, parts), []))
    assert whole["shard"] is None and whole["exit"] == lastack.NOT_OK
    assert whole["summary"] == {"ok": 6, "not_ok": 2, "skip": 2, "broken": 0,
                                "deviates": 0, "not_run": 0}
    for case in whole["cases"]:
        for path in (case["capture"], case["ladder"]):
            assert path is None or (tmp_path / "all" in pathlib.Path(
                path).parents and pathlib.Path(path).is_file())
    stream = tap.parse(done.stdout)
    assert len(stream.points) == 10 and not all(p.ok for p in stream.points)
    root = ElementTree.parse(tmp_path / "all/junit.xml").getroot()
    assert root.attrib["tests"] == "10" and root.attrib["failures"] == "2"
    assert "wrong state of B" in "".join(root.itertext())
    assert "</html>" in (tmp_path / "all/index.html").read_text()
    shown = lastack.run("show", "--failed", "--out", tmp_path / "all")
    assert shown.stdout.count("wrong state of B") == 2


def test_merge_refuses(parts: List[pathlib.Path],
                       tmp_path: pathlib.Path) -> None:
    """What is missing, there twice, of another kind, or no run at all."""
    veth = tmp_path / "veth"
    lastack.run("run", "--link", "veth", "--shard", "1/3", "--out", veth, *CASES)
    for args, said in (([parts[0], parts[2]], "part 2/3 is missing"),
                       ([*parts, parts[1]], "in more than one part"),
                       ([veth, *parts[1:]], "expected the same link"),
                       ([parts[0], tmp_path], "no run is kept in"),
                       ([], "expected --out")):
        done = lastack.run("merge", "--out", tmp_path / "out", *args)
        assert done.returncode == lastack.BAD and done.stdout == ""
        assert said in done.stderr and not (tmp_path / "out").exists()
    before = (parts[0] / "results.json").read_bytes()
    done = lastack.run("merge", "--out", parts[0], *parts)
    assert done.returncode == lastack.BAD and "is one of the" in done.stderr
    assert (parts[0] / "results.json").read_bytes() == before


def test_merge_incomplete(parts: List[pathlib.Path],
                          tmp_path: pathlib.Path) -> None:
    """Evidence that is missing, or has no room: nothing is left."""
    kept = tmp_path / "kept"
    shutil.copytree(parts[1], kept)
    results = kept / "results.json"
    results.write_text(results.read_text().replace(str(parts[1]), str(kept)))
    out = tmp_path / "new" / "out"
    for found in (sorted(kept.rglob("*.pcapng")), sorted(kept.rglob("*.txt"))):
        found[-1].rename(tmp_path / "away")
        done = lastack.run("merge", "--out", out, parts[0], kept, parts[2])
        assert done.returncode == lastack.BAD and done.stdout == ""
        assert f"{found[-1]}: No such file" in done.stderr
        assert done.stderr.count("\n") == 1 and not out.parent.exists()
        (tmp_path / "away").rename(found[-1])
    done = subprocess.run(
        ["sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh",
         lastack.BINARY, "merge", "--out", out, parts[0], kept, parts[2]],
        cwd=lastack.ROOT, text=True, capture_output=True, timeout=120,
        check=False)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert "File too large" in done.stderr and not out.exists()


def changes(*runs: pathlib.Path) -> Dict[str, Set[str]]:
    """What diff finds: the names of cases by kind."""
    done = lastack.run("diff", "--format", "json", *runs)
    found = schema.valid(done.stdout, "diff")
    kinds: Dict[str, Set[str]] = {}
    for one in found["differences"]:
        kinds.setdefault(one["kind"], set()).add(one["name"])
    for kind, names in kinds.items():
        assert found["count"][kind] == len(names)
    assert done.returncode == (1 if "regression" in kinds else 0)
    return kinds


@pytest.fixture(name="good", scope="module")
def good_fixture(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run of cases that are ok, and one that never is."""
    out = tmp_path_factory.mktemp("good")
    lastack.run("run", "-4", "--out", out, *CASES, WRONG)
    return out


def test_no_difference(good: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The same again is the same, though times are others."""
    lastack.run("run", "-4", "--out", tmp_path, *CASES, WRONG)
    assert not changes(good, tmp_path)


def test_regression(good: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A bug is a regression, its end is none; and both ways are told."""
    lastack.run("run", "-4", "--bug", "fin-never", "--out", tmp_path, *CASES,
                WRONG)
    forth, back = changes(good, tmp_path), changes(tmp_path, good)
    assert "close/normal-a-first" in forth["regression"]
    assert forth["regression"] == back["fixed"] and "regression" not in back
    assert forth["otherwise"] == {WRONG[:-4]}
    done = lastack.run("diff", good, tmp_path)
    assert done.returncode == 1
    assert "close/normal-a-first ipv4 wire: ok -> not ok" in done.stdout
    assert "no segment: expected F." in done.stdout
    page = lastack.run("diff", "--format", "html", good, tmp_path).stdout
    rows = [row for row in page.splitlines() if row.startswith("<tr><th scope")]
    texts = ["".join(ElementTree.fromstring(row).itertext()) for row in rows]
    assert any("normal-a-first" in text for text in texts)


def test_other_segments(good: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A ladder that changed while its verdict stayed."""
    subprocess.run(["cp", "-r", good, tmp_path / "run"], check=True)
    (path,) = tmp_path.rglob("figure-13.fin.txt")
    path.write_text(path.read_text().replace("ack 2        ...", "ack 3   ..."))
    assert changes(good, tmp_path / "run") == {
        "ladder": {"simultaneous/figure-13"}}
    done = lastack.run("diff", good, tmp_path / "run")
    assert done.returncode == lastack.OK
    assert "- CLOSING      -->  .   ack 2" in done.stdout
    assert "+ CLOSING      -->  .   ack 3" in done.stdout


def test_numbers_drawn_at_random(tmp_path: pathlib.Path) -> None:
    """The number of an RST to an unknown segment is another in each run."""
    case = tmp_path / "c.fin"
    case.write_text("case c\nspec  RFC9293 3.6\nneeds wire\nopen\n"
                    "B destroy\npass\n")
    for name, seq in (("a", "345751943"), ("b", "-162898854"), ("c", "77")):
        lastack.run("run", "-4", "--out", tmp_path / name, case)
        (path,) = (tmp_path / name).rglob("c.fin.txt")
        path.write_text(path.read_text() + f"CLOSED  <--  R.  seq {seq}  <--\n")
    assert not changes(tmp_path / "a", tmp_path / "b")
    assert list(changes(tmp_path / "a", tmp_path / "c")) == ["ladder"]


def test_new_and_gone(good: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Cases that one of the runs lacks; none in common is a mistake."""
    lastack.run("run", "-4", "--out", tmp_path / "a", CASES[0], SKIP)
    assert changes(good, tmp_path / "a") == {
        "new": {SKIP[:-4]}, "gone": {*CASES[1:], WRONG[:-4]}}
    lastack.run("run", "-6", "--out", tmp_path / "b", CASES[0])
    done = lastack.run("diff", tmp_path / "a", tmp_path / "b")
    assert done.returncode == lastack.BAD and "in common" in done.stderr


def test_skip_is_no_regression(tmp_path: pathlib.Path) -> None:
    """What could not be shown is another verdict, and what fails then is."""
    case = tmp_path / "c.fin"
    text = "case c\nspec  RFC9293 3.6\n{}open\n{}"
    for name, needs, step in (("ok", "", ""), ("bad", "", "A recv = eof\n"),
                              ("skip", "needs kernel >= 99.0\n", "")):
        case.write_text(text.format(needs, step))
        lastack.run("run", "-4", "--out", tmp_path / name, case)
    assert list(changes(tmp_path / "ok", tmp_path / "skip")) == ["verdict"]
    assert list(changes(tmp_path / "skip", tmp_path / "ok")) == ["verdict"]
    assert list(changes(tmp_path / "skip", tmp_path / "bad")) == ["regression"]


def test_diff_of_nothing(tmp_path: pathlib.Path) -> None:
    """What is no run is told, by its file."""
    (tmp_path / "results.json").write_text("{}")
    done = lastack.run("diff", tmp_path, tmp_path)
    assert done.returncode == lastack.BAD
    assert f"{tmp_path}/results.json" in done.stderr
    (tmp_path / "results.json").write_text(json.dumps({"cases": [{}]}))
    assert lastack.run("diff", tmp_path, tmp_path).returncode == lastack.BAD
