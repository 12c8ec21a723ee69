"""The ladder of check beside that of the run that left the capture."""

import re
from typing import List, Optional, Tuple

import lastack
import pytest

STATE = r"[A-Z]+(?:-[A-Z0-9]+)*"
RUNG = re.compile(rf"(?:# )?({STATE})?\s*(-->|<--)\s+(\S+)\s.*?"
                  rf"(?:-->|<--)\s*({STATE})?\s*(?:# \+.*)?")

Row = Tuple[str, str, Optional[str], Optional[str]]


def rungs(text: str) -> List[Row]:
    """Who sent what, its state, and the receiver's."""
    found: List[Row] = []
    for line in map(str.strip, text.splitlines()):
        match = RUNG.fullmatch(line)
        if match:
            left, arrow, flags, right = match.groups()
            row = ("A", flags, left, right) if arrow == "-->" else (
                "B", flags, right, left)
            found.append(row)
    return found


@pytest.mark.parametrize("name", ["normal-a-first", "normal-b-first",
                                  "fin-rides-on-data-a"])
def test_states_of_the_sender(name: str) -> None:
    """Where nothing is held or lost, both say the same of who sends; of who
    receives check knows nothing later, and may know it only later."""
    path = lastack.ROOT / f"captures/ipv4/close/{name}.pcapng"
    checked = lastack.run("check", "--ladder", "--all", path).stdout
    checked = checked[checked.index("# connection"):]
    played = lastack.run("replay", "--verbose", "--format", "human", path)
    ours, theirs = rungs(checked), rungs(played.stdout)
    assert len(ours) == len(theirs) > 5
    order = ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
             "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "TIME-WAIT", "CLOSED"]
    behind = 0
    for one, other in zip(ours[1:], theirs[1:]):
        assert one[:3] == other[:3]
        assert order.index(one[3] or "") <= order.index(other[3] or "")
        behind += one[3] != other[3]
    assert behind
