"""One run of all quick cases, which several test modules look at."""

import dataclasses
import pathlib
import subprocess
from typing import List, Tuple

import lastack
import pytest
from tape import Tape


@dataclasses.dataclass
class WireRun:
    """A run over the wire: where it is, what it said, its captures."""

    out: pathlib.Path
    done: "subprocess.CompletedProcess[str]"
    tapes: List[Tuple[lastack.Case, Tape]]


@pytest.fixture(scope="session", name="wire")
def wire_fixture(tmp_path_factory: pytest.TempPathFactory) -> WireRun:
    """All quick cases over the wire, both address families."""
    out = tmp_path_factory.mktemp("wire")
    done = lastack.run("run", "--quick", "--out", out, "--format", "tap")
    tapes = [(case, Tape(pathlib.Path(case["capture"])))
             for case in lastack.cases(out) if case["segments"]]
    return WireRun(out, done, tapes)
