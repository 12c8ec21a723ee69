"""Guests that do not come about: one clear line each, and nothing left behind.

What would need another machine is made by mounts that only the program sees.
"""

import os
import pathlib
import subprocess
from typing import List

import guests
import lastack
import pytest

CASE = "close/normal-a-first"


@pytest.fixture(scope="module", name="image")
def image_fixture() -> pathlib.Path:
    """The image of a kernel, with its modules beside it."""
    return pathlib.Path(guests.fetched("6.1", True))


def play(image: pathlib.Path, out: pathlib.Path, mounts: str = "",
         **env: str) -> "subprocess.CompletedProcess[str]":
    """Play a case in a guest, behind mounts of its own."""
    command: List[object] = [
        lastack.BINARY, "run", "-4", "--jobs", "1", "--out", out, "--vm",
        f"{image}:{image.parent / 'modules'}", CASE]
    if mounts:
        probe = subprocess.run(["unshare", "-rm", "true"], check=False,
                               capture_output=True)
        if probe.returncode:
            pytest.skip("no mount namespace to be had")
        command = ["unshare", "-rm", "sh", "-c", f'{mounts} && exec "$@"',
                   "sh", *command]
    return subprocess.run(command, cwd=lastack.ROOT, text=True, timeout=600,
                          capture_output=True, check=False,
                          env={**os.environ, **env})


def expect_line(done: "subprocess.CompletedProcess[str]", text: str) -> None:
    """It failed, and says so in one line."""
    assert done.returncode == lastack.BAD, done.stdout + done.stderr
    assert text in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_no_qemu(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The package that has it is named."""
    done = play(image, tmp_path / "out",
                f"mount --bind /dev/null {guests.QEMU}")
    expect_line(done, "it is in Debian's qemu-system-x86")


def test_no_room(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Without room for what it boots with nothing is played."""
    cache = tmp_path / "cache"
    cache.mkdir()
    done = play(image, tmp_path / "out",
                f"mount -t tmpfs -o size=2m tmpfs {cache}",
                XDG_CACHE_HOME=str(cache))
    expect_line(done, "No space left on device")


def test_no_room_for_a_snapshot(image: pathlib.Path,
                                tmp_path: pathlib.Path) -> None:
    """Without room for a snapshot the case is played nevertheless."""
    cache = tmp_path / "cache"
    cache.mkdir()
    done = play(image, tmp_path / "out",
                f"mount -t tmpfs -o size=30m tmpfs {cache}",
                XDG_CACHE_HOME=str(cache))
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert done.stderr.startswith("lastack: no snapshot: ")
    assert done.stderr.count("\n") == 1


def test_silent_script(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The program that was to make what it boots with is named."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "vm_image.py").write_text("")
    done = play(image, tmp_path / "out", LASTACK_SCRIPTS=str(scripts),
                XDG_CACHE_HOME=str(tmp_path / "cache"))
    expect_line(done, f"{scripts / 'vm_image.py'} says nothing")


def test_panic(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A kernel that finds no first process: its last words are told."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "vm_image.py").write_text(
        "import sys\n"
        "open(sys.argv[3], 'wb').write(b'070701' + b'0' * 88 + b'0000000B'"
        " + b'0' * 8 + b'TRAILER!!!' + bytes(7))\n"
        "print('done')\n")
    done = play(image, tmp_path / "out", LASTACK_SCRIPTS=str(scripts),
                XDG_CACHE_HOME=str(tmp_path / "cache"))
    expect_line(done, "Kernel panic - not syncing")
    assert not list((tmp_path / "cache").rglob("snapshots/*"))
