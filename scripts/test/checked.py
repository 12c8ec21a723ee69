"""lastack check as the tests run it: its JSON read, valid, summed up."""

import json
import pathlib
import subprocess
from typing import Any, Dict, List, Optional

import lastack
import wild
from schema import Validator

Document = Dict[str, Any]

SCHEMA = json.loads(
    (lastack.ROOT / "scripts" / "check.schema.json").read_text())
VALIDATOR = Validator(SCHEMA)
LINKS = {"ethernet": wild.ETHERNET, "raw": wild.RAW, "null": wild.NULL,
         "loop": wild.LOOP, "sll": wild.SLL, "sll2": wild.SLL2}


def check(*args: object) -> "subprocess.CompletedProcess[str]":
    """Run lastack check."""
    return lastack.run("check", *args)


def valid(text: str) -> Any:
    """Read JSON that keeps to the schema."""
    value = json.loads(text)
    errors = list(VALIDATOR.errors(value))
    assert not errors, "\n".join(errors)
    return value


def document(path: pathlib.Path, *args: object,
             status: Optional[int] = 0) -> Document:
    """Judge one capture, as JSON."""
    done = check("--format", "json", *args, path)
    assert status is None or done.returncode == status, done.stderr
    return valid(done.stdout)


def rules(doc: Document) -> List[str]:
    """Names of the violations that were found."""
    return [f["rule"] for flow in doc["flows"] for f in flow["findings"]
            if f["severity"] == "violation"]


def healthy(doc: Document) -> None:
    """One whole connection, closed by A, and nothing wrong with it."""
    assert len(doc["flows"]) == 1
    flow = doc["flows"][0]
    assert (flow["ending"], flow["closed_first"]) == ("normal", "A")
    assert (flow["state_a"], flow["state_b"]) == ("TIME-WAIT", "CLOSED")
    assert flow["findings"] == []
    assert not flow["opened_outside"]
