"""What a run says: TAP, JUnit, JSON, exit statuses, and their agreement."""

import json
import os
import pathlib
import re
import shutil
import subprocess
from typing import Dict, Iterator, List
from xml.etree import ElementTree

import host
import lastack
import pytest
import schema
import tap
from conftest import WireRun

WRONG = "harness/test/wrong"
GOOD = ["close/normal-a-first", "simultaneous/figure-13"]
BAD = f"{WRONG}/flag-wrong.fin"
SKIP = f"{WRONG}/skip-kernel.fin"
REFUSED = f"{WRONG}/syntax-verb.fin"
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


@pytest.mark.parametrize("verb", ["run", "lint", "list", "show", "replay",
                                  "check", "rules", "agent", "help"])
def test_help(verb: str) -> None:
    """Help is no error, and is the same either way."""
    asked = lastack.run("help", verb)
    assert asked.returncode == lastack.OK and not asked.stderr
    assert asked.stdout.startswith(f"usage: lastack {verb}")
    assert lastack.run(verb, "--help").stdout == asked.stdout


def test_tap(wire: WireRun) -> None:
    """TAP says of each case what results.json says."""
    stream = tap.parse(wire.done.stdout)
    cases = {lastack.label(c): c for c in lastack.cases(wire.out)}
    assert stream.plan == len(cases) and stream.bail is None
    for point in stream.points:
        case = cases.pop(point.name)
        assert point.ok == (case["verdict"] in ("ok", "skip"))
        assert point.skip == (case["reason"] if case["verdict"] == "skip"
                              else None)
        assert bool(point.yaml) == (not point.ok)
    assert not cases


def test_tap_tells_a_failure(tmp_path: pathlib.Path) -> None:
    """A failure has all it needs: where, why, expected, actual, ladder."""
    done = lastack.run("run", "-4", "--out", tmp_path, BAD)
    (point,) = tap.parse(done.stdout).points
    (case,) = lastack.cases(tmp_path)
    values: Dict[str, object] = {}
    for line in point.yaml:
        match = re.fullmatch(r'(\w+): ("(?:[^"\\]|\\.)*"|\d+)', line)
        if match:
            values[match[1]] = json.loads(match[2])
    found = case["finding"]
    assert {key: values[key] for key in ("line", "what", "expected",
                                         "actual")} == {
        key: found[key] for key in ("line", "what", "expected", "actual")}
    assert values["file"] == case["path"] == BAD
    assert values["capture"] == case["capture"]
    text = "\n".join(point.yaml)
    assert "ladder: |" in text and "A close" in text and "again: " in text


def test_tap_of_what_left_nothing(tmp_path: pathlib.Path) -> None:
    """No capture is named where there is none."""
    done = lastack.run("run", "-4", "--require", "--out", tmp_path, SKIP)
    (point,) = tap.parse(done.stdout).points
    assert not point.ok and not any(tmp_path.rglob("*.pcapng"))
    assert not any(line.startswith("capture:") for line in point.yaml)


def test_json(wire: WireRun) -> None:
    """It keeps to its schema, paths lead to files, and sums are sums."""
    whole = schema.valid((wire.out / "results.json").read_text(), "run")
    assert whole["link"] == "wire"
    for case in whole["cases"]:
        for path in (case["capture"], case["ladder"]):
            assert path is None or pathlib.Path(path).is_file(), path
    verdicts = [case["verdict"].replace(" ", "_") for case in whole["cases"]]
    for verdict, number in whole["summary"].items():
        assert verdicts.count(verdict) == number


def test_json_of_failures(tmp_path: pathlib.Path) -> None:
    """A failure, a skip and a bug keep to the schema, which can say no."""
    lastack.run("run", "-4", "--shuffle", 7, "--bug", BUG, "--out",
                tmp_path, *GOOD, BAD, SKIP)
    whole = schema.valid((tmp_path / "results.json").read_text(), "run")
    assert whole["seed"] == 7 and whole["bug"] == BUG
    cases = {case["name"]: case for case in whole["cases"]}
    assert {case["verdict"] for case in cases.values()} >= {"not ok", "skip"}
    assert any(case["finding"] for case in cases.values())
    assert any(case["judge"] for case in cases.values())
    for member in whole:
        assert schema.errors(dict(whole, **{member: {"x": -1}}), "run")
    for member in whole["cases"][0]:
        assert schema.errors(
            dict(whole, cases=[dict(whole["cases"][0], **{member: {}})]),
            "run")


def test_junit(wire: WireRun) -> None:
    """Strictly parsed, with the same cases and sums that add up."""
    root = ElementTree.parse(wire.out / "junit.xml").getroot()
    assert root.tag == "testsuites"
    names = []
    for suite in root:
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for kind, attribute in (("failure", "failures"), ("error", "errors"),
                                ("skipped", "skipped")):
            found = suite.findall(f"testcase/{kind}")
            assert int(suite.attrib[attribute]) == len(found)
        names += [case.attrib["name"] for case in cases]
    assert int(root.attrib["tests"]) == len(names)
    assert sorted(names) == sorted(map(lastack.label,
                                       lastack.cases(wire.out)))


def order(out: pathlib.Path, *args: object) -> List[str]:
    """The order in which runs of a case ended, in one lane."""
    done = lastack.run("run", "--jobs", 1, "--out", out, *args, GOOD[0],
                       "--repeat", 8)
    return [point.name for point in tap.parse(done.stdout).points]


def test_shuffle(tmp_path: pathlib.Path) -> None:
    """The same seed is the same order; another is another."""
    first = order(tmp_path / "1", "--shuffle", 7)
    assert order(tmp_path / "2", "--shuffle", 7) == first
    assert order(tmp_path / "3", "--shuffle=8") != first
    assert sorted(first) == sorted(order(tmp_path / "4"))
    assert lastack.results(tmp_path / "1")["seed"] == 7


def test_fail_fast(tmp_path: pathlib.Path) -> None:
    """The first failure ends the run, and what was not run is counted."""
    done = lastack.run("run", "--fail-fast", "--jobs", 1, "--repeat", 50,
                       "--out", tmp_path, BAD)
    assert done.returncode == lastack.NOT_OK
    stream = tap.parse(done.stdout)
    summary = lastack.results(tmp_path)["summary"]
    assert summary["not_ok"] >= 1 and summary["not_run"] >= 90
    assert len(stream.points) + summary["not_run"] == stream.plan == 100
    assert stream.bail and f'{summary["not_run"]} not run' in stream.bail


def test_families_and_rounds(tmp_path: pathlib.Path) -> None:
    """-4 and -6 alone, both by default, each as often as asked."""
    for args, families in ((["-4"], {"ipv4"}), (["-6"], {"ipv6"}),
                           ([], {"ipv4", "ipv6"})):
        lastack.run("run", "--repeat", 3, "--out", tmp_path, *args, GOOD[0])
        rounds = [(c["family"], c["round"]) for c in lastack.cases(tmp_path)]
        assert sorted(rounds) == sorted((f, r) for f in families
                                        for r in (1, 2, 3))


def test_timeout(tmp_path: pathlib.Path) -> None:
    """A case that takes longer than it may is not ok, and says so."""
    done = lastack.run("run", "-4", "--timeout", "1us", "--out", tmp_path,
                       GOOD[0])
    assert done.returncode == lastack.NOT_OK
    (case,) = lastack.cases(tmp_path)
    assert case["finding"]["what"] == "timed out"


def test_out_again(tmp_path: pathlib.Path) -> None:
    """A folder used again has the last run's files, and what is others'."""
    first = lastack.run("run", "--out", tmp_path, "-4", *GOOD)
    assert first.returncode == lastack.OK
    mine = [tmp_path / "mine.txt", tmp_path / "captures/wire/ipv4/mine.txt",
            tmp_path / "captures/ipv4/reference.pcapng"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    lastack.run("run", "--out", tmp_path, "-6", "--link", "veth", GOOD[0])
    (case,) = lastack.cases(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {
        *mine, tmp_path / "results.json", tmp_path / "junit.xml",
        pathlib.Path(case["capture"]), pathlib.Path(case["ladder"])}


def test_out_kept_when_nothing_runs(tmp_path: pathlib.Path) -> None:
    """A run that is refused takes nothing away."""
    lastack.run("run", "--out", tmp_path, *GOOD)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")
              if path.is_file()}
    done = lastack.run("run", "--out", tmp_path, REFUSED)
    assert done.returncode == lastack.BAD and len(before) == 10
    assert all(path.read_bytes() == was for path, was in before.items())


def test_no_estimate_before_the_first(tmp_path: pathlib.Path) -> None:
    """What is left is said once there is something to judge it by."""
    cases = []
    for name, wait in (("first", "400ms"), ("last", "900ms")):
        cases.append(tmp_path / f"{name}.fin")
        cases[-1].write_text(f"case {name}\nspec x\nopen\nquiet {wait}\n")
    shown = lastack.on_terminal(80, "run", "-4", "--out", tmp_path / "out",
                                *cases)
    ticks = re.findall(r"cases ([01])/2 (.*?)\033\[\?7h", shown)
    assert {done for done, _ in ticks} == {"0", "1"}
    assert all(("left" in text) == (done == "1") for done, text in ticks)
    assert shown.endswith("2 passed, 0 failed\n")


def test_list_fits_the_terminal() -> None:
    """Cut to a terminal's width; elsewhere all of it."""
    whole = lastack.run("list", "simultaneous").stdout.splitlines()
    shown = lastack.on_terminal(120, "list", "simultaneous").splitlines()
    assert max(map(len, whole)) > 120 >= max(map(len, shown))
    assert len(whole) == len(shown) and shown[0].split() == whole[0].split()
    assert any("..." in line for line in shown)
    assert [(line.split()[0], line.split()[-1]) for line in whole] == [
        (line.split()[0], line.split()[-1]) for line in shown]


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
    return (out / "junit.xml").exists()


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
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert "(ulimit -n) is 40" in done.stderr
    done = in_shell('ulimit -Sn 40; "$@"', tmp_path)
    assert done.returncode == lastack.OK, done.stdout + done.stderr


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
    (["check", "typo.pcap"], "typo.pcap: No such file or directory"),
])
def test_one_line(args: List[str], said: str) -> None:
    """One line about what is wrong, and nothing else."""
    done = lastack.run(*args)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_help_of_help() -> None:
    """Help has help, asked for in any way."""
    texts = {lastack.run("help", word).stdout
             for word in ("help", "--help", "-h")}
    assert len(texts) == 1 and texts.pop().startswith("usage: lastack help")


def test_no_room_for_the_run(tmp_path: pathlib.Path) -> None:
    """Where its folders cannot be made: one line, and no half a report."""
    (tmp_path / "captures").write_text("in the way")
    done = lastack.run("run", "--format", "tap", "--out", tmp_path, *GOOD)
    assert done.returncode == lastack.BAD and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "captures" in done.stderr


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
    case.write_text("case x\nspec y\nopen\n" + "quiet\n" * 40)
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
    case.write_text("case x\nspec y\ndeviates rst-obeyed, RFC5961-4.2-1\n"
                    "deviates rst-obeyde\nopen\n")
    assert lint_refuses(case).startswith(f"{case}:4: deviates rst-obeyde: ")


def test_scapy_that_is_no_python(tmp_path: pathlib.Path) -> None:
    """Lint and run say on which line; broken is counted as such."""
    case = tmp_path / "x.fin"
    case.write_text("case x\nspec y\nneeds scapy\nopen\n"
                    "        ~~>  scapy: ip/ICMP(  -->\n")
    assert lint_refuses(case).startswith(f"{case}:5: scapy: SyntaxError: ")
    done = lastack.run("run", "-4", "--out", tmp_path / "out", case)
    assert done.returncode == lastack.BAD
    (record,) = lastack.cases(tmp_path / "out")
    assert record["reason"].startswith(f"{case}:5: scapy: SyntaxError: ")
    assert "# 0 passed, 0 failed, 1 broken," in done.stdout


@pytest.mark.skipif(not shutil.which("prove"), reason="needs prove")
def test_prove(tmp_path: pathlib.Path) -> None:
    """As version 13, which is all it knows, prove reads our TAP."""
    for cases, status in (([*GOOD, SKIP], 0), ([*GOOD, BAD], 1)):
        done = lastack.run("run", "--out", tmp_path, *cases)
        path = tmp_path / "run.tap"
        path.write_text(done.stdout.replace("version 14", "version 13", 1))
        proved = subprocess.run(["prove", "-e", "cat", str(path)], text=True,
                                capture_output=True, check=False)
        assert proved.returncode == status, proved.stdout
        assert "Parse errors" not in proved.stdout


def descendants(pid: int) -> Iterator[int]:
    """The children of a process, and theirs, that are not in our network."""
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in map(int, children.split()):
        if host.target_of(f"/proc/{child}/ns/net") not in (
                "", host.target_of("/proc/self/ns/net")):
            yield child
        yield from descendants(child)


# Ten octets that say they are TCP, from wherever it is run.
DAMAGED = """import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.sendto(bytes(10), ("192.0.2.2", 0))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="enters a namespace")
def test_damaged_segment(tmp_path: pathlib.Path) -> None:
    """An end that sends what cannot be judged does not pass unnoticed."""
    case = tmp_path / "x.fin"
    case.write_text("case x\nspec y\nopen\nquiet 8s\n")
    with subprocess.Popen([str(lastack.BINARY), "run", "-4", "--out",
                           str(tmp_path / "out"), str(case)],
                          stdout=subprocess.DEVNULL) as run:

        def is_over() -> bool:
            for pid in descendants(run.pid):
                for space in host.held(pid).values(): # never the host's own
                    subprocess.run(
                        ["nsenter", f"--net=/proc/self/fd/{space}",
                         "/usr/bin/python3", "-c", DAMAGED],
                        pass_fds=[space], stderr=subprocess.DEVNULL,
                        check=False)
                    os.close(space)
            return run.poll() is not None

        assert lastack.wait_until(is_over)
    assert run.returncode == lastack.BAD
    (record,) = lastack.cases(tmp_path / "out")
    assert record["verdict"] == "broken"
    assert "A sent what is no TCP segment" in record["reason"]
