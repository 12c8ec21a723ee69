"""The verb check as the tests run it: its JSON read, valid, summed up."""

import pathlib
import subprocess
from typing import Any, Dict, List, Optional

import lastack
import schema
import wild

Document = Dict[str, Any]

LINKS = {"ethernet": wild.ETHERNET, "raw": wild.RAW, "null": wild.NULL,
         "loop": wild.LOOP, "sll": wild.SLL, "sll2": wild.SLL2}


def check(*args: object) -> "subprocess.CompletedProcess[str]":
    """Run lastack check."""
    return lastack.run("check", *args)


def document(path: pathlib.Path, *args: object,
             status: Optional[int] = 0) -> Document:
    """Judge one capture, as JSON."""
    done = check("--format", "json", *args, path)
    assert status is None or done.returncode == status, done.stderr
    return schema.valid(done.stdout, "check")


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
