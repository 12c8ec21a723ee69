"""What `lastack show` finds of a case, and that it is a case again."""

import pathlib

import lastack

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
