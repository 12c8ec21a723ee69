"""All tests: all.py BUILD [--sanitized]

Unit tests (CUnit), every case over the wire, the reference captures judged
again, then pytest, which tests the tester: several modules at a time, as most
wait for timers. The last lines name what failed of all four and count their tests,
and the exit status is theirs. A build with sanitizers is spared what only takes time there:
cases that wait for long timers, and tests marked plain, which build something
else or boot guests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Dict, List, Tuple

PAGE_MAX = 3_000_000  # octets of the page of the whole suite
# Most tests wait for timers: even one processor has time for two of them.
WORKERS = min(max(2, len(os.sched_getaffinity(0))), 4)
# They compare what is on this machine before and after.
ALONE = ["scripts/test/test_gvisor.py", "scripts/test/test_leaks.py"]


@dataclass
class Count:
    """How many tests passed and were skipped, and which failed."""

    passed: int = 0
    failed: List[str] = field(default_factory=list)
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def end(self, program: str, status: int, *good: int) -> Count:
        """One that ends as after a failure has one, though it named none."""
        if status not in (0, *good) and not self.failed:
            self.failed.append(f"{program}: exit status {status}")
        return self


BEGUN = time.monotonic()


def title(text: str) -> None:
    """What comes now, and how many seconds after the first one."""
    print(f"\n== {time.monotonic() - BEGUN:.0f} s: {text}", flush=True)


def unit(build: str) -> Count:
    """CUnit prints its own summary; its table is read for the numbers."""
    title("unit tests")
    run = subprocess.run([f"{build}/unit"], stdout=subprocess.PIPE, text=True)
    print(run.stdout, flush=True)
    row = re.search(r"^\s*tests\s+(\d+)\s+(\d+)\s+(\d+)", run.stdout, re.M)
    if not row:
        return Count(failed=["unit: no summary"])
    failed = re.findall(r"^Suite (.+), Test (.+) had failures:$", run.stdout,
                        re.M)
    return Count(int(row[3]), [f"unit: {suite}: {name}" for suite, name
                               in failed]).end("unit", run.returncode)


def suite(build: str, out: str, sanitized: bool) -> Count:
    """Every case over the default link, both families, the slow ones too."""
    title("all quick cases over the wire" if sanitized else
          "all cases over the wire")
    run = subprocess.run(
        [f"{build}/lastack", "run", "--format", "human", "--out", out,
         *(["--quick"] if sanitized else [])])
    try:
        with open(f"{out}/results.json", encoding="utf-8") as file:
            results = json.load(file)
    except (OSError, ValueError):
        return Count(failed=["lastack run: no results.json"])
    s = results["summary"]
    count = Count(s["ok"] + s["deviates"], skipped=s["skip"])
    count.failed = [f'{c["verdict"]}: {c["name"]} {c["family"]} {c["link"]}'
                    for c in results["cases"]
                    if c["verdict"] in ("not ok", "broken")]
    count.failed += ["lastack run: a case that was not run"] * s["not_run"]
    octets = os.path.getsize(f"{out}/index.html")
    print(f"index.html: {octets / 1e6:.2f} MB", flush=True)
    if octets > PAGE_MAX:
        count.failed.append(f"index.html: expected at most {PAGE_MAX / 1e6:.0f} MB")
    return count.end("lastack run", run.returncode, 77)


def replay(build: str) -> Count:
    """The reference captures judged again; TAP says what came of each."""
    title("the reference captures, judged again")
    run = subprocess.run([f"{build}/lastack", "replay", "--format", "tap"],
                         stdout=subprocess.PIPE, text=True)
    lines = run.stdout.splitlines()
    tests = [line for line in lines if re.match("(not )?ok ", line)]
    bad = [line for line in tests
           if line.startswith("not ok ") and " # TODO deviates " not in line]
    print("\n".join(bad + lines[-2:]), flush=True)
    return Count(len(tests) - len(bad), [f"replay: {line}" for line in bad]
                 ).end("lastack replay", run.returncode)


def junit(path: str) -> Count:
    """What a file of pytest's says of its tests. One that fails and cannot be
    cleaned up after is there twice."""
    told: Dict[Tuple[str, str], List[str]] = {}
    for case in ET.parse(path).getroot().iter("testcase"):
        told.setdefault((case.get("classname", ""), case.get("name", "")),
                        []).extend(child.tag for child in case)
    count = Count()
    for (module, name), tags in told.items():
        if "failure" in tags or "error" in tags:
            count.failed.append("::".join(filter(None, (module, name))))
        elif "skipped" in tags:
            count.skipped += 1
        else:
            count.passed += 1
    return count


def pytest(build: str, xml: str, sanitized: bool, *what: str) -> Count:
    """Run what is named, from scripts/test."""
    env = dict(os.environ, LASTACK=os.path.abspath(f"{build}/lastack"))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
         *(["-m", "not plain"] if sanitized else []), f"--junitxml={xml}",
         *what], env=env)
    try:
        count = junit(xml)
    except (OSError, ET.ParseError):
        count = Count()
    return count.end("pytest", run.returncode)


def tester(build: str, work: str, sanitized: bool) -> Count:
    """The modules side by side, then those that want the machine to themselves."""
    title(f"the tester tested: pytest, {WORKERS} modules at a time")
    count = pytest(build, f"{work}/beside.xml", sanitized, "-n", str(WORKERS), "--dist",
                   "loadfile", "scripts/test",
                   *(f"--ignore={name}" for name in ALONE))
    title("the tester tested: pytest, what looks at the whole machine")
    count.add(pytest(build, f"{work}/alone.xml", sanitized, *ALONE))
    return count


def main() -> int:
    build = sys.argv[1]
    sanitized = "--sanitized" in sys.argv[2:]
    total = Count()
    with tempfile.TemporaryDirectory(prefix="lastack-check-") as work:
        total.add(unit(build))
        total.add(suite(build, f"{work}/suite", sanitized))
        total.add(replay(build))
        total.add(tester(build, work, sanitized))
    print()
    for name in total.failed:
        print(f"FAILED {name}")
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {len(total.failed)} failed{skipped}",
          flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
