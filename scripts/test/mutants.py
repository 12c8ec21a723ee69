"""Whether the grid's oracles can fail: mutants.py [--count N] [--seed S]

Every cell that the stack passes is played again with its oracle changed: in
another state, with another flag, another number, silence for a segment, one
segment more, another result of a call. A mutant that is not found wrong has
survived, and is printed; exit 1 when there is one. With --count so many
mutants are drawn by the seed.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from typing import Dict, Iterator, List, Tuple

import lastack

Lines = List[str]
CONTROL = "unchanged"
ANSWER = re.compile(r"^\s*x--\s+(\S+)")
STATE = re.compile(r"(-->\s\s|<--\s\s|^B is )([A-Z|0-9-]+)\s*$")
FLAGS = {".": "F.", "F.": ".", "R": "S", "R.": "S.", "P.": "F.", "S.": "F.",
         "S": "R"}


def texts() -> Dict[str, Lines]:
    """The cells as cases, by name."""
    out: Dict[str, Lines] = {}
    name = ""
    for line in lastack.run("grid").stdout.splitlines():
        if line.startswith("# grid/"):
            name = line[2:]
            out[name] = []
        elif name:
            out[name].append(line)
    for lines in out.values():  # the blank line before the next name
        while lines and not lines[-1]:
            lines.pop()
    return out


def play(folder: pathlib.Path, *cases: object) -> Dict[str, lastack.Case]:
    """Plays cases without expectations; what came of each, by name."""
    subprocess.run([str(lastack.BINARY), "run", "--quick", "-4", "--link",
                    "wire", "--format", "tap", "--out",
                    str(folder), *map(str, cases)], cwd=lastack.ROOT,
                   stdout=subprocess.DEVNULL, check=False)
    return {case["name"]: case for case in lastack.cases(folder)}


def taken(lines: Lines, branches: List[str]) -> Lines:
    """The lines without the branches of either that were not taken."""
    chosen = {int(b.split()[1]) for b in branches}
    out: Lines = []
    inside = keep = False
    for number, line in enumerate(lines, 1):
        if line in ("either {", "} or {"):
            inside, keep = True, number in chosen
        elif inside and line == "}":
            inside = False
        elif keep or not inside:
            out.append(line)
    return out


def changed(lines: Lines, at: int, line: str) -> Lines:
    """The lines with another one in its place."""
    return [*lines[:at], line, *lines[at + 1:]]


def of_answer(lines: Lines, at: int, flags: str) -> Iterator[Tuple[str, Lines]]:
    """The answer with another flag, other numbers, and never sent."""
    line = lines[at]
    yield "flag", changed(lines, at, line.replace(flags, FLAGS[flags], 1))
    for key in ("seq", "ack"):
        if re.search(rf"{key} -?\d+", line):
            yield key, changed(lines, at, re.sub(
                rf"({key}) (-?\d+)(:-?\d+)?",
                lambda m: f"{m[1]} {int(m[2]) + 1}" + (m[3] or ""), line, 1))
    yield "silence", changed(lines, at, "quiet 20ms")


def mutants(lines: Lines) -> Iterator[Tuple[str, Lines]]:
    """Every change of the oracle, which is what follows the last blank line."""
    first = len(lines) - lines[::-1].index("")
    for at in range(first, len(lines)):
        line = lines[at]
        state = STATE.search(line)
        answer = ANSWER.match(line)
        call = re.match(r"^B \S.*= (\S+)$", line)
        if state:
            other = "LISTEN" if state[2] == "SYN-SENT" else "SYN-SENT"
            yield "state", changed(lines, at, line[:state.start(2)] + other)
        if answer:
            yield from of_answer(lines, at, answer[1])
        if call:
            wrong = "0" if call[1] == "ETIMEDOUT" else "ETIMEDOUT"
            yield "result", changed(lines, at,
                                    line[:call.start(1)] + wrong)
    yield "more", [*lines, "x--  .  <--  within 100ms"]


def soon(lines: Lines) -> Lines:
    """The same, but not waiting long for what a mutant asks for in vain."""
    return [f"{line}  within 100ms" if ANSWER.match(line) and
            "within" not in line else line for line in lines]


def make(folder: pathlib.Path) -> Dict[str, Lines]:
    """All mutants of the cells that pass, by the name of their file."""
    cells = texts()
    out: Dict[str, Lines] = {}
    for name, case in play(folder, "grid").items():
        if case["verdict"] != "ok":
            continue
        lines = taken(cells[name], case["branch"])
        cell = name[5:].replace("/", ".")
        out[f"{cell}.{CONTROL}"] = soon(lines)
        for i, (kind, mutant) in enumerate(mutants(lines)):
            out[f"{cell}.{i}-{kind}"] = soon(mutant)
    return out


def survivors(all_of_them: Dict[str, Lines], count: int, seed: int,
              folder: pathlib.Path) -> List[str]:
    """Those that nobody found wrong, with what was said of them."""
    names = sorted(all_of_them)
    if count:
        names = random.Random(seed).sample(names, min(count, len(names)))
    cases = folder / "mutants"
    cases.mkdir()
    for name in names:
        (cases / f"{name}.fin").write_text("\n".join(all_of_them[name]) + "\n")
    said = play(folder / "run", cases)
    print(f"{len(names)} of {len(all_of_them)} mutants and controls played", flush=True)
    assert len(said) == len(names)
    return sorted(f"{name.rsplit('/', 1)[1]}: {case['verdict']}"
                  for name, case in said.items()
                  if (case["verdict"] == "ok") != name.endswith(CONTROL)
                  or case["verdict"] not in ("ok", "not ok"))


def main() -> int:
    """Play the mutants and print who lives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        alive = survivors(make(folder / "cells"), args.count, args.seed,
                          folder)
    for one in alive:
        print(f"survived: {one}")
    print(json.dumps({"survived": len(alive)}))
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
