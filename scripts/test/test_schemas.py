"""Every verb that prints JSON has a schema, and keeps to it; what explain says."""

import json
import pathlib
import re
from typing import Dict, List

import lastack
import pytest
import schema

FAILED = "harness/test/wrong/state-of-b.fin"


def verbs_with_json() -> List[str]:
    """The verbs whose help offers --format json, or ndjson."""
    verbs = re.findall(r"^  ([a-z-]+) +[a-z]", lastack.run("--help").stdout,
                       re.M)
    assert len(verbs) > 12
    return [verb for verb in verbs
            if re.search(r"--format \S*json", lastack.run("help", verb).stdout)]


def example(verb: str, tmp_path: pathlib.Path) -> List[List[object]]:
    """Command lines that print JSON of each kind that the verb has."""
    capture = sorted((lastack.ROOT / "captures/ipv4/close").glob("*.pcapng"))[0]
    if verb == "diff":
        lastack.run("run", "-4", "--out", tmp_path, FAILED, "close/kill")
    known: Dict[str, List[List[object]]] = {
        "list": [["close"], ["--grid"], ["grid/LAST-ACK.orphan"]],
        "check": [[capture]],
        "rules": [[]],
        "coverage": [[]],
        "deviations": [[]],
        "diff": [[tmp_path, tmp_path]],
        "explain": [["fin-missing", "RFC5961-3.2-3", "RFC9293-3.6.1-MAY1"]],
    }
    return known[verb]


@pytest.mark.parametrize("verb", verbs_with_json())
def test_schema(verb: str, tmp_path: pathlib.Path) -> None:
    """It is shipped beside the others, is met, and can say no."""
    assert (lastack.ROOT / f"scripts/{verb}.schema.json").is_file()
    for args in example(verb, tmp_path):
        done = lastack.run(verb, "--format", "json", *args)
        whole = schema.valid(done.stdout, verb)
        assert whole and schema.errors({"no": "such"}, verb)
        if isinstance(whole, list):
            assert schema.errors([dict(whole[0], odd=1)], verb)
        else:
            assert schema.errors(dict(whole, odd=1), verb)


def test_explain() -> None:
    """A rule stands for its requirement; all that is known is in one place."""
    by_rule = lastack.run("explain", "rst-inexact-obeyed").stdout
    by_id = lastack.run("explain", "RFC5961-3.2-3").stdout
    assert by_rule == by_id
    for said in ("RFC5961 section 3.2", "MUST", "challenge ACK",
                 "rst-inexact-obeyed, suspicious", "FIN-WAIT-2, RST in the",
                 "reset/in-window", "rst-obeyed by B",
                 "lastack run RFC5961-3.2-3"):
        assert said in by_id, said
    (one,) = json.loads(lastack.run("explain", "--format", "json",
                                    "RFC5961-3.2-3").stdout)
    listed = lastack.run("list", "RFC5961-3.2-3").stdout
    names = [line.split("\t")[0] for line in listed.splitlines()[1:]]
    assert set(one["cases"]) <= set(names)


@pytest.mark.parametrize("args, said", [
    (["RFC5961-3.2-33"], "did you mean RFC5961-3.2-3"),
    (["fin-misssing"], "neither a requirement nor a rule"),
    ([], "expected requirements or rules"),
])
def test_explain_nothing(args: List[str], said: str) -> None:
    """One line says what was expected."""
    done = lastack.run("explain", *args)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1
