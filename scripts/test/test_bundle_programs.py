"""Real programs' connections become cases that run.

Each talk is captured now, on a loopback of its own, of the programs that are
there; see programs.py.
"""

import os
import pathlib
import subprocess
import sys
from typing import List

import lastack
import programs
import pytest
import segments
from test_bundle import from_capture, reproduce


def unshared() -> List[str]:
    """Begins a command in namespaces of its own."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *user, "--net", "--pid", "--fork", "--kill-child"]


def captured(tmp: pathlib.Path, name: str) -> pathlib.Path:
    """A capture of that talk, or the test is skipped."""
    missing = programs.TALKS[name].missing()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if subprocess.run([*unshared(), "true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no namespaces here")
    if name == "ssh" and os.geteuid() != 0:
        pytest.skip("sshd lets nobody in who is not root")
    path = tmp / f"{name}.pcap"
    done = subprocess.run([*unshared(), sys.executable, programs.__file__,
                           name, str(path)], text=True, capture_output=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return path


def ends(path: pathlib.Path) -> "dict[str, list[tuple[str, int]]]":
    """How each end of the capture's one connection opened it and ended it."""
    packets = segments.of_pcap(path)
    sent = segments.normal(packets, packets[0].sport)
    return {side: segments.turns(sent[side]) for side in "AB"}


@pytest.mark.parametrize("name", sorted(programs.TALKS))
def test_program(tmp_path: pathlib.Path, name: str) -> None:
    """The case runs green at once, and ends as the programs did."""
    capture = captured(tmp_path, name)
    folder = from_capture(tmp_path, capture)
    text = (folder / "case.fin").read_text()
    assert programs.TALKS[name].shows in text, text
    done = lastack.run("run", "--out", tmp_path / "out", folder / "case.fin")
    assert done.returncode == lastack.OK, text + done.stdout
    again = reproduce(folder)
    assert again.returncode == lastack.OK, again.stdout + again.stderr
    theirs = ends(capture)
    for case in lastack.cases(tmp_path / "out"):
        assert ends(pathlib.Path(case["capture"])) == theirs
    assert ends(folder / "again.pcap") == theirs
