"""Agents as programs: started, told a line, heard."""

import pathlib
import socket
import subprocess
from typing import List

import lastack

OURS = [str(lastack.BINARY), "agent"]
PYTHON = ["/usr/bin/python3", str(lastack.ROOT / "scripts" / "agent.py")]
GREETING = "lastack-agent 1\n"


def other() -> str:
    """The command of an agent without states."""
    return "exec " + " ".join(PYTHON)


class Agent:
    """One that runs, until it is left."""

    def __init__(self, command: List[str]) -> None:
        """Start it and hear its greeting."""
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=pathlib.Path("/"))
        assert self.hear() == GREETING

    def __enter__(self) -> "Agent":
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """End its input, and wait for its end."""
        if self.process.poll() is None:
            assert self.process.stdin
            self.process.stdin.close()
        self.process.wait(timeout=20)

    def hear(self) -> str:
        """The next line it says."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def tell(self, line: str) -> None:
        """Send a line."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> str:
        """Its answer to a line, without the mark."""
        self.tell(line)
        said = self.hear()
        assert said.startswith("= ") and said.endswith("\n"), (line, said)
        return said[2:-1]


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
