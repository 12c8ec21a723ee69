"""The grid of states and events: its tables, its cells, the cases they are."""

import json
import pathlib
import shutil
from typing import Any, Dict, List

import lastack
import pytest

CELLS = 641  # of states and events that can meet


def grid() -> List[Dict[str, Any]]:
    """What fills each cell."""
    done = lastack.run("list", "--grid", "--format", "json")
    assert done.returncode == lastack.OK, done.stderr
    return json.loads(done.stdout)


def test_every_cell_is_filled_or_excused() -> None:
    """Each cell is played by somebody, or a sentence says why not."""
    cells = grid()
    assert len(cells) == CELLS
    assert len({(cell["state"], cell["event"]) for cell in cells}) == CELLS
    for cell in cells:
        assert cell["cells"] or cell["cases"] or cell["excuse"], cell
        assert not cell["excuse"] or len(cell["excuse"].split()) > 5, cell


def test_table_says_the_same() -> None:
    """People read the same numbers."""
    done = lastack.run("list", "--grid")
    assert done.stdout.endswith(f" {CELLS} cells\n")
    assert lastack.run("list", "--grid", "grid").returncode == lastack.BAD


def test_every_cell_is_a_case() -> None:
    """All cells, in all variants, are cases without faults."""
    done = lastack.run("lint", "grid")
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    names = {case["name"] for case in json.loads(
        lastack.run("list", "--format", "json", "grid").stdout)}
    for cell in grid():
        for event in cell["cells"]:
            assert f"grid/{cell['state']}/{event}" in names


def test_a_cell_alone_is_a_file_that_runs(tmp_path: pathlib.Path) -> None:
    """What is printed of a cell can be pasted, and gives the same."""
    name = "grid/ESTABLISHED/rst-window-edge"
    path = tmp_path / "cell.fin"
    path.write_text(lastack.run("grid", name).stdout)
    for case in (name, path):
        out = tmp_path / pathlib.Path(case).stem
        done = lastack.run("run", "--out", out, "-4", case)
        assert done.returncode == lastack.OK, done.stdout
        assert len(lastack.cases(out)) == 1


@pytest.mark.parametrize("selector, some", [
    ("grid/LAST-ACK.orphan/rst-exact", ["grid/LAST-ACK.orphan/rst-exact"]),
    ("grid/*/rst-exact/no-sack", ["grid/LAST-ACK.orphan/rst-exact/no-sack",
                                  "grid/TIME-WAIT/rst-exact/no-sack"]),
    ("grid/CLOSED", ["grid/CLOSED/syn-in-window"]),
    ("RFC5961-3.2-3", ["grid/CLOSING.orphan/rst-in-window"]),
])
def test_selecting(selector: str, some: List[str]) -> None:
    """Cells are selected by name, by state, by pattern, by requirement."""
    names = {case["name"] for case in json.loads(
        lastack.run("list", "--format", "json", selector).stdout)}
    assert names.issuperset(some)
    if "/" in selector and "*" not in selector:
        assert all(name.startswith(selector) for name in names)


@pytest.mark.parametrize("text, told", [
    ("cell LISTEN close\ncase close/no-such-case\n",
     "more.grid:1: close/no-such-case: no such case"),
    ("cell LISTEN clse\nspec RFC9293-3.6-FIG12\n",
     "more.grid:1: no state and event of the grid is so called, or has it"),
    ("cel LISTEN close\n", "more.grid:1: cel: expected state, column, event, "
     "cell, or what one of these has"),
])
def test_faults_of_tables(text: str, told: str, tmp_path: pathlib.Path) -> None:
    """A fault in a table names file and line, and nothing is played."""
    shutil.copytree(lastack.CASES, tmp_path / "cases")
    (tmp_path / "cases" / "grid" / "more.grid").write_text(text)
    for verb in (["list", "--grid"], ["lint", "grid"], ["run", "grid"]):
        done = lastack.run(*verb, cwd=tmp_path)
        assert done.returncode != lastack.OK
        assert told in done.stdout + done.stderr


def test_no_such_cell() -> None:
    """A cell that there is not is bad usage."""
    done = lastack.run("run", "grid/LISTEN/no-such-event")
    assert done.returncode == lastack.BAD
    assert "nothing matches" in done.stderr
