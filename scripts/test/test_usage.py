"""Bad usage, of the command line and in cases: one line, and exit status 2."""

import os
import pathlib
import shutil
from typing import List

import lastack
import pytest
import tap
from lastack import GOOD

BAD = f"{lastack.WRONG}/flag-wrong.fin"
SKIP = f"{lastack.WRONG}/skip-kernel.fin"
REFUSED = f"{lastack.WRONG}/syntax-verb.fin"
BUG = "fin-never"


@pytest.mark.parametrize("cases, status", [
    (GOOD, lastack.OK), ([*GOOD, BAD], lastack.NOT_OK),
    ([*GOOD, SKIP], lastack.OK), ([SKIP], lastack.NOTHING),
    ([*GOOD, REFUSED], lastack.BAD), (["no/such-case"], lastack.BAD),
    (["RFC9999-1-NONE"], lastack.BAD), (["--no-such-option"], lastack.BAD),
    (["--jobs", "0", *GOOD], lastack.BAD), ([""], lastack.BAD),
    (["--link", "ethernet", *GOOD], lastack.BAD),
    (["--timeout", "never", *GOOD], lastack.BAD),
    (["--shuffle=x", *GOOD], lastack.BAD),
    (["RFC9293-3.6-FIG12", "--quick"], lastack.OK),
    (["-4", "scapy/fin-dest-options-ipv6"], lastack.BAD),
    (["-4", "--require", "scapy/fin-dest-options-ipv6"], lastack.BAD),
])
def test_exit_status(cases: List[str], status: int,
                     tmp_path: pathlib.Path) -> None:
    """The status is the truth; bad usage runs nothing and says why."""
    out = tmp_path / "out"
    done = lastack.run("run", "--out", out, *cases)
    assert done.returncode == status, done.stdout + done.stderr
    if status == lastack.BAD:
        assert done.stdout == "" and done.stderr and not out.exists()
    else:
        assert lastack.results(out)["exit"] == status
        tap.parse(done.stdout)


@pytest.mark.parametrize("args", [[], ["no-such-verb"], ["show"],
                                  ["lint", "no/such/file.fin"],
                                  ["replay", "no/such.pcapng"]])
def test_bad_usage(args: List[str]) -> None:
    """Bad usage of any verb is 2 and a message on standard error."""
    done = lastack.run(*args)
    assert done.returncode == lastack.BAD
    assert done.stdout == "" and done.stderr


@pytest.mark.parametrize("verb", ["run", "lint", "list", "show", "bundle", "replay",
                                  "check", "rules", "deviations", "agent",
                                  "diff", "merge", "explain",
                                  "help"])
def test_help(verb: str) -> None:
    """Help is no error, and is the same either way."""
    asked = lastack.run("help", verb)
    assert asked.returncode == lastack.OK and not asked.stderr
    assert asked.stdout.startswith(f"usage: lastack {verb}")
    assert lastack.run(verb, "--help").stdout == asked.stdout


def test_help_of_help() -> None:
    """Help has help, asked for in any way."""
    texts = {lastack.run("help", word).stdout
             for word in ("help", "--help", "-h")}
    assert len(texts) == 1 and texts.pop().startswith("usage: lastack help")


@pytest.mark.parametrize("args, said", [
    (["run", "typo.fin"], "typo.fin: No such file or directory"),
    (["run", "typo"], 'nothing matches "typo"'),
    (["run", "-4", "scapy/fin-dest-options-ipv6"],
     "no selected case is for IPv4"),
    (["help", "typo"], 'no verb "typo"'),
    (["run", "--jobs", "0"], "--jobs 0: expected a number from 1 to 1000000"),
    (["run", "--jobs"], "--jobs wants an argument"),
    (["run", "--quick=1"], "--quick=1 takes no argument"),
    (["run", "-x"], "unknown option -x"),
    (["run", "--out="], "--out: expected a folder"),
    (["run", "--bug", "x"], "--bug x: expected a name"),
    (["run", "--liar", "x"], "--liar x: expected a name"),
    (["run", "--bug", BUG, "--link", "veth"], "expected --link wire"),
    (["show", "--link", "x", "y"], "--link x: expected wire, veth or loopback"),
    (["run", "--record", "no/file", GOOD[0]],
     "cannot write no/file: No such file or directory"),
    (["run", "--record", ".", GOOD[0]], "cannot write .: Is a directory"),
    (["matrix", "typo"], 'nothing matches "typo"'),
    (["deviations", "--out", "typo"], "no run is kept in typo"),
    (["coverage", "typo"], "no run is kept in typo"),
    (["show", "--out", "typo", GOOD[0]], "no run is kept in typo"),
    (["bundle", "--from", "typo", GOOD[0]], "no run is kept in typo"),
    (["check", "typo.pcap"], "typo.pcap: No such file or directory"),
])
def test_one_line(args: List[str], said: str) -> None:
    """One line about what is wrong, and nothing else."""
    done = lastack.run(*args)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["lint", "run"])
def test_what_is_no_file(verb: str, tmp_path: pathlib.Path) -> None:
    """A case in a folder that cannot be read is told, not left out."""
    shutil.copy(lastack.CASES / f"{GOOD[0]}.fin", tmp_path / "a.fin")
    (tmp_path / "gone.fin").symlink_to("nowhere")
    (tmp_path / "loop.fin").symlink_to("loop.fin")
    os.mkfifo(tmp_path / "pipe.fin")
    done = lastack.run(verb, tmp_path)
    assert done.returncode == lastack.BAD
    for line in ("gone.fin: No such file or directory",
                 "loop.fin: Too many levels of symbolic links",
                 "pipe.fin: not a regular file"):
        assert f"{tmp_path}/{line}\n" in done.stderr


def test_twins(tmp_path: pathlib.Path) -> None:
    """Two cases of one name would leave one capture: refused."""
    twin = tmp_path / f"{GOOD[0]}.fin"
    twin.parent.mkdir()
    shutil.copy(lastack.CASES / f"{GOOD[1]}.fin", twin)
    done = lastack.run("run", twin.relative_to(tmp_path),
                       lastack.CASES / f"{GOOD[0]}.fin", cwd=tmp_path)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert f"would both be called {GOOD[0]}:" in done.stderr


def test_many_faults(tmp_path: pathlib.Path) -> None:
    """Those that are not printed count too."""
    case = tmp_path / "x.fin"
    case.write_text("case x\nspec  RFC9293 3.6\nopen\n" + "quiet\n" * 40)
    done = lastack.run("lint", case)
    assert done.returncode == lastack.BAD
    assert done.stderr.endswith(f"{case}:24: 20 more faults from here on\n"
                                "40 faults\n")


def lint_refuses(case: pathlib.Path) -> str:
    """What lint says of a case with one fault."""
    done = lastack.run("lint", case)
    assert done.returncode == lastack.BAD
    assert done.stderr.endswith("\n1 fault\n")
    return done.stderr


def test_unknown_deviation(tmp_path: pathlib.Path) -> None:
    """A deviation the judge cannot find is a fault, with its line."""
    case = tmp_path / "x.fin"
    case.write_text("case x\nspec  RFC9293 3.6\ndeviates rst-obeyed, RFC5961-4.2-1\n"
                    "deviates rst-obeyde\nopen\n")
    assert lint_refuses(case).startswith(f"{case}:4: deviates rst-obeyde: ")


def test_scapy_that_is_no_python(tmp_path: pathlib.Path) -> None:
    """Lint and run say on which line; broken is counted as such."""
    case = tmp_path / "x.fin"
    case.write_text("case x\nspec  RFC9293 3.6\nneeds scapy\nopen\n"
                    "        ~~>  scapy: ip/ICMP(  -->\n")
    assert lint_refuses(case).startswith(f"{case}:5: scapy: SyntaxError: ")
    done = lastack.run("run", "-4", "--out", tmp_path / "out", case)
    assert done.returncode == lastack.BAD
    (record,) = lastack.cases(tmp_path / "out")
    assert record["reason"].startswith(f"{case}:5: scapy: SyntaxError: ")
    assert "\n# 0 passed, 0 failed, 1 broken; see " in done.stdout
