"""The README's "Testing your own stack", each command tried as it stands.

What is the reader's own (a board, an agent, an interface) is a stand-in here.
"""

import pathlib
import re
import shlex
import subprocess
from typing import List

import agents
import lastack
import pytest
from board import Board, needs_root, on_board

board_fixture = pytest.fixture(name="board")(on_board)


def commands() -> List[str]:
    """The lines of the section that run lastack."""
    text = (lastack.ROOT / "README.md").read_text()
    section = text.split("## Testing your own stack\n")[1].split("\n## ")[0]
    found = re.findall(r"^lastack .*$", section, re.M)
    assert len(found) == 6
    assert len(section.splitlines()) <= 24
    return found


def stand_ins(board: Board, line: str) -> List[str]:
    """The words of a command, the reader's things replaced by the test's."""
    reach = " ".join(board.enter(board.board))
    words = [(word.replace("exec:./my-agent", "exec:" + agents.other())
              .replace("ssh board lastack agent",
                       f"exec {reach} {lastack.BINARY} agent")
              .replace("eth1", "dut").replace("192.168.7.2", "10.9.0.2")
              .replace("192.168.7.9", "10.9.0.77"))
             for word in shlex.split(line)[1:]]
    assert words != shlex.split(line)[1:]
    return words


@needs_root
@pytest.mark.parametrize("number", range(6))
def test_tried(board: Board, number: int, tmp_path: pathlib.Path) -> None:
    """It runs, nothing is broken, and cases are played."""
    line = commands()[number]
    words = stand_ins(board, line)
    if words[0] == "run":
        words += ["--out", str(tmp_path)]
    helpers = [
        ["/usr/bin/python3", "-m", "http.server", "80"],
        [str(lastack.BINARY), "upper-tester", "30700"],
    ]
    started = [subprocess.Popen(board.enter(board.board) + helper,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
               for helper in helpers]
    try:
        assert started[1].stdout and started[1].stdout.readline() == b"ready\n"
        assert lastack.wait_until(
            lambda: ":80" in board.inside(board.board, "ss", "-Hltn"))
        done = board.run(*words)
    finally:
        for one in started:
            one.kill()
            one.wait()
            if one.stdout:
                one.stdout.close()
    assert done.returncode in (lastack.OK, lastack.NOT_OK), done.stderr
    if words[0] == "agent-check":
        assert "not ok" not in done.stdout
        return
    verdicts = [case["verdict"] for case in lastack.cases(tmp_path)]
    assert verdicts.count("ok") > 10
    assert "broken" not in verdicts
