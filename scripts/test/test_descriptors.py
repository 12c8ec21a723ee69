"""Output that cannot be written, descriptors that are closed, few of them."""

import pathlib
import subprocess
from typing import List

import lastack
import pytest
import tap
from lastack import GOOD


@pytest.mark.parametrize("args", [["list"], ["lint", *GOOD], ["--help"],
                                  ["run", *GOOD], ["list", *GOOD]])
def test_full(args: List[str], tmp_path: pathlib.Path) -> None:
    """What could not be written is told, with its reason."""
    if args[0] == "run":
        args = [*args, "--out", str(tmp_path)]
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(lastack.BINARY), *args], cwd=lastack.ROOT,
                              stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=60, check=False)
    assert done.returncode == lastack.BAD
    assert done.stderr == ("lastack: cannot write the output: No space left "
                           "on device\n")


@pytest.mark.parametrize("option", ["--svg", "--html"])
def test_what_is_no_file(option: str, tmp_path: pathlib.Path) -> None:
    """A pipe, a link or a device is written to, and is what it was."""
    out, link = tmp_path / "out", tmp_path / "link"
    lastack.run("run", "-4", "--out", out, GOOD[0])
    show = ["show", "--out", out, GOOD[0], option]
    for target in ("file", "/dev/stdout", "/dev/full"):
        link.symlink_to(target)
        done = lastack.run(*show, link)
        assert link.is_symlink()
        link.unlink()
        if target == "/dev/full":
            assert done.returncode == lastack.BAD
            assert done.stderr == (f"lastack show: cannot write {link}: "
                                   "No space left on device\n")
        else:
            shown = done.stdout or (tmp_path / "file").read_text()
            assert done.returncode == lastack.OK
            assert shown.rstrip().endswith(("</svg>", "</html>"))
    assert {path.name for path in tmp_path.iterdir()} == {"out", "file"}


def in_shell(command: str, out: pathlib.Path
             ) -> "subprocess.CompletedProcess[str]":
    """A run of two cases, as a shell starts it with what is in command."""
    words = [str(lastack.BINARY), "run", "-4", "--format", "tap", "--out",
             str(out), *GOOD]
    return subprocess.run(["bash", "-c", command, "bash", *words],
                          cwd=lastack.ROOT, text=True, capture_output=True,
                          timeout=60, check=False)


def is_complete(out: pathlib.Path) -> bool:
    """All reports are there, and all that was done is in them."""
    whole = lastack.results(out)
    assert whole["exit"] == lastack.BAD
    assert len(whole["cases"]) == whole["summary"]["ok"] == len(GOOD)
    return (out / "junit.xml").exists() and (out / "index.html").exists()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed(closed: str, tmp_path: pathlib.Path) -> None:
    """A descriptor that is closed is not taken by a file of the run."""
    done = in_shell(f'"$@" {closed}', tmp_path)
    assert done.returncode == (lastack.BAD if ">&-" in closed else lastack.OK)
    assert not any(case["reason"] for case in lastack.cases(tmp_path))
    if ">&-" in closed:
        assert is_complete(tmp_path)


def test_reader_goes_away(tmp_path: pathlib.Path) -> None:
    """The reports are of the whole run all the same."""
    done = in_shell('"$@" | head -n 1; exit ${PIPESTATUS[0]}', tmp_path)
    assert done.stdout == "TAP version 14\n"
    assert done.returncode == lastack.BAD
    assert done.stderr == ("lastack: cannot write the output: Broken pipe\n")
    assert is_complete(tmp_path)


def test_file_too_large(tmp_path: pathlib.Path) -> None:
    """A limit on files is told as such, and does not kill the run."""
    done = in_shell('ulimit -f 0; "$@" | cat; exit ${PIPESTATUS[0]}', tmp_path)
    assert done.returncode == lastack.BAD
    points = tap.parse(done.stdout).points
    assert len(points) == len(GOOD) and not any(p.ok for p in points)
    assert all(any("File too large" in line for line in p.yaml)
               for p in points)
    assert "results.json: File too large" in done.stderr


def test_few_files(tmp_path: pathlib.Path) -> None:
    """A low limit of open files is enough, or is told as such."""
    done = in_shell('ulimit -n 64; "$@"', tmp_path)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    done = in_shell('ulimit -n 40; "$@"', tmp_path)
    assert done.returncode == lastack.BAD
    assert "(ulimit -n) is 40" in done.stderr
    assert "(ulimit -n) is 40" in (tap.parse(done.stdout).bail or "")
    done = in_shell('ulimit -Sn 40; "$@"', tmp_path)
    assert done.returncode == lastack.OK, done.stdout + done.stderr


@pytest.mark.parametrize("form", ["tap", "ktap", "human"])
def test_no_folder_for_the_run(form: str, tmp_path: pathlib.Path) -> None:
    """What the run would have told of itself is left out, not made up."""
    (tmp_path / "file").write_text("in the way")
    done = lastack.run("run", "--format", form, "--out", tmp_path / "file",
                       *GOOD)
    assert done.returncode == lastack.BAD and done.stderr.count("\n") == 1
    assert "null" not in done.stdout


def test_no_room_for_the_run(tmp_path: pathlib.Path) -> None:
    """Where its folders cannot be made: one line, and TAP ends with it."""
    (tmp_path / "captures").write_text("in the way")
    done = lastack.run("run", "--format", "tap", "--out", tmp_path, *GOOD)
    assert done.returncode == lastack.BAD and done.stderr.count("\n") == 1
    assert "captures" in done.stderr
    assert tap.parse(done.stdout).bail in done.stderr
