"""What several test modules look at: a run, and captures of the field."""

import dataclasses
import pathlib
import signal
import subprocess
from typing import List, Tuple

import lastack
import pytest
import wild
from tape import Tape
from wild import Talk


# A run leaves alone what it finds ignored, as in a script's background job or
# under nohup; those that the tests start are to be interrupted.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure(config: pytest.Config) -> None:
    """Know the marks of the tests."""
    config.addinivalue_line("markers", "plain: a build with sanitizers is "
                            "spared it (see all.py)")


@dataclasses.dataclass
class WireRun:
    """A run over the wire: where it is, what it said, its captures."""

    out: pathlib.Path
    done: "subprocess.CompletedProcess[str]"
    tapes: List[Tuple[lastack.Case, Tape]]


@pytest.fixture(scope="session", name="wire")
def wire_fixture(tmp_path_factory: pytest.TempPathFactory) -> WireRun:
    """All quick cases written by hand, over the wire, both families."""
    out = tmp_path_factory.mktemp("wire")
    folders = sorted(path for path in lastack.CASES.iterdir()
                     if path.is_dir() and path.name not in ("grid", "stacks"))
    done = lastack.run("run", "--quick", "--out", out, "--format", "tap",
                       *folders)
    tapes = [(case, Tape(pathlib.Path(case["capture"])))
             for case in lastack.cases(out) if case["segments"]]
    return WireRun(out, done, tapes)


@pytest.fixture(name="whole")
def whole_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A capture of one healthy connection."""
    return wild.write(tmp_path / "whole.pcap",
                      wild.pcap(wild.frames(Talk().whole().packets)))


@pytest.fixture(name="late")
def late_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A capture of one healthy connection and one that is not."""
    packets = Talk().whole().packets + Talk(sport=40001).late().packets
    return wild.write(tmp_path / "late.pcap", wild.pcap(wild.frames(packets)))
