"""From a failing run's last line, in two steps: the frame that is wrong, the
clause it breaks, and the command that reproduces it."""

import pathlib
import re
import shlex
import shutil
import subprocess
from typing import Dict, List

import lastack
import pytest



def follow(line: str) -> str:
    """Do what the last line says, as it says it."""
    match = re.search(r"; see (\S+ show --failed.*)$", line)
    assert match, line
    words = shlex.split(match[1])
    done = subprocess.run(words, cwd=lastack.ROOT, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == lastack.OK, done.stderr
    return done.stdout


def fields(text: str) -> List[Dict[str, str]]:
    """What is said of each failure, by the name that stands before it."""
    found: List[Dict[str, str]] = []
    for line in text.splitlines():
        if re.match(r"(not ok|broken|deviates)  ", line):
            found.append({"verdict": line})
        match = re.match(r"  ([a-z]+) +(\S.*)", line)
        if match and found:
            found[-1].setdefault(match[1], match[2])
    return found


@pytest.mark.parametrize("args, frame, clause", [
    ([f"{lastack.WRONG}/state-of-b.fin"], "4 of the capture", r"RFC9293 3\.6"),
    # A judge's clause, and not what the case is about.
    (["--bug", "fin-never", "close/normal-a-first"], None,
     r"RFC9293 3\.6 case 1"),
])
@pytest.mark.parametrize("form", ["tap", "human", "ktap"])
def test_two_steps(args: List[str], frame: str, clause: str, form: str,
                   tmp_path: pathlib.Path) -> None:
    """Step one is to read the last line, step two to do what it says."""
    done = lastack.run("run", "-4", "--format", form, "--out", tmp_path / "o",
                       *args, "simultaneous/figure-13")
    assert done.returncode == lastack.NOT_OK
    lines = done.stdout.splitlines()
    last = lines[-2] if form == "ktap" else lines[-1]
    failed = fields(follow(last))
    assert failed and len(failed) <= 2
    one = [f for f in failed if "figure-13" not in f["verdict"]][0]
    assert re.match(clause, one["clause"]), one
    assert one.get("frame") == frame
    assert frame or ", frame " in one["rule"]
    assert pathlib.Path(shlex.split(one["capture"])[1]).is_file()
    again = subprocess.run([*shlex.split(one["again"]), "--out",
                            str(tmp_path / "again")], cwd=lastack.ROOT,
                           capture_output=True, timeout=60, check=False)
    assert again.returncode == lastack.NOT_OK


def test_kept_elsewhere(tmp_path: pathlib.Path) -> None:
    """A run that was moved, as an artefact of a CI is, shows its files where
    they are now; and one without failures says so."""
    lastack.run("run", "-4", "--out", tmp_path / "old",
                f"{lastack.WRONG}/state-of-b.fin", "close/normal-a-first")
    shutil.move(tmp_path / "old", tmp_path / "new")
    done = lastack.run("show", "--failed", "--out", tmp_path / "new")
    (one,) = fields(done.stdout)
    capture = pathlib.Path(shlex.split(one["capture"])[1])
    assert capture.is_file() and tmp_path / "new" in capture.parents
    assert "FIN-WAIT-1   -->  F." in done.stdout
    done = lastack.run("show", "--failed", "--out", tmp_path / "new",
                       "close/normal-a-first")
    assert done.stdout.startswith("nothing failed")
    done = lastack.run("show", "--failed", "--out", tmp_path / "none")
    assert done.returncode == lastack.BAD and "no run is kept" in done.stderr
