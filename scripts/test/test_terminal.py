"""What a person sees of a run: on wide and narrow terminals, and in a pipe."""

import pathlib
import re
from typing import List

import lastack
import pytest

BAD = "harness/test/wrong/flag-wrong.fin"
DEVIATES = "reset/in-window-fin-wait-2-closed"
ESCAPE = re.compile(r"\033\[[0-9;?]*[a-zA-Z]")


def shown(columns: int, tmp_path: pathlib.Path, *args: object,
          **env: str) -> str:
    """A run as it comes to the terminal."""
    return lastack.on_terminal(columns, "run", "-4", "--out", tmp_path / "o",
                               *args, **env)


def lines(text: str) -> List[str]:
    """What stays on the screen: no progress, no colours."""
    text = re.sub(r"\r\033\[K\033\[\?7l.*?\033\[\?7h", "", text)
    return ESCAPE.sub("", text).replace("\r", "").split("\n")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_table_of_folders(columns: int, tmp_path: pathlib.Path) -> None:
    """It has the columns that there is something in, and fits."""
    text = lines(shown(columns, tmp_path, "close", DEVIATES))
    at = next(i for i, line in enumerate(text) if line.startswith("folder"))
    assert text[at].split() == ["folder", "ok", "deviates"]
    table = text[at:at + 3]
    assert [row.split()[0] for row in table[1:]] == ["close", "reset"]
    assert max(map(len, table)) <= 40 and len({*map(len, table)}) == 1


def test_progress(tmp_path: pathlib.Path) -> None:
    """One line that is drawn again, with the time left, and is cut where the
    terminal ends."""
    case = tmp_path / "waits.fin"
    case.write_text("case waits\nspec  RFC9293 3.6\nopen\nquiet 700ms\n")
    text = shown(40, tmp_path, "close/kill", case)
    drawn = re.findall(r"\r\033\[K\033\[\?7l(.*?)\033\[\?7h", text)
    assert len(drawn) >= 3 and not any("\n" in line for line in drawn)
    assert all(re.match(r"cases \d/2  running \d  failed 0", line)
               for line in drawn)
    assert any(re.search(r"  left \d s  \S*waits", line) for line in drawn)
    assert not any(line.startswith("cases ") for line in lines(text))


def test_failures_as_they_happen(tmp_path: pathlib.Path) -> None:
    """A failure is told while the rest still runs."""
    case = tmp_path / "waits.fin"
    case.write_text("case waits\nspec  RFC9293 3.6\nopen\nquiet 900ms\n")
    text = shown(80, tmp_path, "--jobs", 1, BAD, case)
    failed = text.index("wrong flags")
    assert "cases 1/2" in text[failed:] and "again" in text[failed:]
    assert "failed 1" in ESCAPE.sub("", text[failed:])


def test_colours(tmp_path: pathlib.Path) -> None:
    """Red on a terminal, unless it is not wanted; never in a pipe."""
    colour = re.compile(r"\033\[[0-9]+m")
    assert "\033[31mnot ok\033[0m" in shown(80, tmp_path, BAD, NO_COLOR="")
    assert not colour.search(shown(80, tmp_path, BAD, NO_COLOR="1"))
    assert not colour.search(shown(80, tmp_path, "--no-color", BAD,
                                   NO_COLOR=""))
    done = lastack.run("run", "-4", "--format", "human", "--out",
                       tmp_path / "o", BAD, "close/kill")
    assert "\033" not in done.stdout and "\r" not in done.stdout
    assert "not ok  " in done.stdout
