"""The verb rules: what endings are judged by, in three formats."""

import re

import lastack
import pytest
from schema import valid

JUDGE = lastack.ROOT / "harness" / "judge"
REQUIREMENTS = {line.split("\t")[0]: line.split("\t") for line in (
    lastack.CASES / "requirements.tsv").read_text().splitlines()[1:]}
WHOLE = valid(lastack.run("rules", "--format", "json").stdout, "rules")


def test_all_rules() -> None:
    """Every rule of rule.h, under the name that it has there."""
    listed = re.findall(r"^\tX\((\w+), ", (JUDGE / "rule.h").read_text(), re.M)
    names = [name.lower().replace("_", "-") for name in listed]
    assert len(names) > 30
    assert [rule["rule"] for rule in WHOLE["rules"]] == names


def test_wire_rows() -> None:
    """What only segments show has rows; so has nothing else."""
    for rule in WHOLE["rules"]:
        assert bool(rule["wire"]) == ("wire" in rule["judges"])
    told = lastack.run("rules", "no-backoff").stdout
    assert "at a FIN again: expected the FIN again after twice" in told
    assert "unless the peer has sent nothing since the FIN" in told
    assert "inconclusive: the ICMP messages that the sender had" in told


def test_all_rows() -> None:
    """Ten states, each with every event; what is possible has an answer."""
    events = {row["event"] for row in WHOLE["rows"]}
    states = {row["state"] for row in WHOLE["rows"]}
    assert len(states) == 10 and len(WHOLE["rows"]) == 10 * len(events)
    for row in WHOLE["rows"]:
        told = [row["answer"], row["id"], row["section"], row["then"] or None]
        assert (None in told) == (set(told[:3]) == {None})
        assert (row["id"] is None) == bool(row["impossible"]), row


def test_requirements() -> None:
    """Every id is a requirement of the catalogue, told in its words."""
    for entry in WHOLE["rules"] + WHOLE["rows"]:
        row = REQUIREMENTS[entry["id"]] if entry["id"] else [None] * 5
        assert (entry["level"], entry["sentence"]) == (row[1], row[4])
    rule = REQUIREMENTS["RFC6298-5.5"]
    assert (f"    {rule[1]}: {rule[4]}\n"
            in lastack.run("rules", "fin-storm").stdout)
    assert {"RFC9293 3.10.4", "RFC5961 3.2"} <= {
        entry["section"] for entry in WHOLE["rules"] + WHOLE["rows"]}


@pytest.mark.parametrize("word", ["rst-obeyed", "RFC9293-3.6.1-SHLD3a",
                                  "RFC9293-3.10.4-CLOSE-EST"])
def test_picked(word: str) -> None:
    """A rule's name, or a requirement's id, finds all that has it."""
    done = lastack.run("rules", "--format", "json", word)
    expected = {kind: [entry for entry in entries
                       if word in (entry.get("rule"), entry["id"])]
                for kind, entries in WHOLE.items()}
    assert valid(done.stdout, "rules") == expected and any(expected.values())
    text = lastack.run("rules", word).stdout
    assert text.count(word) == sum(map(len, expected.values()))


def test_unknown() -> None:
    """A word that finds nothing is refused, and nothing is printed."""
    done = lastack.run("rules", "rst-obeyed", "rst-obeyde")
    assert done.returncode == lastack.BAD and not done.stdout
    assert 'nothing matches "rst-obeyde"' in done.stderr


def test_markdown() -> None:
    """Two tables, with a line for every rule and every row."""
    rules, rows = (
        [re.split(r" *\| *", line)[1:-1] for line in table.splitlines()]
        for table in lastack.run("rules", "--format", "md").stdout.split("\n\n"))
    assert [row[0] for row in rules[2:]] == [
        rule["rule"] for rule in WHOLE["rules"]]
    assert len(rows) - 2 == len(WHOLE["rows"])
    for table, columns in (rules, 6), (rows, 7):
        assert {len(row) for row in table} == {columns}
        assert table[1] == ["---"] * columns
