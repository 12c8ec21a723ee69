"""The verb coverage: what shows each requirement, and what a run made of it."""

import json
import pathlib
import re
from typing import Any, Dict, List

import lastack
import pytest
from schema import valid

CATALOGUE = [line.split("\t") for line in (
    lastack.CASES / "requirements.tsv").read_text().splitlines()[1:]]
WHOLE = valid(lastack.run("coverage", "--format", "json").stdout, "coverage")
ROWS = {row["id"]: row for row in WHOLE["requirements"]}

Found = Dict[str, Any]


def test_all_requirements() -> None:
    """Every row of the catalogue, in its order, as it is there."""
    assert [[row[name] for name in ("id", "level", "source", "section",
                                    "sentence")]
            for row in WHOLE["requirements"]] == [
                row[:5] for row in CATALOGUE]


def test_cases() -> None:
    """A case counts for exactly what its spec line cites."""
    listed = json.loads(lastack.run("list", "--format", "json", "cases",
                                    "grid").stdout)
    cited: Dict[str, List[str]] = {}
    for case in listed:
        name = re.sub(r"^cases/|\.fin$", "", case["path"])
        if re.match(r"grid/.*/.*/", name):
            continue
        for ref in case["spec"]:
            cited.setdefault(ref, []).append(name)
    for ident, row in ROWS.items():
        assert row["cases"] == cited.get(ident, []), ident
    assert "RFC9293 3.6 figure 13" not in ROWS
    assert any(name.startswith("grid/") for name in sum(cited.values(), []))


def test_rules() -> None:
    """A rule and a row of the judges count for what they cite."""
    judged = json.loads(lastack.run("rules", "--format", "json").stdout)
    rules: Dict[str, List[str]] = {}
    for rule in judged["rules"]:
        rules.setdefault(rule["id"], []).append(rule["rule"])
    for row in judged["rows"]:
        rules.setdefault(row["id"], []).append(
            f'{row["state"]}, {row["event"]}')
    for ident, row in ROWS.items():
        assert row["rules"] == rules.get(ident, []), ident


def test_counts() -> None:
    """The counts are those of the rows; the last one is of all."""
    *parts, whole = WHOLE["counts"]
    for part in parts:
        rows = [row for row in WHOLE["requirements"]
                if row["source"] == part["source"]
                and row["level"] == part["level"]]
        assert part["all"] == len(rows) > 0
        for by in "case", "rule", "excused", "missing":
            assert part[by] == sum(row["by"] == by for row in rows)
    for member in "all", "case", "rule", "excused", "missing":
        assert whole[member] == sum(part[member] for part in parts)


def test_by() -> None:
    """What is shown is not excused too; what is not shown says so."""
    for row in ROWS.values():
        expected = ("case" if row["cases"] else "rule" if row["rules"] else
                    "excused" if row["without"] else "missing")
        assert row["by"] == expected
        assert not (row["without"] and row["cases"]), row["id"]


@pytest.mark.parametrize("option, value", [
    ("--source", "TC8"), ("--source", "freebsd"), ("--level", "MUST NOT")])
def test_picked(option: str, value: str) -> None:
    """A source or a level, however it is spelt, and each row in full."""
    text = lastack.run("coverage", option, value)
    rows = [row for row in WHOLE["requirements"]
            if row[option[2:]].lower() == value.lower()]
    assert rows and text.returncode == lastack.OK
    for row in rows:
        assert f'{row["id"]}: {row["sentence"]}\n' in text.stdout
        for name in row["cases"]:
            assert f"    case {name}\n" in text.stdout
    assert len(re.findall(r"^\S+: ", text.stdout, re.M)) == len(rows)


def record(verdict: str, *spec: str) -> Found:
    """A case of results.json, as far as it is looked at."""
    return {"verdict": verdict, "spec": list(spec), "judge": []}


def with_run(folder: pathlib.Path, *cases: Found) -> Dict[str, str]:
    """What becomes of the requirements with a run of these cases."""
    (folder / "results.json").write_text(json.dumps({"cases": cases}))
    done = lastack.run("coverage", "--format", "json", folder)
    by_file = lastack.run("coverage", "--format", "json",
                          folder / "results.json")
    assert done.stdout == by_file.stdout
    found = valid(done.stdout, "coverage")
    for member in "held", "deviating", "not_exercised":
        assert found["counts"][-1][member] == sum(
            row["run"] == member.replace("_", " ")
            for row in found["requirements"])
    return {row["id"]: row["run"] for row in found["requirements"]
            if row["run"] != "not exercised"}


def test_run(tmp_path: pathlib.Path) -> None:
    """Held, deviating, or not exercised; one deviation outweighs."""
    fig12, fig9 = "RFC9293-3.6-FIG12", "RFC9293-3.5.1-FIG9"
    assert not with_run(tmp_path)
    assert with_run(tmp_path, record("ok", fig12, "RFC9293 3.6")) == {
        fig12: "held"}
    for verdict in "skip", "broken":
        assert not with_run(tmp_path, record(verdict, fig12))
    for order in (1, -1):
        both = [record("ok", fig12, fig9), record("not ok", fig12)][::order]
        assert with_run(tmp_path, *both) == {fig12: "deviating", fig9: "held"}


def test_deviates(tmp_path: pathlib.Path) -> None:
    """A case that deviates names by what; it held the rest of its spec."""
    fig12, fig9 = "RFC9293-3.6-FIG12", "RFC9293-3.5.1-FIG9"
    for ident in fig9, "tcp(7) TCP_LINGER2", "rst-outside":
        case = record("deviates", fig12, fig9)
        case["deviations"] = [{"id": ident}]
        expected = {fig12: "held", fig9: "held",
                    {"rst-outside": "RFC5961-3.2-1"}.get(ident, ident):
                    "deviating"}
        expected.pop("tcp(7) TCP_LINGER2", None)
        assert with_run(tmp_path, case) == expected


def test_judged(tmp_path: pathlib.Path) -> None:
    """What a judge proves broken deviates, whatever the case says."""
    ident = "RFC6298-5.5"
    for severity, run in (("violation", "deviating"), ("suspicious", "held"),
                          ("inconclusive", "held"), ("note", "held")):
        case = record("ok", ident)
        case["judge"] = [{"id": ident, "severity": severity}]
        assert with_run(tmp_path, case) == {ident: run}


@pytest.mark.parametrize("args, said", [
    (["--source", "TC9"], "no requirement of source TC9 and level any"),
    (["--level", "SHALL"], "no requirement of source any and level SHALL"),
    (["--source", "TC8", "--level", "MUST"], "source TC8 and level MUST"),
    (["a", "b"], "b: expected one run"),
    (["/nowhere"], "/nowhere: "),
    (["/dev/null"], "/dev/null:1: ")])
def test_refused(args: List[str], said: str) -> None:
    """Nothing is printed, and one line says why."""
    done = lastack.run("coverage", *args)
    assert done.returncode == lastack.BAD and not done.stdout
    assert said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("text, said", [
    ("{}", "expected the results.json of a run"),
    ("[]", "expected the results.json of a run"),
    ('{"cases": 1}', "expected the results.json of a run"),
    ('{"cases": [', "']' expected near end of file")])
def test_no_run(tmp_path: pathlib.Path, text: str, said: str) -> None:
    """A file that is no run is refused, by name."""
    (tmp_path / "results.json").write_text(text)
    done = lastack.run("coverage", tmp_path)
    assert done.returncode == lastack.BAD and not done.stdout
    assert str(tmp_path) in done.stderr and said in done.stderr


def test_other_suites() -> None:
    """All of the other suites' tests that are about an ending are rows."""
    counts = {part["source"]: part["all"] for part in WHOLE["counts"]}
    assert (counts["TC8"], counts["FREEBSD"]) == (92, 187)


def test_markdown() -> None:
    """Two tables, with a line for every count and every requirement."""
    counts, rows = (
        [line.split(" | ") for line in table.splitlines()]
        for table in lastack.run("coverage", "--format", "md",
                                 "--source", "POSIX").stdout.split("\n\n"))
    posix = sum(row["source"] == "POSIX" for row in ROWS.values())
    assert len(counts) == 2 + 3 and len(rows) == 2 + posix
    assert {len(row) for row in counts[2:]} == {7}
    assert {len(row) for row in rows[2:]} == {6}


def test_text() -> None:
    """Without a source, what nothing shows is listed with its reason."""
    text = lastack.run("coverage").stdout
    for row in ROWS.values():
        gap = row["without"] or row["sentence"]
        assert (f'{row["id"]}: {gap}\n' in text) == (
            row["by"] in ("excused", "missing")), row["id"]
