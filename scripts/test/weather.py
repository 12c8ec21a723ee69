"""Random healthy connections in bad weather: weather.py [OPTION ...]

Draws cases (weather_cases.py), runs them over the cable, which loses, doubles
and delays what passes, and has lastack check judge the captures. The stacks
are this machine's, and healthy: a violation or something suspicious, by the
run's judge or by check, is a failure, as is an ending or a result of a call
that is not the truth the case was made with. Exit status 0: none; 1: some;
2: it could not be run. The folder of a run with failures is kept.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import re
import shutil
import sys
import tempfile
from typing import Counter, Dict, Iterator, List, Optional

import lastack
import weather_cases
from weather_cases import Weather

HEAD = "\t".join(["case", "family", "versions", "requirements", "text",
                  "citation", "why", "sometimes"]) + "\n"
GRAVE = ("violation", "suspicious")
FATE = re.compile(rb"lastack \d+ segment [^\0]*? how=(\w+) passed=yes")
FATES = {"lost": "lost", "kept": "doubled", "held": "delayed"}
# What the kernel does otherwise than specified when the weather has it so:
# the requirement, how the judge tells it, and how that comes about.
EXPECTED = [
    ("RFC5961-3.2-1", "rst-obeyed by", "an RST one below RCV.NXT, after a FIN"),
    ("RFC5961-3.2-3", "rst-obeyed by", "an RST at the edge of what was SACKed"),
    ("RFC9293-3.10.7.4-SHLD31", "wrong-transition by",
     "a FIN that overtakes data, to an orphan"),
]
AT_ONCE = 1000  # captures that one lastack check is given
HOURS = 4 * 3600.0


class Unfit(Exception):
    """The run cannot be had, or does not tell what it should."""


class Sum:
    """What came of a run."""

    def __init__(self) -> None:
        self.failures: Dict[str, List[str]] = {}
        self.frames: Counter[str] = collections.Counter()
        self.endings: Counter[str] = collections.Counter()
        self.found: Counter[str] = collections.Counter()

    def fail(self, name: str, text: str) -> None:
        """Remember why a connection is not as it should be."""
        self.failures.setdefault(name, []).append(text)

    def find(self, name: str, by: str, found: Dict[str, str],
             expected: bool = False) -> None:
        """Count a finding; a grave one that nobody expects is a failure."""
        kind = f'{found["severity"]} {found["rule"]}'
        self.found[f"{kind}, {by}"] += 1
        if found["severity"] in GRAVE and not expected:
            self.fail(name, f'{by}: {kind} of {found["side"]}: expected '
                      f'{found["expected"]}, actual {found["actual"]}')


def play(work: pathlib.Path, args: List[str]) -> List[lastack.Case]:
    """Run all cases of the folder; return what came of each."""
    done = lastack.run("run", "--format", "tap", "--out", work / "out", *args,
                       work / "cases", timeout=HOURS)
    if done.returncode not in (lastack.OK, lastack.NOT_OK, lastack.BAD) or \
            not (work / "out" / "results.json").exists():
        raise Unfit(done.stdout[-2000:] + done.stderr)
    return lastack.cases(work / "out")


def look_at_run(case: lastack.Case, total: Sum) -> None:
    """Hold what the run says of a case against what it should say."""
    name = pathlib.Path(case["name"]).name
    deviates = case["verdict"] == "deviates"
    if case["verdict"] != "ok" and not deviates:
        total.fail(name, lastack.verdict_line(case))
    for found in case["judge"]:
        total.find(name, "run", found,
                   deviates and found["id"] in [e[0] for e in EXPECTED])
    if case["capture"]:
        capture = pathlib.Path(case["capture"]).read_bytes()
        for how in FATE.findall(capture):
            total.frames[how.decode()] += 1


def flows(captures: List[str]) -> Iterator[Dict[str, object]]:
    """Yield check's verdict of each connection in the captures."""
    for at in range(0, len(captures), AT_ONCE):
        done = lastack.run("check", "--format", "ndjson", "--all",
                           "--fail-on", "suspicious",
                           *captures[at:at + AT_ONCE], timeout=HOURS)
        if done.returncode not in (lastack.OK, lastack.NOT_OK):
            raise Unfit(done.stderr)
        yield from map(json.loads, done.stdout.splitlines())


def look_at_flow(flow: Dict[str, object], case: Weather, total: Sum) -> None:
    """Hold check's verdict against the truth."""
    total.endings[f'{flow["ending"]}'] += 1
    for found in flow["findings"]:
        total.find(case.name, "check", found)
    for text in case.truth.denied(flow):
        total.fail(case.name, f"check: {text}")


def judge(cases: List[Weather], work: pathlib.Path,
          args: List[str]) -> Sum:
    """Write, run and check the cases."""
    total = Sum()
    (work / "cases").mkdir()
    for case in cases:
        (work / "cases" / f"{case.name}.fin").write_text(case.text)
    expect = work / "expected.tsv"
    expect.write_text(HEAD + "".join(
        "\t".join(["*", "*", "*", requirement, text, "cases/stacks/linux.tsv",
                   why, "the weather decides"]) + "\n"
        for requirement, text, why in EXPECTED))
    played = play(work, [*args, "--expect", str(expect)])
    for result in played:
        look_at_run(result, total)
    by_name = {case.name: case for case in cases}
    captures = [result["capture"] for result in played if result["capture"]]
    seen: Counter[str] = collections.Counter()
    for flow in flows(captures):
        name = pathlib.Path(str(flow["file"])).stem
        seen[name] += 1
        look_at_flow(flow, by_name[name], total)
    for name in by_name:
        if seen[name] != 1:
            total.fail(name, f"check: {seen[name]} connections, not 1")
    return total


def again(name: str, work: pathlib.Path, options: argparse.Namespace) -> str:
    """How one connection is repeated: from the seed, or the kept file."""
    return (f"scripts/test/weather.py --seed {options.seed} --count 1 "
            f"--first {int(name.split('-')[0])}  # {work}/cases/{name}.fin")


def counts(what: Counter[str]) -> str:
    """Numbers with their names, the greatest first."""
    return ", ".join(f"{n} {name}" for name, n in what.most_common()) or "none"


def say(total: Sum, work: pathlib.Path, options: argparse.Namespace) -> None:
    """Print the failures, and the sums."""
    for name, texts in sorted(total.failures.items()):
        print(f"not ok {name}", *texts, sep="\n  ")
        print(f"  again  {again(name, work, options)}")
    frames = collections.Counter(
        {text: total.frames[how] for how, text in FATES.items()})
    print(f"connections  {options.count} of seed {options.seed}, "
          f"{len(total.failures)} failed")
    print(f"segments     {sum(total.frames.values())} passed: "
          f"{counts(frames)}")
    print(f"endings      {counts(total.endings)}")
    print(f"findings     {counts(total.found)}")


def read_options(args: Optional[List[str]]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10000, metavar="N",
                        help="how many connections; 10000")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="what they are drawn from; 1")
    parser.add_argument("--first", type=int, default=0, metavar="I",
                        help="the number of the first of them; 0")
    parser.add_argument("--jobs", type=int, metavar="N",
                        help="lanes, as of lastack run")
    parser.add_argument("--bug", metavar="NAME",
                        help="one end has that bug, as of lastack run; must "
                        "fail")
    options = parser.parse_args(args)
    if options.count < 1 or options.first < 0:
        parser.error("expected --count from 1 up and --first from 0 up")
    return options


def main(args: Optional[List[str]] = None) -> int:
    """Run, and return the exit status."""
    options = read_options(args)
    cases = [weather_cases.draw(options.seed, options.first + i)
             for i in range(options.count)]
    passed_on = [text for key in ("jobs", "bug")
                 for text in (f"--{key}", str(getattr(options, key)))
                 if getattr(options, key) is not None]
    work = pathlib.Path(tempfile.mkdtemp(prefix="lastack-weather-"))
    failed = True
    try:
        total = judge(cases, work, passed_on)
        failed = bool(total.failures)
        say(total, work, options)
    except (Unfit, OSError) as error:
        print(f"weather.py: {error}", file=sys.stderr)
        return lastack.BAD
    finally:
        if not failed:
            shutil.rmtree(work)
    return lastack.NOT_OK if failed else lastack.OK


if __name__ == "__main__":
    sys.exit(main())
