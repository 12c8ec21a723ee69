"""What `lastack bundle` packs, and that what it packs plays again elsewhere."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
from typing import Dict, Iterator, List, Set

import lastack
import pytest
import segments
import wild
from conftest import WireRun
from tape import Tape
from wild import Talk

CASE = "close/normal-a-first"

# A stack that does as RFC 9293 has it fails this one at line 7.
WRONG = """case  the last ACK is taken for a FIN
spec  RFC9293-3.6-FIG12

open
A close
FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  CLOSE-WAIT
FIN-WAIT-2  <--  F.  seq 1 ack 2  <--  LAST-ACK
"""

# And this one waits for what does not come.
SILENT = """case  a FIN that nobody sends
spec  RFC9293-3.6-FIG12

open
A close
FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  CLOSE-WAIT
FIN-WAIT-2  <--  .   ack 2        <--  CLOSE-WAIT
            <--  F.  seq 1 ack 2  <--  LAST-ACK
"""

def played(tmp: pathlib.Path, text: str) -> pathlib.Path:
    """The folder of a run of that case."""
    (tmp / "wrong.fin").write_text(text)
    lastack.run("run", "--out", tmp / "out", tmp / "wrong.fin")
    return tmp / "out"


def unpack(archive: pathlib.Path) -> pathlib.Path:
    """The folder that is in an archive, beside it."""
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        tar.extractall(archive.parent)
    (folder,) = {name.split("/")[0] for name in names}
    return archive.parent / folder


def bundle(tmp: pathlib.Path, out: pathlib.Path, case: str,
           *options: str) -> pathlib.Path:
    """What a bundle of that case holds."""
    tmp.mkdir(exist_ok=True)
    done = lastack.run("bundle", "--from", out, "--out", tmp / "b.tar.gz",
                       *options, case)
    assert done.returncode == lastack.OK, done.stderr
    assert done.stdout == f"{tmp}/b.tar.gz\n"
    return unpack(tmp / "b.tar.gz")


def reproduce(folder: pathlib.Path, path: object = os.environ["PATH"]
              ) -> "subprocess.CompletedProcess[str]":
    """Play it, with nothing of ours that it could find."""
    return subprocess.run(
        ["/usr/bin/python3", "-I", "reproduce.py", "--capture", "again.pcap"],
        cwd=folder, env={"PATH": str(path)}, text=True,
        capture_output=True, timeout=120, check=False)


def test_no_ss(tmp_path: pathlib.Path) -> None:
    """Without what destroys a connection it is not played on."""
    case = "process/destroy-close-wait"
    lastack.run("run", "-4", "--out", tmp_path / "out", case)
    folder = bundle(tmp_path / "b", tmp_path / "out", case)
    path = tmp_path / "bin"
    path.mkdir()
    where = shutil.which("ip", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert where
    (path / "ip").symlink_to(where)
    done = reproduce(folder, path)
    assert done.returncode == lastack.BAD, done.stdout + done.stderr
    assert done.stderr == ("cannot be played here: ss(8) cannot be run, "
                           "which destroys it\n")


def compare(folder: pathlib.Path) -> None:
    """Hold the program's segments against the report's, forged ones too."""
    path = folder / "capture.pcapng"
    tape = Tape(path)
    ours, theirs = (segments.normal(packets, tape.port("A")) for packets in (
        segments.of_pcap(folder / "again.pcap"), segments.of_tape(path)))
    for side in "AB":
        if any(event.kind == "pass" for event in tape.events):
            assert (segments.turns(ours[side]) ==
                    segments.turns(theirs[side]))
        else:
            assert ours[side] == theirs[side]


def calls(case: lastack.Case) -> Set[str]:
    """The calls in it, with the words that are said to them."""
    text = (lastack.ROOT / case["path"]).read_text()
    return {re.sub(r" (-?[0-9]\S*|[A-Z]\S*|=.*)", "", call) for call in
            re.findall(r"^[AB] ([a-z][^#\n]*?) *(?:#.*)?$", text, re.M)}


def chosen(wire: WireRun) -> List[lastack.Case]:
    """Of each folder of cases one, in turn of either family; then those that
    have calls which none has that was chosen before."""
    folders: Dict[str, List[lastack.Case]] = {}
    for case, _ in wire.tapes:
        text = (lastack.ROOT / case["path"]).read_text()
        if not re.search(r"^open +[0-9]|^set +weather", text, re.M):
            folders.setdefault(case["name"].split("/")[0], []).append(case)
    cases = []
    for n, name in enumerate(sorted(folders)):
        family = ("ipv4", "ipv6")[n % 2]
        found = [c for c in folders[name] if c["family"] == family]
        cases.append(found[len(found) // 2])
    seen = set().union(*map(calls, cases))
    for case in (c for of in folders.values() for c in of):
        if not calls(case) <= seen:
            cases.append(case)
            seen |= calls(case)
    return cases


def test_bundle_of_a_failure(tmp_path: pathlib.Path) -> None:
    """The report says what was expected, what came, and how often."""
    out = played(tmp_path, WRONG)
    folder = bundle(tmp_path / "b", out, str(tmp_path / "wrong.fin"))
    assert folder.name == "wrong"
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md", "capture.pcapng", "case.fin", "ladder.svg",
        "ladder.txt", "reproduce.pkt", "reproduce.py"]
    text = (folder / "README.md").read_text()
    assert text.startswith("# the last ACK is taken for a FIN: wrong flags\n")
    assert "**F.  seq 1 ack 2 from B (flags F.)**, at line 7 of `case.fin`" in text
    assert "- RFC9293 3.6 Figure 12, normative-lowercase: " in text
    assert "wrong flags: **.  ack 2 from B (flags .)**, frame 5 of `capture.pcapng`" in text
    assert "\n2 of 2 times it was: not ok.\n" in text
    assert "| wire | ipv6 | Linux " in text
    assert "| net.ipv4.tcp_fin_timeout | 60 |" in text
    assert (folder / "case.fin").read_text() == WRONG
    assert "FIN-WAIT-1   -->  F." in (folder / "ladder.txt").read_text()
    assert (folder / "capture.pcapng").read_bytes() == pathlib.Path(
        lastack.cases(out)[0]["capture"]).read_bytes()
    again = lastack.run("run", "-4", "--out", tmp_path / "again",
                        folder / "case.fin")
    assert again.returncode == lastack.NOT_OK


@pytest.mark.parametrize("text,what", [(WRONG, "wrong flags"),
                                       (SILENT, "no segment")])
def test_failure_is_reproduced(tmp_path: pathlib.Path, text: str,
                               what: str) -> None:
    """Who runs the program sees what the report complains of."""
    folder = bundle(tmp_path / "b", played(tmp_path, text),
                    str(tmp_path / "wrong.fin"))
    done = reproduce(folder)
    assert done.returncode == lastack.NOT_OK, done.stdout + done.stderr
    assert f"\nREPRODUCED: {what}\n    expected  " in done.stdout
    compare(folder)


def test_bug_that_is_not_there(tmp_path: pathlib.Path) -> None:
    """What an injected bug did, no kernel does: the program says so."""
    lastack.run("run", "-4", "--out", tmp_path / "out", "--bug",
                "fin-ack-low", CASE)
    case, = lastack.cases(tmp_path / "out")
    assert case["verdict"] == "not ok"
    folder = bundle(tmp_path / "b", tmp_path / "out", CASE)
    assert "a bug was injected" in (folder / "README.md").read_text()
    done = reproduce(folder)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert "\nNOT REPRODUCED\n" in done.stdout


def test_programs_play_the_same(wire: WireRun, tmp_path: pathlib.Path) -> None:
    """Without anything of ours, the same segments come of the same calls."""
    otherwise, without, late = [], [], []
    for n, case in enumerate(chosen(wire)):
        folder = bundle(tmp_path / str(n), wire.out, case["name"],
                        "-6" if case["family"] == "ipv6" else "-4")
        if not (folder / "reproduce.py").exists():
            without.append(case["name"])
            continue
        done = reproduce(folder)
        wanted = lastack.OK if case["verdict"] == "ok" else lastack.NOT_OK
        if done.stderr.endswith(" ms late\n"):
            late.append(f"{lastack.label(case)}: {done.stderr}")
        elif done.returncode != wanted:
            otherwise.append(f"{lastack.label(case)}: {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
        else:
            compare(folder)
    assert not otherwise, "\n".join(otherwise)
    assert without == ["linger/interrupted"]
    assert len(late) < 10, "\n".join(late)


def test_packetdrill_script(wire: WireRun, tmp_path: pathlib.Path) -> None:
    """One end of a case as packetdrill's script: close, linger, a reset."""
    (tmp_path / "wrong").mkdir()
    folder = bundle(tmp_path / "b", played(tmp_path / "wrong", WRONG),
                    str(tmp_path / "wrong" / "wrong.fin"), "-4")
    text = (folder / "reproduce.pkt").read_text()
    assert text.splitlines()[1] == "// End B of: the last ACK is taken for a FIN"
    assert ("\n// Reported: wrong flags; expected F.  seq 1 ack 2 from B "
            "(flags F.), actual .  ack 2 from B (flags .).\n+0 > . 1:1(0) "
            "ack 2 <...>\n") in text
    if not shutil.which("packetdrill"):
        pytest.skip("packetdrill is not installed")
    scripts = [folder / "reproduce.pkt"]
    for n, name in enumerate(("close/normal-a-first", "unread/close-a",
                              "reset/exact-fin-wait-2-closed",
                              "linger/zero-in-close-wait")):
        scripts.append(bundle(tmp_path / str(n), wire.out, name, "-4") /
                       "reproduce.pkt")
    for script in scripts:
        done = subprocess.run(["unshare", "-n", "packetdrill", script],
                              text=True, capture_output=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr + script.read_text()


def test_runs_are_counted(tmp_path: pathlib.Path) -> None:
    """Several runs are counted together, and the worst of all is told."""
    good = SILENT.rsplit("            <--", 1)[0]
    (tmp_path / "case.fin").write_text(good)
    lastack.run("run", "-4", "--out", tmp_path / "a", tmp_path / "case.fin")
    (tmp_path / "case.fin").write_text(WRONG)
    lastack.run("run", "-4", "--repeat", "2", "--out", tmp_path / "b",
                tmp_path / "case.fin")
    folder = bundle(tmp_path / "c", tmp_path / "a", str(tmp_path / "case.fin"),
                    "--from", str(tmp_path / "b"))
    text = (folder / "README.md").read_text()
    assert "\n2 of 3 times it was: not ok.\n" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| wire")]
    assert row.endswith("| 3 | 1 | 0 | 2 | 0 | 0 |")


def test_crowd_has_no_program(tmp_path: pathlib.Path) -> None:
    """Where there is no program, the report says why."""
    out = played(tmp_path, "case  many\nspec  LINUX-UTO\n\nopen 3\npass\n")
    folder = bundle(tmp_path / "b", out, str(tmp_path / "wrong.fin"))
    assert not (folder / "reproduce.py").exists()
    assert "it opens many connections at once" in (
        folder / "README.md").read_text()


def test_bundle_bad_input(tmp_path: pathlib.Path) -> None:
    """What cannot be packed is one line, and nothing is written."""
    out = played(tmp_path, "case  never\nspec  LINUX-UTO\n"
                 "needs kernel >= 99.1\n\nopen\n")
    archive, case = tmp_path / "b.tar.gz", tmp_path / "wrong.fin"
    for args, said in (
            (["--from", out, case], "never ran, there is nothing to report:"
             " needs kernel >= 99.1"),
            (["--from", out, "other"], "other is not in the run kept in"),
            (["--from", tmp_path, case], "no run is kept in"),
            (["--from", out], "expected one case"),
            (["--from", out, "a", "b"], "expected one case")):
        done = lastack.run("bundle", "--out", archive, *args)
        assert done.returncode == lastack.BAD and not done.stdout
        assert said in done.stderr and done.stderr.count("\n") == 1
    done = lastack.run("bundle", "--from", played(tmp_path, SILENT), "--out",
                       tmp_path / "no" / "b.tar.gz", case)
    assert done.returncode == lastack.BAD
    assert "/no/b.tar.gz: No such file or directory" in done.stderr
    assert not archive.exists()


def from_capture(tmp: pathlib.Path, capture: pathlib.Path,
                 flow: int = 1) -> pathlib.Path:
    """What a bundle of that connection holds."""
    done = lastack.run("bundle", "--from-capture", capture, "--flow", flow,
                       "--out", tmp / "c.tar.gz")
    assert done.returncode == lastack.OK, done.stderr
    return unpack(tmp / "c.tar.gz")


def test_capture_becomes_a_case(tmp_path: pathlib.Path,
                                late: pathlib.Path) -> None:
    """The second connection of a capture, with what is wrong with it."""
    folder = from_capture(tmp_path, late, 2)
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md", "capture.pcapng", "case.fin", "ladder.svg",
        "ladder.txt", "reproduce.py"]
    text = (folder / "README.md").read_text()
    assert text.startswith("# connection 2 of late.pcap: ")
    checked = json.loads(lastack.run("check", "--format", "json",
                                     late).stdout)
    (found,) = checked["flows"][1]["findings"]
    assert f"violation of {found['side']}: {found['rule']} " in text
    assert f"frame {found['frame']} of the capture" in text
    case = (folder / "case.fin").read_text()
    assert found["id"] in case.splitlines()[1]
    only = lastack.run("check", "--format", "json", folder / "capture.pcapng")
    assert len(json.loads(only.stdout)["flows"]) == 1
    assert lastack.run("lint", folder / "case.fin").returncode == lastack.OK


@pytest.mark.parametrize("name", [
    "close/normal-a-first", "close/normal-b-first", "simultaneous/figure-13",
    "handshake/refused", "linger/zero-after-data-both-ways",
    "linger/off-after-on", "unread/close-a"])
def test_case_of_a_case(tmp_path: pathlib.Path, name: str) -> None:
    """A case played, captured, and made a case again is the same ending."""
    path = lastack.ROOT / "captures" / "ipv4" / f"{name}.pcapng"
    folder = from_capture(tmp_path, path)
    lastack.run("run", "-4", "--out", tmp_path / "out", folder / "case.fin")
    case, = lastack.cases(tmp_path / "out")
    assert case["verdict"] == "ok", (folder / "case.fin").read_text()
    ours, theirs = (segments.normal(segments.of_tape(p), Tape(p).port("A"))
                    for p in (pathlib.Path(case["capture"]), path))
    for side in "AB":
        assert segments.turns(ours[side]) == segments.turns(theirs[side])


MANY = """case  more octets than a window
spec  RFC9293-3.6-C1-FIN

open
A sndbuf 512K
B drain blocks
A send 200000
A close
pass until B returns
B returns = all
"""

BURST = """case  segments that are sent at once
spec  RFC9293-3.6-C1-FIN

open
A send 8000
repeat 6 {
            -->  .|P.              -->
            <--  .                 <--
}
"""


def changed(folder: pathlib.Path, written: str, instead: str
            ) -> "subprocess.CompletedProcess[str]":
    """Play it by its program, in which one thing is written otherwise."""
    program = (folder / "reproduce.py").read_text()
    assert program.count(written) == 1
    (folder / "reproduce.py").write_text(program.replace(written, instead))
    return reproduce(folder)


def test_late_reader(tmp_path: pathlib.Path) -> None:
    """Octets are let through until they are had, however late that is."""
    done = lastack.cases(played(tmp_path, MANY))[0]
    folder = from_capture(tmp_path, pathlib.Path(done["capture"]))
    call = "    def recv(self, *words):\n"
    again = changed(folder, call,
                    call + "        __import__('time').sleep(0.5)\n")
    assert again.returncode == lastack.OK, again.stdout + again.stderr


@contextlib.contextmanager
def busy_processors() -> "Iterator[None]":
    """Whatever runs meanwhile waits for a processor, again and again."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
             for _ in range(4 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.parametrize("rto_min_ms", [1, 5000])
def test_machine_is_late(tmp_path: pathlib.Path, rto_min_ms: int) -> None:
    """What a late machine may have done is not the stack's: a timer ran out."""
    lastack.run("run", "-4", "--out", tmp_path / "out", CASE)
    folder = bundle(tmp_path / "b", tmp_path / "out", CASE)
    program = (folder / "reproduce.py").read_text()
    program, n = re.subn(r'("rto_min_ms": *)[0-9]+', rf"\g<1>{rto_min_ms}",
                         program)
    (folder / "reproduce.py").write_text(program)
    assert n == 1
    with busy_processors():
        done = changed(folder, "if state == expected or", "if False and")
    if rto_min_ms == 1:
        assert done.returncode == lastack.BAD, done.stdout
        assert re.fullmatch("cannot be played here: .*this machine was "
                            "[0-9]+ ms late\n", done.stderr), done.stderr
    else:
        assert done.returncode == lastack.NOT_OK, done.stdout + done.stderr


def test_cable_loses_frames(tmp_path: pathlib.Path) -> None:
    """What the cable had no room for is no fault of the stack's."""
    folder = bundle(tmp_path / "b", played(tmp_path, BURST),
                    str(tmp_path / "wrong.fin"), "-4")
    done = changed(folder, "ROOM = 1 << 24 ", "ROOM = 1 ")
    assert done.returncode == lastack.BAD, done.stdout + done.stderr
    assert "cannot be played here" in done.stderr
    assert "the cable has lost frames" in done.stderr


def acts_of(folder: pathlib.Path) -> List[str]:
    """The calls of a case that segments show."""
    return re.findall(r"^[AB] (?:send [0-9]+|close|shutdown wr)$",
                      (folder / "case.fin").read_text(), re.M)


def test_capture_with_gaps(tmp_path: pathlib.Path) -> None:
    """What the capture lacks, and the other end acknowledges, was sent."""
    packets = Talk().whole().packets
    for n, lost in enumerate((None, *packets[3:8])):
        path = wild.write(tmp_path / f"{n}.pcap", wild.pcap(wild.frames(
            [p for p in packets if p is not lost])))
        acts = acts_of(from_capture(tmp_path, path))
        assert acts == ["A send 5", "A close", "B close"], n


def test_capture_bad_input(tmp_path: pathlib.Path,
                           whole: pathlib.Path) -> None:
    """What no case can be made of is one line that says what can be done."""
    amid = wild.write(tmp_path / "amid.pcap", wild.pcap(
        wild.frames(Talk().whole().packets[3:])))
    none = wild.write(tmp_path / "none.pcap", wild.pcap([]))
    archive = tmp_path / "b.tar.gz"
    for args, said in (
            ([whole, "--flow", 2], "has no connection 2, expected 1"),
            ([none, "--flow", 1], "has no connections"),
            ([amid, "--flow", 1], "capture it from its SYN on"),
            ([whole], "expected --flow N"),
            ([whole, "--flow", 0], "--flow 0: expected"),
            (["-", "--flow", 1], "not standard input"),
            ([whole, "--flow", 1, "--from", tmp_path], "goes with --flow"),
            ([whole, "--flow", 1, CASE], "no CASE goes with it"),
            ([tmp_path / "not-there", "--flow", 1], "No such file")):
        done = lastack.run("bundle", "--out", archive, "--from-capture", *args)
        assert done.returncode == lastack.BAD and not done.stdout
        assert said in done.stderr and done.stderr.count("\n") == 1
    done = lastack.run("bundle", "--flow", 1, CASE)
    assert done.returncode == lastack.BAD
    assert "--flow goes with --from-capture" in done.stderr
    assert not archive.exists()
