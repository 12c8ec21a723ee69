"""Cases in a user-mode Linux: what it gives, and what bad binaries get.

What needs such a kernel is run where scripts/uml-kernel has built one before,
which takes some minutes; a program that only looks like one does for the rest.
Nothing here holds a time against a bound.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
from typing import List, Set

import host
import lastack
import pytest
import test_user
import test_vm

VERSION = "6.12"
CONFIG = lastack.ROOT / "scripts/uml.config"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or
                     pathlib.Path.home() / ".cache", "lastack/kernels/uml")
BUILT = CACHE / VERSION / "linux"
CASE = "close/normal-a-first"

needs_built = pytest.mark.skipif(
    not BUILT.exists(), reason=f"no {BUILT}: scripts/uml-kernel {VERSION} "
    "builds it, which takes some minutes")


def fake(tmp_path: pathlib.Path, body: str) -> pathlib.Path:
    """A program that has in it what such a kernel of ours has."""
    path = tmp_path / "linux"
    said = "".join(f"# {line}\n" for line in CONFIG.read_text().splitlines())
    path.write_text(f"#!/bin/sh\n# Linux version 6.12.1 (nobody)\n{said}"
                    f"{body}\n")
    path.chmod(0o755)
    return path


def marked(tmp_path: pathlib.Path) -> Set[int]:
    """The processes of a run that `begun` has begun there."""
    return host.with_environment(f"UML_TEST={tmp_path}")


def begun(tmp_path: pathlib.Path, *args: object) -> "subprocess.Popen[str]":
    """A run that is under way, whose processes can be told."""
    return subprocess.Popen(
        [lastack.BINARY, "run", "-4", "--out", tmp_path / "out",
         *map(str, args)], cwd=lastack.ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        env={**os.environ, "UML_TEST": str(tmp_path)})


def group(leader: int) -> List[int]:
    """What is left of a process group."""
    found = []
    for pid in host.pids():
        try:
            found += [pid] if os.getpgid(pid) == leader else []
        except ProcessLookupError:
            continue
    return found


def ended(run: "subprocess.Popen[str]", tmp_path: pathlib.Path) -> str:
    """What it says on standard error; no process of it is left then."""
    _, errors = run.communicate(timeout=300)
    assert lastack.wait_until(lambda: not marked(tmp_path))
    return errors


@pytest.mark.parametrize("text, said", [
    ("5.99", 'no user-mode Linux 5.99 in .* expected a version that '
             '"scripts/uml-kernel 5.99" has built, or the path of a binary'),
    ("/nowhere/linux", "/nowhere/linux: No such file or directory"),
    ("/dev/null", "/dev/null: Permission denied"),
    ("/", "/: not a regular file"),
    ("/bin/true", "/bin/true: expected a user-mode Linux with "
                  "CONFIG_UML_TIME_TRAVEL_SUPPORT=y")])
@pytest.mark.parametrize("option", ["--uml {}", "--stack uml:{}"])
def test_refused(option: str, text: str, said: str) -> None:
    """One line says what is wrong, and nothing is played."""
    done = lastack.run("run", *option.format(text).split(), CASE)
    assert done.returncode == lastack.BAD and not done.stdout
    assert re.fullmatch(rf"lastack run: --uml: {said}.*\n", done.stderr)


@pytest.mark.parametrize("body, said", [
    ("exit 0", "silent"),
    ("echo 'Kernel panic - not syncing: no memory' >&2; kill -9 $$",
     "Kernel panic - not syncing: no memory"),
    ("echo still here >&2; sleep 1000 >&- & exit 1", "still here"),
    # A length that no message has.
    ("printf '\\000\\377\\377\\377\\377'; exec sleep 1000", "silent")])
def test_no_guest(tmp_path: pathlib.Path, body: str, said: str) -> None:
    """One that is no kernel at last: one line, and nothing left running."""
    run = begun(tmp_path, "--uml", fake(tmp_path, body), "--jobs", "1", CASE)
    errors = ended(run, tmp_path)
    assert run.returncode == lastack.BAD
    assert re.fullmatch("lastack run: the guest with uml:.*/linux does not "
                        rf"start; its console: {said}.*\n", errors)


@pytest.mark.parametrize("to", ["the run", "all of it"])
def test_interrupted(tmp_path: pathlib.Path, to: str) -> None:
    """A kernel that hangs at boot goes when the run is ended, or killed."""
    kernel = fake(tmp_path, f"touch {tmp_path}/up; exec sleep 1000")
    with begun(tmp_path, "--uml", kernel, "--jobs", "1", CASE) as run:
        assert lastack.wait_until((tmp_path / "up").exists)
        run.send_signal(signal.SIGTERM if to == "the run" else signal.SIGKILL)
        ended(run, tmp_path)
        assert run.returncode


def test_column(tmp_path: pathlib.Path) -> None:
    """The matrix takes such a kernel, and goes on without one."""
    listed = tmp_path / "stacks"
    listed.write_text("uml:/nowhere/linux\nkernel\n")
    done = lastack.run("matrix", "-4", "--out", tmp_path, "--stacks", listed,
                       CASE)
    assert done.returncode == lastack.OK
    assert "/nowhere/linux: No such file" in done.stderr


@needs_built
def test_same_as_here(tmp_path: pathlib.Path) -> None:
    """A case's ladder in the guest is the one of here, but for its times."""
    for where, options in (("uml", ["--uml", VERSION]), ("here", [])):
        done = lastack.run("run", *options, "--out", tmp_path / where,
                           *test_vm.SAME, timeout=600)
        assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert all(test_vm.rows(tmp_path / "here"))
    assert test_vm.rows(tmp_path / "uml") == test_vm.rows(tmp_path / "here")


@needs_built
def test_default_timers(tmp_path: pathlib.Path) -> None:
    """Hours pass in the guest: keep-alive, R2, orphans, 2MSL."""
    done = lastack.run("run", "-4", "--uml", BUILT, "--out", tmp_path,
                       "--format", "human", "virtual", timeout=600)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    cases = {case["name"]: case for case in lastack.cases(tmp_path)}
    assert {case["verdict"] for case in cases.values()} == {"ok"}
    assert cases["virtual/keepalive"]["duration_s"] > 7200
    whole = lastack.results(tmp_path)
    assert whole["clock"] == "virtual"
    for stack in whole["stacks"].values():
        assert re.match(rf"{VERSION}\.[0-9]+.* in user mode$",
                        stack["version"])
    assert "in user mode, virtual time\n" in done.stdout


@needs_built
def test_real_time(tmp_path: pathlib.Path) -> None:
    """Without its virtual time it is a machine as any other."""
    done = lastack.run("run", "-4", "--uml", VERSION, "--real-time", "--out",
                       tmp_path, CASE)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert lastack.results(tmp_path)["clock"] == "real"


def guest_of(run: "subprocess.Popen[str]", tmp_path: pathlib.Path) -> int:
    """The kernel's process, once it has played a case; it has others."""
    assert run.stdout
    while not run.stdout.readline().startswith("ok "):
        pass
    guest, = (pid for pid in marked(tmp_path) if len(group(pid)) > 1
              and host.words_of(pid, "cmdline")[0] == str(BUILT).encode())
    return guest


@needs_built
def test_guest_dies(tmp_path: pathlib.Path) -> None:
    """The case it was in is broken, the rest is played in a fresh guest."""
    with begun(tmp_path, "--uml", VERSION, "--jobs", "1", "--repeat", "100",
               "--format", "tap", CASE) as run:
        guest = guest_of(run, tmp_path)
        os.kill(guest, signal.SIGKILL)
        ended(run, tmp_path)
        assert lastack.wait_until(lambda: not group(guest))
        assert run.returncode == lastack.BAD
    verdicts = [case["verdict"] for case in lastack.cases(tmp_path / "out")]
    assert verdicts.count("broken") == 1 and verdicts.count("ok") == 99


@needs_built
def test_run_is_killed(tmp_path: pathlib.Path) -> None:
    """No process of the guest's outlives the harness, however it goes."""
    with begun(tmp_path, "--uml", VERSION, "--jobs", "1", "--repeat", "10000",
               "--format", "tap", CASE) as run:
        guest = guest_of(run, tmp_path)
        run.kill()
        ended(run, tmp_path)
        assert lastack.wait_until(lambda: not group(guest))


@needs_built
@test_user.needs_root
def test_no_privilege(tmp_path: pathlib.Path) -> None:
    """Nobody runs it, where not even a user namespace may be made."""
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    folder = tmp_path / "nobody's"
    folder.mkdir()
    os.chown(folder, test_user.NOBODY, test_user.NOBODY)
    binary = shutil.copy(BUILT, tmp_path / "linux")
    command: List[str] = [
        "env", f"XDG_CACHE_HOME={folder}", str(lastack.BINARY), "run", "--uml",
        str(binary), "--out", str(folder / "out"), *test_vm.SAME]
    done = test_user.in_limited_namespace(command)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert {case["verdict"] for case in lastack.cases(folder / "out")} == {"ok"}
