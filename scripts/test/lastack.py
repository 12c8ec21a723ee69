"""What the tests in this folder share: running the binary, its results.

LASTACK names the binary to test; without it, build/lastack.
"""

import fcntl
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import termios
import time
from typing import Any, Callable, Dict, List

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "cases"
# Into which scripts/deps installs what the npm registry has.
NPM = pathlib.Path(os.environ.get("LASTACK_NPM") or (os.environ.get(
    "XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) + "/lastack/npm"
                   ) / "node_modules"
BINARY = (ROOT / os.environ.get("LASTACK", "build/lastack")).resolve()

OK, NOT_OK, BAD, NOTHING = 0, 1, 2, 77

GOOD = ["close/normal-a-first", "simultaneous/figure-13"]  # cases that are ok
WRONG = "harness/test/wrong"  # cases each of which has to fail in its way

Case = Dict[str, Any]


def run(*args: object, cwd: pathlib.Path = ROOT, timeout: float = 120,
        **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the binary to its end, with variables of the environment."""
    return subprocess.run([str(BINARY), *map(str, args)], cwd=cwd, text=True,
                          capture_output=True, timeout=timeout, check=False,
                          env={**os.environ, **env})


def on_terminal(columns: int, *args: object, **env: str) -> str:
    """What the binary shows on a terminal so wide, until its end."""
    try:
        ours, theirs = os.openpty()
    except OSError as e:
        pytest.skip(f"no pseudo-terminal here: {e}")
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("4H", 24, columns, 0, 0))
    with subprocess.Popen([str(BINARY), *map(str, args)], cwd=ROOT,
                          stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=theirs, env={**os.environ, **env}) as shown:
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 65536):
                text += chunk
        except OSError:  # how a terminal says that nobody writes any more
            pass
        shown.wait(timeout=120)
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


def results(out: pathlib.Path) -> Dict[str, Any]:
    """Return the results.json of a run with --out."""
    return json.loads((out / "results.json").read_text())


def cases(out: pathlib.Path) -> List[Case]:
    """Return the cases of a run with --out."""
    return results(out)["cases"]


def label(case: Case) -> str:
    """Return a case's name as the reports have it."""
    return f'{case["name"]} {case["family"]} {case["link"]}'


def verdict_line(case: Case) -> str:
    """Return a case's verdict as one line, as its capture says it."""
    found = case["finding"]
    if not found:
        return f'{case["verdict"]}: {case["reason"]}'
    return (f'{case["verdict"]}, line {found["line"]}: {found["what"]}: '
            f'expected {found["expected"]}, actual {found["actual"]}')


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Look at a condition until it holds; False when it never did."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def let_others_to(path: pathlib.Path) -> None:
    """Open the folders to a test's own that pytest keeps for one user."""
    for parent in path.parents:
        if parent == pathlib.Path(tempfile.gettempdir()):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
