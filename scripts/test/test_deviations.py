"""What a stack does otherwise, and what is expected of it."""

import csv
import json
import pathlib
import platform
import re
from typing import Dict, List, Set, Tuple
from xml.etree import ElementTree

import lastack
import pytest
import schema
import tap

LINUX = lastack.CASES / "stacks" / "linux.tsv"
HEAD = LINUX.read_text().splitlines()[0]
# A branch, what the judge found, a failing cell, and one that is right.
BRANCH = "time-wait/fin-without-ack"
JUDGED = "reset/in-window-fin-wait-2-closed"
CELL = "grid/LISTEN/send"
RIGHT = "close/normal-a-first"
SAMPLE = [BRANCH, JUDGED, CELL, RIGHT]
DEVIATING = {BRANCH, JUDGED, CELL}

Told = Set[Tuple[str, str, str, str]]


def rows() -> List[Dict[str, str]]:
    """What is expected of Linux."""
    with LINUX.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))


def play(out: pathlib.Path, *args: object, status: int) -> List[lastack.Case]:
    """Run the sample or others, which must end so."""
    done = lastack.run("run", "--out", out, *args)
    assert done.returncode == status, done.stdout + done.stderr
    assert lastack.results(out)["exit"] == status
    tap.parse(done.stdout)
    return lastack.cases(out)


def told(cases: List[lastack.Case]) -> Told:
    """Every deviation of every case."""
    return {(case["name"], case["family"], one["id"], one["text"])
            for case in cases for one in case["deviations"]}


def expecting(tmp_path: pathlib.Path, *lines: str) -> pathlib.Path:
    """A file of expectations with these rows, "/" for a tab."""
    path = tmp_path / "mine.tsv"
    path.write_text("\n".join([HEAD, *(line.replace(";", "\t")
                                       for line in lines)]) + "\n")
    return path


def test_expected(tmp_path: pathlib.Path) -> None:
    """Deviating, told apart from ok, and no reason to fail."""
    cases = play(tmp_path, *SAMPLE, status=lastack.OK)
    for case in cases:
        deviates = case["name"] in DEVIATING
        assert case["verdict"] == ("deviates" if deviates else "ok")
        assert bool(case["deviations"]) == deviates
        schema.valid((tmp_path / "results.json").read_text(), "run")


def test_every_format(tmp_path: pathlib.Path) -> None:
    """No format has it pass as ok, or fail."""
    done = lastack.run("run", "-4", "--out", tmp_path, *SAMPLE)
    points = {p.name.split()[0]: p for p in tap.parse(done.stdout).points}
    for name in DEVIATING:
        point = points[name]
        assert not point.ok and re.match(r"deviates \S+: ", str(point.todo))
        assert "severity: deviates" in point.yaml
    assert points[RIGHT].ok and not points[RIGHT].todo
    assert "# 1 passed, 3 deviating, 0 failed" in done.stdout
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert root.attrib["failures"] == root.attrib["errors"] == "0"
    named = [p.attrib["name"] for p in root.iter("property")]
    for case in root.iter("testcase"):
        deviates = case.attrib["classname"] in DEVIATING
        assert (case.find("system-out") is not None) == deviates
        assert (f'deviates: {case.attrib["name"]}' in named) == deviates
        assert case.find("failure") is None and case.find("skipped") is None
    shown = lastack.on_terminal(200, "run", "-4", "--out", tmp_path, BRANCH)
    assert re.search(r"\033\[33mdeviates\033\[0m  \S+ ipv4 wire: RFC9293-",
                     shown)
    assert "\033[31m" not in shown


def test_bare_truth(tmp_path: pathlib.Path) -> None:
    """Where nothing is expected, all that deviates is told and counts."""
    cases = play(tmp_path, "--no-expectations", *SAMPLE,
                 status=lastack.NOT_OK)
    verdicts = {case["name"]: case["verdict"] for case in cases}
    assert verdicts == {BRANCH: "deviates", JUDGED: "deviates",
                        CELL: "not ok", RIGHT: "ok"}
    play(tmp_path, "--no-expectations", RIGHT, status=lastack.OK)


def test_same_in_any_order(tmp_path: pathlib.Path) -> None:
    """A second run, shuffled, lists the same."""
    first = told(play(tmp_path, *SAMPLE, status=lastack.OK))
    assert {name for name, *_ in first} == DEVIATING
    for seed in (1, 2):
        assert told(play(tmp_path, "--shuffle", seed, *SAMPLE,
                         status=lastack.OK)) == first


def test_recorded(tmp_path: pathlib.Path) -> None:
    """What a run records is what the next one expects."""
    path = tmp_path / "new.tsv"
    play(tmp_path / "out", "--record", path, *SAMPLE, status=lastack.NOT_OK)
    lines = path.read_text().splitlines()
    assert lines[0] == HEAD
    assert {line.split("\t")[0] for line in lines[1:]} == DEVIATING
    assert all(line.split("\t")[5:] == ["found by this suite", ""]
               for line in lines[1:])
    cases = play(tmp_path / "out", "--no-expectations", "--expect", path,
                 *SAMPLE, status=lastack.OK)
    assert {c["name"] for c in cases
            if c["verdict"] == "deviates"} == DEVIATING


@pytest.mark.parametrize("row, name, what", [
    ("", BRANCH, "deviates, and no row expects it"),
    ("{};*;*;RFC9293-3.10.7.4-S5-NOACK;R. from B;c;w", BRANCH,
     "deviates otherwise"),
    ("{};*;<=2.6;RFC9293-3.10.7.4-S5-NOACK;from B;c;w", BRANCH,
     "deviates, and no row expects it"),
    ("{};*;*;RFC9293-3.6-FIG12;from B;c;w", RIGHT, "deviation gone"),
    ("{};*;*;POSIX-SEND-NOTCONN;EBADF;c;w", CELL,
     "deviates otherwise: wrong answer to B send 100"),
])
def test_unexpected(row: str, name: str, what: str,
                    tmp_path: pathlib.Path) -> None:
    """What no row foresees, and what one foresees in vain, is not ok."""
    path = expecting(tmp_path, *[row.format(name)][:bool(row)])
    for case in play(tmp_path / "out", "--no-expectations", "--expect", path,
                     name, status=lastack.NOT_OK):
        assert case["verdict"] == "not ok"
        assert case["finding"]["what"] == what


def test_gone_is_drawn(tmp_path: pathlib.Path) -> None:
    """A case that passes and should not have is shown with its ladder."""
    path = expecting(tmp_path, f"{RIGHT};*;*;RFC9293-3.6-FIG12;from B;c;w")
    done = lastack.run("run", "-4", "--no-expectations", "--expect", path,
                       "--out", tmp_path / "out", RIGHT)
    assert "deviation gone" in done.stdout
    assert "\n    A close\n" in done.stdout


def test_more_than_one_file(tmp_path: pathlib.Path) -> None:
    """A user's rows add to those of the suite, and to each other."""
    mine = expecting(tmp_path, f"{RIGHT};*;*;R-1;from B;c;w;by chance")
    cases = play(tmp_path / "out", "--expect", mine, "--expect", mine,
                 *SAMPLE, status=lastack.OK)
    assert {c["name"] for c in cases
            if c["verdict"] == "deviates"} == DEVIATING


@pytest.mark.parametrize("verb", ["run", "replay", "deviations"])
def test_bad_row(verb: str, tmp_path: pathlib.Path) -> None:
    """It is refused with its file and line before anything is done."""
    path = expecting(tmp_path, f"{RIGHT};*;*;R-1;from B;c;w",
                     f"{RIGHT};*;6;R-1;from B;c;w",
                     f"{RIGHT};*;six;R-1;from B;c;w")
    out = tmp_path / "out"
    operands = {"run": ["--out", out, RIGHT], "deviations": [],
                "replay": [RIGHT]}[verb]
    done = lastack.run(verb, "--expect", path, *operands)
    assert done.returncode == lastack.BAD and not done.stdout
    assert done.stderr.startswith(
        f'lastack {verb}: {path}:4: versions "six": expected ')
    assert not out.exists()


def test_bug_is_not_excused(tmp_path: pathlib.Path) -> None:
    """A bug is found where the stack deviates too, and makes nothing gone."""
    cases = play(tmp_path, "-4", "--bug", "fin-never", *SAMPLE,
                 status=lastack.NOT_OK)
    verdicts = {case["name"]: case["verdict"] for case in cases}
    assert verdicts[RIGHT] == "not ok"
    assert all(case["finding"]["what"] != "deviation gone" for case in cases
               if case["finding"])


def test_replayed(tmp_path: pathlib.Path) -> None:
    """A capture says it too."""
    play(tmp_path, *SAMPLE, status=lastack.OK)
    for args, status in ([], lastack.OK), (["--no-expectations"],
                                           lastack.NOT_OK):
        done = lastack.run("replay", "--format", "tap", *args, tmp_path)
        assert done.returncode == status, done.stdout + done.stderr
        names = {p.name.split()[0] for p in tap.parse(done.stdout).points
                 if p.todo}
        assert names == (DEVIATING if status == lastack.OK
                         else {BRANCH, JUDGED})
    shown = lastack.run("show", "--out", tmp_path, BRANCH)
    assert "wire  deviates" in shown.stdout


def names() -> List[str]:
    """All cases, the grid's too."""
    return [case["name"] for args in ([], ["grid"]) for case in json.loads(
        lastack.run("list", "--format", "json", *args).stdout)]


def fits(pattern: str, name: str) -> bool:
    """What fnmatch(3) does with "*", "@(a|b)" and "?(a)"."""
    words = {"*": ".*", "@(": "(?:", "?(": "(?:", "|": "|"}
    maybe = "?(" in pattern and pattern.endswith(")")
    text = "".join(")" if part == ")" else words.get(part) or re.escape(part)
                   for part in re.split(r"([@?]\(|[*|)])", pattern))
    return re.fullmatch(text + ("?" if maybe else ""), name) is not None


def test_linux_rows() -> None:
    """Each is about cases and requirements that exist, and says why."""
    catalogue = {line.split("\t")[0] for line in
                 (lastack.CASES / "requirements.tsv").read_text().splitlines()}
    everything = names()
    assert len(rows()) >= 25
    for row in rows():
        ids = row["requirements"].split(", ")
        assert set(ids) <= catalogue, row
        assert len(row["why"]) > 40 and row["citation"], row
        assert any(fits(row["case"], name) for name in everything), row


def is_of_this(row: Dict[str, str]) -> bool:
    """Whether a row's versions, one bound at most, have this kernel's."""
    here = [int(n) for n in re.findall(r"\d+", platform.release())[:2]]
    bound = [int(n) for n in re.findall(r"\d+", row["versions"])]
    assert re.fullmatch(r"\*|[<>]=[\d.]+", row["versions"]), row
    return {"*": True, "<": here <= bound, ">": here >= bound}[
        row["versions"][0]]


@pytest.mark.parametrize("format_", ["text", "json", "md", "tsv"])
def test_listed(format_: str, tmp_path: pathlib.Path) -> None:
    """The list has every row, and the capture where there is one."""
    play(tmp_path, *SAMPLE, status=lastack.OK)
    done = lastack.run("deviations", "--format", format_, "--out", tmp_path)
    assert done.returncode == lastack.OK, done.stderr
    text = done.stdout
    lines = {"text": text.count("\n  case "), "md": text.count("\n") - 2,
             "tsv": text.count("\n") - 1,
             "json": text.count('"requirements"')}
    assert lines[format_] == sum(is_of_this(row) for row in rows())
    assert f"{tmp_path}/captures/wire/ipv4/{BRANCH}.pcapng" in text
    assert "lastack run outside/beyond-last-ack" in text
    if format_ == "json":
        listed = schema.valid(text, "deviations")["deviations"]
        assert all(pathlib.Path(one["capture"]).is_file()
                   for one in listed if one["capture"])
        assert all(one["requirements"][0]["level"] for one in listed)


def test_other_stacks() -> None:
    """Nothing is known of one without a file, nor of old versions all."""
    done = lastack.run("deviations", "--stack", "plan9")
    assert done.returncode == lastack.BAD and "stacks/plan9.tsv" in done.stderr
    old = lastack.run("deviations", "--version", "3.2", "--format", "tsv")
    assert old.returncode == lastack.OK
    assert "tcp_syn_linear_timeouts" not in old.stdout
    done = lastack.run("deviations", "--version", "old")
    assert done.returncode == lastack.BAD and '"old"' in done.stderr
