"""A small parser of TAP version 14, independent of what writes it.

Only what a harness without subtests may write; anything else is an error.
"""

import dataclasses
import re
from typing import List, Optional, Tuple

POINT = re.compile(r"(not )?ok (\d+) - (.*)")
PLAN = re.compile(r"1\.\.(\d+)")


@dataclasses.dataclass
class Point:
    """One test point."""

    ok: bool
    number: int
    name: str
    skip: Optional[str] = None
    todo: Optional[str] = None
    yaml: List[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Tap:
    """A whole stream."""

    plan: int
    points: List[Point]
    comments: List[str]
    bail: Optional[str] = None


def split_directive(text: str) -> Tuple[str, Optional[str], Optional[str]]:
    """Part a description from its directive, at an unescaped "#"."""
    parts = re.split(r"(?<!\\)(?:\\\\)* # ?", text, maxsplit=1)
    name = re.sub(r"\\([#\\])", r"\1", parts[0])
    if len(parts) == 1:
        return name, None, None
    match = re.fullmatch(r"(SKIP|TODO)\s*(.*)", parts[1])
    assert match, f"an unknown directive: {parts[1]}"
    reason = re.sub(r"\\([#\\])", r"\1", match[2])
    if match[1] == "SKIP":
        return name, reason, None
    return name, None, reason


def point_of(line: str) -> Point:
    """Read a test point."""
    match = POINT.fullmatch(line)
    assert match, f"no test point: {line}"
    name, skip, todo = split_directive(match[3])
    return Point(not match[1], int(match[2]), name, skip, todo)


def take_yaml(lines: List[str]) -> List[str]:
    """Take a YAML block whose first line has been taken."""
    block = []
    while lines and lines[0] != "  ...":
        line = lines.pop(0)
        assert not line or line.startswith("  "), f"not indented: {line}"
        block.append(line[2:])
    assert lines, "a YAML block without its end"
    lines.pop(0)
    return block


def parse(text: str) -> Tap:
    """Read a whole stream."""
    assert text.endswith("\n")
    lines = text.splitlines()
    assert lines.pop(0) == "TAP version 14"
    plan = PLAN.fullmatch(lines.pop(0))
    assert plan
    tap = Tap(int(plan[1]), [], [])
    while lines:
        take(tap, lines.pop(0), lines)
    numbers = [point.number for point in tap.points]
    assert numbers == list(range(1, len(numbers) + 1))
    assert tap.bail or len(numbers) == tap.plan
    return tap


def take(tap: Tap, line: str, rest: List[str]) -> None:
    """Read one line, and the YAML block that it may begin."""
    assert tap.bail is None, f"something after the end: {line}"
    if line.startswith("# "):
        tap.comments.append(line[2:])
    elif line.startswith("Bail out!"):
        tap.bail = line[len("Bail out!"):].strip()
    elif line == "  ---":
        tap.points[-1].yaml = take_yaml(rest)
    else:
        tap.points.append(point_of(line))
