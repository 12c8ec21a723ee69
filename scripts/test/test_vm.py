"""Cases in a guest with another kernel: what they give, and what goes wrong.

Needs QEMU and a kernel that scripts/kernel can fetch; both are said where
they lack. Nothing here holds a time against a bound.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
from typing import List

import guests
import lastack
import pytest

pytestmark = pytest.mark.plain

KERNEL = "6.1"
SAME = ["close/normal-a-first", "half-close/shutdown-wr-a", "reset/counted",
        "simultaneous/figure-13"]


@pytest.fixture(scope="module", name="kernel")
def kernel_fixture() -> str:
    """The kernel that most tests are about."""
    return guests.fetched(KERNEL)


def rows(out: pathlib.Path) -> List[List[str]]:
    """The ladders of a run's cases, by name."""
    return [ladder_file(case, out) for case in
            sorted(lastack.cases(out), key=lambda case: case["name"])]


def ladder_file(case: lastack.Case, out: pathlib.Path) -> List[str]:
    """The same of a case's file of evidence."""
    path = next((out / "ladders").rglob(f"{case['name']}.fin.txt"))
    return [re.sub(r"\s+#[^#]*$", "", line) for line in
            path.read_text().splitlines()
            if not line.startswith("# ")]


def test_same_as_here(kernel: str, tmp_path: pathlib.Path) -> None:
    """A case's ladder in the guest is the one of here, but for its times."""
    for where, options in (("vm", ["--vm", kernel]), ("here", [])):
        done = lastack.run("run", "-4", *options, "--out", tmp_path / where,
                           *SAME, timeout=600)
        assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert all(rows(tmp_path / "here"))
    assert rows(tmp_path / "vm") == rows(tmp_path / "here")


def normalised(row: str) -> str:
    """A row without what is drawn by lot, what it waited, and the blanks.

    A starved machine makes a segment wait that no timer sends.
    """
    row = re.sub(r" within \d+s", "", " ".join(row.split()))
    return re.sub(r"-?\d{5,}", "#", row)


def test_same_in_any_time(kernel: str, tmp_path: pathlib.Path) -> None:
    """One kernel does the same whether time passes or not."""
    found = []
    for name, options in (("virtual", []), ("real", ["--real-time"])):
        out = tmp_path / name
        lastack.run("run", "-4", "--vm", kernel, *options, "--quick", "--out",
                    out, "close", "half-close", "simultaneous", timeout=600)
        found.append({
            case["name"]: [normalised(row) for row in ladder_file(case, out)]
            for case in lastack.cases(out)
            if case["verdict"] in ("ok", "deviates") and not case["branch"]})
    # What a case leaves open, a starved machine does otherwise.
    names = set(found[0]) & set(found[1])
    assert len(names) > 60
    for name in names:
        assert found[0][name] == found[1][name], name


def test_default_timers(kernel: str, tmp_path: pathlib.Path) -> None:
    """Hours pass in the guest: keep-alive, R2, orphans, 2MSL."""
    done = lastack.run("run", "-4", "--vm", kernel, "--out", tmp_path,
                       "--format", "tap", "virtual", timeout=900)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    cases = {case["name"]: case for case in lastack.cases(tmp_path)}
    assert {case["verdict"] for case in cases.values()} == {"ok"}
    assert cases["virtual/keepalive"]["duration_s"] > 7200
    assert cases["virtual/r2"]["duration_s"] > 924
    whole = lastack.results(tmp_path)
    assert whole["clock"] == "virtual" and KERNEL in json.dumps(whole["stacks"])
    assert "virtual time" in done.stdout
    for case in cases.values():
        assert pathlib.Path(case["capture"]).stat().st_size > 0


def test_not_here(tmp_path: pathlib.Path) -> None:
    """Without virtual time such a case is skipped, and says so."""
    done = lastack.run("run", "-4", "--out", tmp_path, "virtual/r2")
    assert done.returncode == lastack.NOTHING
    case, = lastack.cases(tmp_path)
    assert "needs virtual time" in case["reason"]


def emulators(parent: int) -> List[int]:
    """The process ids of the QEMUs below a process."""
    found = subprocess.run(["pgrep", "-P", str(parent)], text=True,
                           stdout=subprocess.PIPE, check=False).stdout.split()
    below = [pid for one in found for pid in emulators(int(one))]
    return below + [int(pid) for pid in found if "qemu" in
                    pathlib.Path(f"/proc/{pid}/comm").read_text()]


def test_guest_dies(kernel: str, tmp_path: pathlib.Path) -> None:
    """The case it was in is broken, the rest is played in a fresh guest."""
    with subprocess.Popen(
            [lastack.BINARY, "run", "-4", "--vm", kernel, "--jobs", "1",
             "--repeat", "30", "--out", tmp_path, "close/normal-a-first"],
            stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        lines = iter(run.stdout.readline, "")
        while not next(lines).startswith("ok "):
            pass
        for pid in emulators(run.pid):
            os.kill(pid, signal.SIGKILL)
        run.stdout.read()
        assert run.wait(timeout=600) == lastack.BAD
        deadline = time.monotonic() + 60
        while emulators(run.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not emulators(run.pid)
    verdicts = [case["verdict"] for case in lastack.cases(tmp_path)]
    assert verdicts.count("broken") == 1 and verdicts.count("ok") == 29
    broken, = (case for case in lastack.cases(tmp_path)
               if case["verdict"] == "broken")
    assert "the guest" in broken["reason"]


@pytest.mark.parametrize("text, said", [
    ("9.99", "no kernel 9.99 in "), ("/nowhere/bzImage", "no such kernel"),
    ("/dev/null:/nowhere", "no folder of modules")])
def test_refused(kernel: str, text: str, said: str) -> None:
    """One line says what is wrong, and nothing is played."""
    assert kernel
    done = lastack.run("run", "--vm", text, "close")
    assert done.returncode == lastack.BAD and not done.stdout
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_no_kernel_inside(kernel: str, tmp_path: pathlib.Path) -> None:
    """A file that is no kernel is refused, before anything starts."""
    assert kernel
    (tmp_path / "bzImage").write_bytes(b"nothing" * 1000)
    done = lastack.run("run", "--vm", tmp_path / "bzImage", "--out",
                       tmp_path / "out", "close/normal-a-first", timeout=300)
    assert done.returncode == lastack.BAD and not done.stdout
    assert "no Linux kernel" in done.stderr and done.stderr.count("\n") == 1


@pytest.fixture(scope="module", name="other")
def other_fixture(kernel: str) -> str:
    """Another kernel beside it."""
    assert kernel
    return guests.fetched("6.12")


def test_several(kernel: str, other: str, tmp_path: pathlib.Path) -> None:
    """Kernels in one run: each its results, files and name, and as alone."""
    selectors = ["close/normal-a-first", "close/poll-sees-both-fins"]
    for name, kernels in (("both", f"{kernel},{other}"), ("one", kernel)):
        done = lastack.run("run", "-4", "--vm", kernels, "--out",
                           tmp_path / name, "--format", "tap", *selectors,
                           timeout=600)
        assert done.returncode == lastack.OK, done.stdout + done.stderr
    whole = lastack.results(tmp_path / "both")
    versions = [guest["version"] for guest in whole["guests"]]
    assert [guest["as"] for guest in whole["guests"]] == [kernel, other]
    assert [version.startswith((kernel, other)) for version in versions]
    cases = lastack.cases(tmp_path / "both")
    assert sorted((case["name"], case["guest"]) for case in cases) == sorted(
        (name, version) for name in selectors for version in versions)
    for case in cases:
        assert case["clock"] == "virtual"
        assert case["stacks"]["B"] == f"kernel {case['guest']}"
        assert case["guest"] in case["capture"]
        assert pathlib.Path(case["capture"]).stat().st_size > 0
    alone = lastack.cases(tmp_path / "one")
    for case in alone:
        beside, = (one for one in cases if one["name"] == case["name"]
                   and one["guest"] == case["guest"])
        assert beside["verdict"] == case["verdict"]
        assert beside["deviations"] == case["deviations"]
    shown = lastack.run("show", "--out", tmp_path / "both", selectors[0])
    for version in versions:
        assert f"{selectors[0]}  ipv4 wire {version}" in shown.stdout


def test_one_of_several(kernel: str, tmp_path: pathlib.Path) -> None:
    """One that cannot be booted: said once, and the other is played."""
    empty = tmp_path / "modules"
    empty.mkdir()
    (empty / "modules.builtin").write_text("kernel/net/ipv4/inet_diag.ko\n")
    path = f"{guests.fetched('6.12', True)}:{empty}"
    done = lastack.run("run", "-4", "--vm", f"{path},{kernel}", "--out",
                       tmp_path / "out", "close", timeout=600)
    assert done.returncode == lastack.BAD
    assert done.stderr.count("\n") == 1
    assert f"{empty} has no module virtio_" in done.stderr
    cases = lastack.cases(tmp_path / "out")
    broken = [case for case in cases if case["verdict"] == "broken"]
    assert len(broken) == 1 and "no module virtio_" in broken[0]["reason"]
    assert all(case["guest"].startswith(kernel) for case in cases
               if case not in broken)
    assert len(cases) > 30


def test_real_time(kernel: str, tmp_path: pathlib.Path) -> None:
    """A kernel of the user's with its modules: time passes as it does here."""
    image = pathlib.Path(guests.fetched(kernel, True))
    env = {**os.environ, "LASTACK": str(lastack.BINARY),
           "MODULES": str(image.parent / "modules")}
    done = subprocess.run(
        [lastack.ROOT / "scripts/ci/kernel", image, "-4",
         lastack.ROOT / "cases/close/normal-a-first.fin",
         lastack.ROOT / "cases/virtual/r2.fin"],
        cwd=tmp_path, env=env, text=True, capture_output=True, timeout=600,
        check=False)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    results = lastack.results(tmp_path / "kernel-run")
    assert results["clock"] == "real"
    verdicts = {case["name"]: case["verdict"] for case in results["cases"]}
    assert verdicts == {"close/normal-a-first": "ok", "virtual/r2": "skip"}


def snapshots(cache: pathlib.Path) -> List[pathlib.Path]:
    """The snapshots that a cache has."""
    return list((cache / "lastack/kernels/snapshots").glob("*"))


def test_snapshot(kernel: str, tmp_path: pathlib.Path) -> None:
    """It is kept, made use of, and made anew when it is damaged."""
    ours = pathlib.Path(os.environ.get("XDG_CACHE_HOME",
                                       pathlib.Path.home() / ".cache"))
    cache = tmp_path / "cache"
    (cache / "lastack/kernels").mkdir(parents=True)
    (cache / "lastack/kernels" / kernel).symlink_to(
        ours / "lastack/kernels" / kernel)

    def play() -> str:
        """A case in a guest; what is said on standard error."""
        done = lastack.run("run", "-4", "--vm", kernel, "--jobs", "1",
                           "--out", tmp_path / "out", "close/normal-a-first",
                           XDG_CACHE_HOME=str(cache), timeout=600)
        assert done.returncode == lastack.OK, done.stdout + done.stderr
        return done.stderr

    assert not play()
    kept, = snapshots(cache)
    made = kept.stat().st_ino
    assert not play() and kept.stat().st_ino == made
    with kept.open("r+b") as file:
        file.seek(kept.stat().st_size // 2)
        octet = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([octet[0] ^ 1]))
    said = play()
    assert "is damaged" in said and said.count("\n") == 1
    assert snapshots(cache) == [kept] and kept.stat().st_ino != made
    assert not play()
