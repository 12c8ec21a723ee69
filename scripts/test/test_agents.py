"""The two agents of this project say the same, whichever is at which end."""

import itertools
import re
import time
from typing import List, Tuple

import agents
import lastack
import pytest

PAIRS = list(itertools.product((agents.OURS, agents.PYTHON), repeat=2))
NAMES = ["-".join("python" if one is agents.PYTHON else "ours"
                  for one in pair) for pair in PAIRS]

# Who is told what, and the answer; "~": asked until it comes.
ORDERLY = """
B listen = 0
B listen 5 = 0
B accept 1 = EINVAL
A error = EBADF
A connect = 0
B !accept = 0
A send 1000 = 1000
B recv 600 = 600
B recv = 400
B send 100000 = 100000
A recv 100000 = 100000
A poll = OUT
A shutdown wr = 0
B recv = eof
B poll ~ IN,OUT,RDHUP
B recv 5 = eof
A nonblock on = 0
A recv = EAGAIN
A nonblock off = 0
B nodelay on = 0
B close = 0
A drain = 0
A poll = IN,OUT,RDHUP,HUP
A close = 0
A close = EBADF
B unlisten = 0
B unlisten = EBADF
"""

ABORTED = """
A linger 0 = 0
B listen = 0
A connect = 0
B accept = 0
B send 10 = 10
A poll ~ IN,OUT
A close = 0
B poll ~ IN,OUT,RDHUP,ERR,HUP
B error = ECONNRESET
B error = 0
B recv = eof
B send 1 = EPIPE
B linger 2000ms = 0
B linger off = 0
B close = 0
B unlisten = 0
A connect = ECONNREFUSED|0
A error = 0|ECONNREFUSED
A close = 0
"""

REFUSED = """
A can close = yes
A can ipv4 = yes
A can fly = no
A fly = ENOSYS
A !fly = ENOSYS
A  = ENOSYS
A can = EINVAL
A close 1 = EINVAL
A send = EINVAL
A send x = EINVAL
A recv 0 = EINVAL
A shutdown both = EINVAL
A linger 1500ms = EINVAL
A linger on = EINVAL
A nodelay yes = EINVAL
A connect fly = EINVAL
A use 5 ::1 1 ::1 2 1 = EINVAL
A use 6 ::1 0 ::1 2 1 = EINVAL
A use 6 ::1 1 ::1 2 = EINVAL
"""


def steps(text: str) -> List[Tuple[str, str, str, str]]:
    """Side, command, how and answer of each line."""
    found = re.findall(r"^([AB]) (.*) ([=~]) (\S+)$", text, re.M)
    assert len(found) == text.count("\n") - 1
    return found


def ask(agent: agents.Agent, command: str) -> str:
    """Its answer, an announcement heard where there has to be one."""
    agent.tell(command)
    said = agent.hear()
    if command.startswith("!") and said.startswith(">"):
        assert said == "> " + command[1:].split()[0] + "\n"
        said = agent.hear()
    assert said.startswith("= ")
    return said[2:-1]


@pytest.mark.parametrize("text", [ORDERLY, ABORTED, REFUSED],
                         ids=["orderly", "aborted", "refused"])
@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_same(pair: List[List[str]], text: str) -> None:
    """Every answer is what the page has it."""
    ports = agents.free_port(), agents.free_port()
    with agents.Agent(pair[0]) as first, agents.Agent(pair[1]) as second:
        ends = {"A": first, "B": second}
        here = "127.0.0.1 %d 127.0.0.1 %d 1"
        assert first.ask("use 4 " + here % ports) == "0"
        assert second.ask("use 4 " + here % ports[::-1]) == "0"
        for side, command, how, wanted in steps(text):
            got = ask(ends[side], command)
            until = time.monotonic() + 20
            while how == "~" and got != wanted and time.monotonic() < until:
                got = ask(ends[side], command)
            assert got in wanted.split("|"), (side, command)


@pytest.mark.parametrize("command", [agents.OURS, agents.PYTHON],
                         ids=["ours", "python"])
def test_end(command: List[str]) -> None:
    """Each ends when its input does, and when it is told to."""
    with agents.Agent(command) as one:
        pass
    assert one.process.returncode == 0
    with agents.Agent(command) as one:
        one.tell("exit")
        assert one.hear() == ""
    assert one.process.returncode == 0
    with agents.Agent(command) as one:
        one.tell("kill")
        assert one.hear() == ""
    assert one.process.returncode == -9


def test_page() -> None:
    """The page has an item for each command our agent has, and no other."""
    page = (lastack.ROOT / "harness/man/lastack-agent.7").read_text()
    items = re.findall(r"^\.It Cm ([a-z][a-z0-9-]*)", page, re.M)
    with agents.Agent(agents.OURS) as one:
        for name in items:
            if name not in ("eof", "yes", "frames"):
                assert one.ask("can " + name) == "yes", name
