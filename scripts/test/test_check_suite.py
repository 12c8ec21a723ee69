"""The suite's own captures are of a healthy stack: lastack check agrees.

What no end has sent is taken out first, and the resets that answer it, whose
number is the forged segment's acknowledgment (RFC 9293 section 3.10.7.1).
Where a SYN was forged, what follows answers a connection that never was.
"""

import json
import pathlib
from typing import Iterator, List, Set

import lastack
import pcapng
from check import check
from conftest import WireRun
from tape import Tape

AT_ONCE = 500


def answers(tape: Tape, forged: Set[int]) -> Iterator[int]:
    """The resets that answer forged segments."""
    segments = [tape.segment(number) for number in forged]
    acked = {tcp.ack for tcp in segments if tcp and "A" in tcp.flags}
    for number in range(len(tape.packets)) if acked else ():
        tcp = tape.segment(number)
        if tcp and "R" in tcp.flags and tcp.seq in acked:
            yield number


def has_forged_syn(tape: Tape) -> bool:
    """Whether another connection was made up."""
    segments = map(tape.segment, tape.forged)
    return any(tcp and "S" in tcp.flags for tcp in segments)


def sent_by_stacks(tape: Tape, path: pathlib.Path) -> bool:
    """Write a copy without what was forged; False: nothing is left to see."""
    out = set(tape.forged)
    if has_forged_syn(tape):
        return False
    out.update(answers(tape, out))
    packets = iter(range(len(tape.packets)))
    pcapng.write(path, [block for block in tape.blocks if
                        block.kind != pcapng.PACKET or
                        next(packets) not in out])
    return len(out) < len(tape.packets)


def grave(paths: List[pathlib.Path]) -> Iterator[str]:
    """What check finds that is worse than a note."""
    done = check("--format", "ndjson", "--all", *paths)
    assert done.returncode in (lastack.OK, lastack.NOT_OK), done.stderr
    flows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {flow["file"] for flow in flows} == set(map(str, paths))
    for flow in flows:
        for found in flow["findings"]:
            if found["severity"] in ("violation", "suspicious"):
                yield f'{flow["file"]}: {found["rule"]} of {found["side"]}'


def test_no_finding(wire: WireRun, tmp_path: pathlib.Path) -> None:
    """Neither a violation nor anything suspicious."""
    copies = ((tape, tmp_path / f"{i}-{case['name'].replace('/', '-')}.pcapng")
              for i, (case, tape) in enumerate(wire.tapes))
    paths = [path for tape, path in copies if sent_by_stacks(tape, path)]
    assert len(paths) > len(wire.tapes) // 10 * 8
    found = [text for at in range(0, len(paths), AT_ONCE)
             for text in grave(paths[at:at + AT_ONCE])]
    assert not found, "\n".join(found)
