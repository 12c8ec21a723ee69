"""Guests that do not come about: one clear line each, and nothing left behind.

What would need another machine is made by mounts that only the program sees.
"""

import os
import pathlib
import re
import subprocess
from typing import Dict, List

import guests
import lastack
import pytest

CASE = "close/normal-a-first"

# What a guest's agent has before its C library: shutdown() is its end.
ENDING = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (write(fd, text, strlen(text)) < 0)
		return;
	tcdrain(fd);
	close(fd);
}

int shutdown(int fd, int how)
{
	const struct sched_param first = { .sched_priority = 99 };

	put("/dev/console", "the last words\n");
	if (how == SHUT_RD)
		put("/proc/sysrq-trigger", "c");
	if (how == SHUT_WR)
		reboot(RB_AUTOBOOT);
	put("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	sched_setscheduler(0, SCHED_FIFO, &first);
	for (;;)
		;
}
"""

# vm_image.py, with that library in the image.
IMAGE = """
import pathlib
import sys
sys.path.insert(0, {scripts!r})
import vm_image
MEMBERS = vm_image.members
def members(guest, folder):
    octets = pathlib.Path({library!r}).read_bytes()
    return MEMBERS(guest, folder) + [
        ("etc", vm_image.DIRECTORY, b""),
        ("etc/ld.so.preload", vm_image.FILE, b"/ending.so\\n"),
        ("ending.so", vm_image.PROGRAM, octets)]
vm_image.members = members
sys.exit(vm_image.main())
"""


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


@pytest.fixture(scope="module", name="mortal")
def mortal_fixture(image: pathlib.Path,
                   tmp_path_factory: pytest.TempPathFactory
                   ) -> Dict[str, str]:
    """Guests whose agents end them: where they are made, and kept."""
    assert image
    folder = tmp_path_factory.mktemp("mortal")
    source, library = folder / "ending.c", folder / "ending.so"
    source.write_text(ENDING)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source],
                   check=True)
    (folder / "vm_image.py").write_text(IMAGE.format(
        scripts=str(lastack.ROOT / "scripts"), library=str(library)))
    return {"LASTACK_SCRIPTS": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache")}


# A program with sanitizers loads no library before theirs.
@pytest.mark.plain
@pytest.mark.parametrize("how, said", [
    ("rd", "the guest has ended; its console: Kernel panic - not syncing: "),
    ("wr", "the guest has ended; its console: "),
    ("rdwr", "the guest does not come back; its console: ")],
    ids=["panics", "reboots", "hangs"])
def test_ends_in_a_case(image: pathlib.Path, mortal: Dict[str, str], how: str,
                        said: str, tmp_path: pathlib.Path) -> None:
    """That case is broken, with the last words; the rest is as ever."""
    case = tmp_path / "ending.fin"
    case.write_text("case the guest ends\nspec RFC9293-3.6-FIG12\nopen\n"
                    f"B shutdown {how}\npass\n")
    done = lastack.run(
        "run", "-4", "--jobs", 1, "--repeat", 2, "--timeout", "5s", "--out",
        tmp_path / "out", "--vm", f"{image}:{image.parent / 'modules'}", CASE,
        case, "close/normal-b-first", timeout=600, **mortal)
    assert done.returncode == lastack.BAD, done.stdout + done.stderr
    played = lastack.cases(tmp_path / "out")
    broken = [one for one in played if one["verdict"] == "broken"]
    assert [one["path"] for one in broken] == [str(case)] * 2
    for one in broken:
        assert one["reason"].startswith(said)
        assert how == "rd" or "the last words" in one["reason"]
    assert [one["verdict"] for one in played
            if one not in broken] == ["ok"] * 4
    # One lane tells of what it played in that order: the second round is played
    # behind the first guest that ended.
    assert re.findall("^(not ok|ok) ", done.stdout, re.M) == [
        "ok", "ok", "not ok"] * 2
