"""Captures that were tampered with: replay must notice each time."""

import copy
import pathlib
import re
from typing import Callable, List

import lastack
import pcapng
import pytest
from conftest import WireRun
from ending import Ending
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from tape import Tape, event_of

Blocks = List[pcapng.Block]
Mutate = Callable[[Blocks], None]

FIGURE_12 = "close/normal-a-first"
FIGURE_13 = "simultaneous/figure-13"


def replay(path: pathlib.Path) -> int:
    """Judge one capture again."""
    done = lastack.run("replay", path)
    assert done.returncode == lastack.BAD or not done.stderr
    return done.returncode


def packets(blocks: Blocks) -> Blocks:
    """The frames among the blocks."""
    return [b for b in blocks if b.kind == pcapng.PACKET]


def is_fin(block: pcapng.Block) -> bool:
    """Tell whether a frame carries a FIN."""
    return bool(Ether(block.data)[TCP].flags.F)


def edit(block: pcapng.Block, change: Callable[[TCP], None]) -> None:
    """Change a frame's segment, and make its checksums right again."""
    frame: Packet = Ether(block.data)
    change(frame[TCP])
    del frame[TCP].chksum
    if IP in frame:
        del frame[IP].chksum
    block.data = bytes(frame)


def edit_fin(change: Callable[[TCP], None]) -> Mutate:
    """Change the first FIN."""
    def mutate(blocks: Blocks) -> None:
        edit(next(b for b in packets(blocks) if is_fin(b)), change)
    return mutate


def no_fin(tcp: TCP) -> None:
    """Take the FIN out."""
    tcp.flags.F = False


def reset(tcp: TCP) -> None:
    """Make a reset of it."""
    tcp.flags = "RA"


def seq_up(tcp: TCP) -> None:
    """Shift the sequence number by one."""
    tcp.seq += 1


def ack_up(tcp: TCP) -> None:
    """Acknowledge one more."""
    tcp.ack += 1


def bad_octet(blocks: Blocks) -> None:
    """Change one octet of the window, and leave the checksum as it is."""
    block = next(b for b in packets(blocks) if is_fin(b))
    frame = Ether(block.data)
    frame[TCP].window ^= 1
    block.data = bytes(frame)


def swap(old: str, new: str) -> Mutate:
    """Change the first event whose text has old in it."""
    def mutate(blocks: Blocks) -> None:
        for block in blocks:
            for text in block.comments:
                if event_of(text) and old in text:
                    changed = re.sub(re.escape(old), new, text, count=1)
                    block.comments = [changed if c == text else c
                                      for c in block.comments]
                    return
        raise AssertionError(f"no event has {old}")
    return mutate


def renumber(text: str, gone: List[int], frame: int) -> str:
    """An event's text after these events and that frame were taken out."""
    event = event_of(text)
    if event is None:
        return text
    number = event.number - sum(g < event.number for g in gone)
    text = re.sub(r"^lastack \d+", f"lastack {number}", text)
    if event.frame > frame:
        text = text.replace(f"frame={event.frame}", f"frame={event.frame - 1}")
    return text


def drop(position: int) -> Mutate:
    """Take a frame out, and all that was said of it."""
    def mutate(blocks: Blocks) -> None:
        block = packets(blocks)[position]
        frame = packets(blocks).index(block)
        blocks.remove(block)
        events = [e for e in map(event_of, block.comments) if e]
        gone = [e.number for e in events]
        for left in blocks:
            left.comments = [renumber(c, gone, frame) for c in left.comments]
    return mutate


def drop_block(blocks: Blocks) -> None:
    """Take a frame out, and leave a hole where it was."""
    blocks.remove(packets(blocks)[4])


def one_more(blocks: Blocks) -> None:
    """A segment no rung asks for, at the end."""
    last = packets(blocks)[-1]
    numbers = [e.number for b in blocks for e in map(event_of, b.comments)
               if e]
    frame = len(packets(blocks))
    more = copy.deepcopy(last)
    at = re.search(r"at=(\d+)", " ".join(last.comments))
    assert at
    more.comments = [f"lastack {max(numbers) + 1} segment at={at[1]} side=A "
                     f"how=unclaimed frame={frame}"]
    more.fixed = b"\0\0\0\0" + more.fixed[4:]
    blocks.insert(blocks.index(last) + 1, more)


MUTANTS = [
    ("fin-taken-out", FIGURE_12, edit_fin(no_fin)),
    ("fin-made-reset", FIGURE_12, edit_fin(reset)),
    ("seq-shifted", FIGURE_12, edit_fin(seq_up)),
    ("ack-shifted", FIGURE_12, edit_fin(ack_up)),
    ("octet-changed", FIGURE_12, bad_octet),
    ("frame-dropped", FIGURE_12, drop(4)),
    ("last-frame-dropped", FIGURE_12, drop(-1)),
    ("hole", FIGURE_12, drop_block),
    ("one-more", FIGURE_12, one_more),
    ("state-of-a", FIGURE_12, swap("A=FIN-WAIT-2", "A=CLOSING")),
    ("state-of-b", FIGURE_12, swap("B=LAST-ACK", "B=TIME-WAIT")),
    ("answer", FIGURE_12, swap("answer=eof", "answer=10")),
    ("errno", FIGURE_12, swap("answer=0", "answer=EPIPE")),
    ("other-call", FIGURE_12, swap("text=close", "text=dup")),
    ("lost", FIGURE_12, swap("how=delivered frame=4", "how=lost frame=4")),
    ("other-side", FIGURE_12, swap("side=B text=close", "side=A text=close")),
    ("held-state", FIGURE_13, swap("B=CLOSING", "B=LAST-ACK")),
    ("not-held", FIGURE_13, swap("how=held", "how=delivered")),
    ("fin-13", FIGURE_13, edit_fin(no_fin)),
    ("seq-13", FIGURE_13, edit_fin(seq_up)),
    ("dropped-13", FIGURE_13, drop(-1)),
]
BROKEN = ("hole", "frame-dropped")
# What the driver can see without knowing the case.
SEEN = ("seq-shifted", "ack-shifted", "state-of-a", "state-of-b",
        "held-state", "fin-taken-out", "fin-13", "seq-13")


def capture(wire: WireRun, name: str, family: str) -> pathlib.Path:
    """The capture of a case."""
    return wire.out / "captures" / "wire" / family / f"{name}.pcapng"


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("what, name, mutate", MUTANTS,
                         ids=[m[0] for m in MUTANTS])
def test_mutant(what: str, name: str, mutate: Mutate, family: str,
                wire: WireRun, tmp_path: pathlib.Path) -> None:
    """Unchanged it is ok, changed it is not."""
    blocks = pcapng.read(capture(wire, name, family))
    path = tmp_path / "mutant.pcapng"
    pcapng.write(path, blocks)
    assert path.read_bytes() == capture(wire, name, family).read_bytes()
    assert replay(path) == lastack.OK
    assert not Ending(Tape(path)).follow()
    mutate(blocks)
    pcapng.write(path, blocks)
    assert replay(path) == (lastack.BAD if what in BROKEN else lastack.NOT_OK)
    if what in SEEN:
        assert Ending(Tape(path)).follow(), "the driver sees nothing wrong"


def test_replay_says_what_the_run_said(wire: WireRun) -> None:
    """All captures, judged again, get the verdict they had."""
    differ = []
    for case, tape in wire.tapes:
        well = case["verdict"] in ("ok", "deviates")
        again = "well" if replay(tape.path) == lastack.OK else "not ok"
        if well and again != "well" or (case["verdict"] == "not ok"
                                        and again != "not ok"):
            differ.append(f"{lastack.label(case)}: {case['verdict']} then, "
                          f"{again} now")
    assert not differ, "\n".join(differ)


def is_plain(case: lastack.Case, tape: Tape) -> bool:
    """A case that passed with the last segment claimed by a rung."""
    segments = [e for e in tape.events if e.kind in ("segment", "release")]
    return (case["verdict"] == "ok" and not tape.forged and
            "passed" not in segments[-1].said)


def test_every_last_frame_counts(wire: WireRun,
                                 tmp_path: pathlib.Path) -> None:
    """Any case whose last segment is another one is not ok."""
    plain = [tape for case, tape in wire.tapes if is_plain(case, tape)]
    assert len(plain) >= 4
    for tape in plain:
        blocks = pcapng.read(tape.path)
        edit(packets(blocks)[-1], lambda tcp: tcp.flags.__setattr__("U", True))
        path = tmp_path / "mutant.pcapng"
        pcapng.write(path, blocks)
        assert replay(path) == lastack.NOT_OK, tape.path


@pytest.mark.parametrize("cut", [1, 4, 100, 1000])
def test_cut_short(cut: int, wire: WireRun, tmp_path: pathlib.Path) -> None:
    """A damaged file is refused, not judged."""
    path = tmp_path / "cut.pcapng"
    path.write_bytes(capture(wire, FIGURE_12, "ipv4").read_bytes()[:-cut])
    assert replay(path) == lastack.BAD
