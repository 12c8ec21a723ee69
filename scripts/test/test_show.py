"""What `lastack show` finds of a case, and that it is a case again."""

import json
import os
import pathlib
import re
from xml.etree import ElementTree

import lastack
import pytest

SVG = "{http://www.w3.org/2000/svg}"

CASE = "close/normal-a-first"


def test_show_of_what_was_moved(tmp_path: pathlib.Path) -> None:
    """What is kept elsewhere now is shown; what is lost is told."""
    lastack.run("run", "-4", "--out", tmp_path / "here", CASE)
    (tmp_path / "here").rename(tmp_path / "there")
    done = lastack.run("show", "--out", tmp_path / "there", CASE)
    assert done.returncode == lastack.OK and "\nA close " in done.stdout
    for ladder in (tmp_path / "there").rglob("*.fin.txt"):
        ladder.unlink()
    done = lastack.run("show", "--out", tmp_path / "there", CASE)
    assert done.returncode == lastack.BAD
    assert ".fin.txt: No such file or directory" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: pathlib.Path) -> None:
    """A run that nobody may look at is not said to be absent."""
    lastack.run("run", "-4", "--out", tmp_path / "run", CASE)
    (tmp_path / "run").chmod(0)
    try:
        done = lastack.run("show", "--out", tmp_path / "run", CASE)
    finally:
        (tmp_path / "run").chmod(0o755)
    assert done.returncode == lastack.BAD
    assert done.stderr == (f"lastack show: {tmp_path}/run/results.json: "
                           "Permission denied\n")


def test_from_another_folder(tmp_path: pathlib.Path) -> None:
    """A run's captures are found beside its reports, wherever one stands."""
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    case = "reset/in-window-fin-wait-2-closed"
    lastack.run("run", "-4", case, cwd=there)
    run = there / "reports/latest"
    for args in (["show", case, "--svg", "x.svg", "--out"],
                 ["show", case, "--html", "x.html", "--out"],
                 ["bundle", case, "--out", "x.tar.gz", "--from"],
                 ["merge", "--out", "x"]):
        done = lastack.run(*args, run, cwd=here)
        assert done.returncode == lastack.OK, done.stderr
        assert list(here.glob("x*"))
        assert not (here / "captures").exists()
    told = json.loads(lastack.run("deviations", "--format", "json", "--out",
                                  run, cwd=here).stdout)
    captures = [row["capture"] for row in told["deviations"]
                if row["capture"]]
    assert captures and all((here / path).is_file() for path in captures)


def test_show_by_another_path(tmp_path: pathlib.Path) -> None:
    """A case is found by whatever path leads to its file."""
    case = lastack.ROOT / "cases" / f"{CASE}.fin"
    lastack.run("run", "-4", "--out", tmp_path, case)
    here = lastack.run("show", "--out", tmp_path, case)
    assert here.returncode == lastack.OK and CASE in here.stdout
    for way in (f"{case.parent}/./{case.name}",
                f"{case.parent}/../{case.parent.name}/{case.name}"):
        done = lastack.run("show", "--out", tmp_path, way)
        assert done.returncode == lastack.OK and done.stdout == here.stdout


def test_show_is_a_case(tmp_path: pathlib.Path) -> None:
    """What show prints can be read, and played, again."""
    lastack.run("run", "-4", "--out", tmp_path, CASE)
    shown = lastack.run("show", "--out", tmp_path, CASE).stdout
    assert shown.startswith(f"# {CASE}  ipv4 wire  ok\ncase  ")
    (tmp_path / "again.fin").write_text(shown)
    done = lastack.run("run", "-4", "--out", tmp_path / "out",
                       tmp_path / "again.fin")
    assert done.returncode == lastack.OK, done.stdout + done.stderr


def test_show_svg(tmp_path: pathlib.Path) -> None:
    """The picture is XML, has all results, and says what the text says."""
    lastack.run("run", "--out", tmp_path / "run", CASE)
    svg = tmp_path / "case.svg"
    done = lastack.run("show", "--out", tmp_path / "run", CASE, "--svg", svg)
    assert done.returncode == lastack.OK and not done.stdout, done.stderr
    said = ["".join(text.itertext()) for text in
            ElementTree.parse(svg).getroot().iter(f"{SVG}text")]
    for family in "ipv4", "ipv6":
        assert f"{CASE}  {family} wire  ok" in said
    text = lastack.run("show", "--out", tmp_path / "run", CASE).stdout
    for line in text.splitlines():
        rung = re.fullmatch(r"(?:# )?[A-Z0-9-]*\s+(?:-->|<--)  (.*?)\s+"
                            r"(?:-->|<--)  \S+\s+# \+(\S+) s", line)
        if rung:
            assert re.sub(" +", " ", rung[1]) in {
                re.sub(" +", " ", one) for one in said}, line
            assert rung[2] in said, line


def test_show_svg_nowhere(tmp_path: pathlib.Path) -> None:
    """What cannot be drawn is one line, and no file."""
    lastack.run("run", "-4", "--out", tmp_path / "run", CASE)
    done = lastack.run("show", "--out", tmp_path / "run", CASE, "--svg",
                       tmp_path / "none" / "case.svg")
    assert done.returncode == lastack.BAD and done.stderr.count("\n") == 1
    for capture in (tmp_path / "run").rglob("*.pcapng"):
        capture.unlink()
    done = lastack.run("show", "--out", tmp_path / "run", CASE, "--svg",
                       tmp_path / "case.svg")
    assert done.returncode == lastack.BAD and ".pcapng: " in done.stderr
    assert not (tmp_path / "case.svg").exists()
