"""Many files: folders, several at once, and a ring read as one capture."""

import gzip
import pathlib
import resource
import subprocess
from typing import Dict, List

import lastack
import pcapng as reader
import pytest
import wild
from check import check, document, healthy, rules
from schema import valid
from wild import Talk


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with captures of all kinds, and with other things."""
    base = tmp_path / "captures"
    (base / "deep").mkdir(parents=True)
    for i in range(7):
        talks = [Talk(20000 + 100 * i + k) for k in range(3)]
        packets = [p for k, talk in enumerate(talks) for p in (
            talk.late() if (i + k) % 3 == 0 else talk.whole()).packets]
        data = wild.frames(packets)
        place = base / ("deep" if i % 2 else "") / f"{i}.pcap"
        wild.write(place, (wild.pcap, wild.pcapng)[i % 2](data))
    wild.write(base / "8.gz", gzip.compress(wild.pcap(wild.frames(
        Talk().late().packets))))
    wild.write(base / "damaged", (base / "0.pcap").read_bytes()[:-5])
    wild.write(base / "README", b"These are captures.")
    wild.write(base / "empty", b"")
    wild.write(base / ".hidden", (base / "0.pcap").read_bytes())
    return base


FORMS = (["--format", "table"], ["--format", "json"], ["--format", "ndjson"],
         ["--format", "csv"], ["--all", "--ladder"], ["--stats"],
         ["--only", "violation"])


@pytest.mark.parametrize("options", FORMS)
def test_folder(folder: pathlib.Path, options: List[str]) -> None:
    """The same as all captures in it, named one by one."""
    names = sorted(str(p) for p in folder.rglob("*") if p.is_file()
                   and p.name not in ("README", "empty", ".hidden"))
    one = check(*options, folder)
    each = check(*options, *names)
    assert sorted(one.stdout) == sorted(each.stdout)
    assert one.returncode == each.returncode == 2
    assert one.stderr.count("\n") == 1 and "damaged: offset" in one.stderr


@pytest.mark.parametrize("jobs", (2, 3, 50))
@pytest.mark.parametrize("options", FORMS)
def test_jobs(folder: pathlib.Path, options: List[str], jobs: int) -> None:
    """However many read at once: the same, byte for byte."""
    args = [*options, folder, folder / "none", folder / "README",
            folder / "0.pcap"]
    one = check(*args)
    several = check("--jobs", jobs, *args)
    assert several.stdout == one.stdout
    assert several.stderr == one.stderr
    assert several.returncode == one.returncode == 2
    assert len(one.stderr.splitlines()) == 3
    first = check("--jobs", jobs, *options, folder / "none",
                  folder / "0.pcap", folder / "2.pcap")
    assert first.stdout == check(*options, folder / "none",
                                 folder / "0.pcap", folder / "2.pcap").stdout


def test_jobs_statuses(whole: pathlib.Path, late: pathlib.Path) -> None:
    """What one finds is what all have found."""
    assert check("--jobs", 2, whole, whole).returncode == 0
    assert check("--jobs", 2, whole, late).returncode == 1
    assert check("--jobs", 2, late, whole).returncode == 1
    flow = ["--flow", "192.0.2.1:40001"]
    assert check("--jobs", 2, *flow, whole, late).returncode == 1
    assert check("--jobs", 2, *flow, whole, whole).returncode == 2


@pytest.mark.parametrize("options", FORMS[:5])
def test_no_room(tmp_path: pathlib.Path, options: List[str]) -> None:
    """Where what a process says does not fit it is not left out in silence."""
    packets = [p for i in range(80) for p in Talk(20000 + i).late().packets]
    files = [wild.write(tmp_path / name, wild.pcap(wild.frames(packets)))
             for name in "ab"]
    size = len(check(*options, files[0]).stdout)
    for room in range(size // 4, size, size // 6):
        done = subprocess.run(
            [lastack.BINARY, "check", "--jobs", "2", *options, *files],
            text=True, capture_output=True, timeout=60, check=False,
            restore_signals=False,  # no SIGXFSZ, but an error
            preexec_fn=lambda room=room: resource.setrlimit(
                resource.RLIMIT_FSIZE, (room, room)))
        assert done.returncode == lastack.BAD
        assert done.stderr.count("the process that read it failed") == 2


def test_empty_folder(tmp_path: pathlib.Path) -> None:
    """A folder without a capture is said to have none."""
    wild.write(tmp_path / "README", b"nothing here")
    done = check(tmp_path)
    assert done.returncode == 2
    assert "no capture is in this folder" in done.stderr


def ring(path: pathlib.Path, talk: Talk, at: List[int],
         names: List[str]) -> Dict[str, pathlib.Path]:
    """The connection's frames in files, cut before those of these numbers."""
    data = wild.frames(talk.packets)
    made = {}
    for i, (begin, end) in enumerate(zip([0, *at], [*at, len(data)])):
        # Times go on where the file before has ended.
        text = wild.pcap([b"x"] * begin + data[begin:end])
        head, body = text[:24], text[24 + 17 * begin:]
        made[names[i]] = wild.write(path / names[i], head + body)
    return made


def test_follow_on(tmp_path: pathlib.Path) -> None:
    """A ring whose names are not in the order of time."""
    files = ring(tmp_path, Talk().late(), [2, 5], ["c2", "c0", "c1"])
    alone = valid(check("--format", "json", *files.values()).stdout, "check")
    assert sum(len(doc["flows"]) for doc in alone) == 3
    for args in (list(files.values()), [tmp_path],
                 [files["c0"], files["c1"], files["c2"]]):
        done = check("--follow-on", "--format", "json", *args)
        doc = valid(done.stdout, "check")
        assert done.returncode == 1 and len(doc["flows"]) == 1
        assert rules(doc) == ["data-after-fin"]
        assert doc["flows"][0]["last_frame"] == doc["packets"] == 9
        assert doc["file"] == f"{tmp_path / 'c2'} and 2 more"


def test_follow_on_of_one(whole: pathlib.Path) -> None:
    """One file follows on nothing."""
    doc = document(whole, "--follow-on")
    healthy(doc)
    assert doc["file"] == str(whole)


def test_follow_on_again(tmp_path: pathlib.Path) -> None:
    """The second reading goes through all of them, too."""
    base = tmp_path / "ring"
    base.mkdir()
    files = ring(base, Talk().late(), [2, 5], ["c2", "c0", "c1"])
    out = tmp_path / "out.pcapng"
    done = check("--follow-on", "--ladder", "--write", out, *files.values())
    assert done.returncode == 1 and done.stdout.count("# connection") == 1
    written = [b for b in reader.read(out) if b.kind == reader.PACKET]
    assert [b.data for b in written] == wild.frames(Talk().late().packets)
    assert rules(document(out, status=1)) == ["data-after-fin"]


def test_follow_on_of_several_kinds(tmp_path: pathlib.Path) -> None:
    """Files of different formats and link types go on one another."""
    packets = Talk().late().packets
    first = wild.pcap(wild.frames(packets[:4], wild.RAW), wild.RAW)
    text = wild.pcapng([b"x"] * 4 + wild.frames(packets[4:]))
    a = wild.write(tmp_path / "a", gzip.compress(first))
    b = wild.write(tmp_path / "b", text)
    doc = valid(check("--follow-on", "--format", "json", a, b).stdout,
                "check")
    assert [f["segments"] for f in doc["flows"]] == [9]


def test_follow_on_missing(tmp_path: pathlib.Path,
                           whole: pathlib.Path) -> None:
    """What cannot be opened is said, and the others are read."""
    done = check("--follow-on", "--format", "json", tmp_path / "none", whole)
    assert done.returncode == 2 and "none: No such file" in done.stderr
    assert len(valid(done.stdout, "check")["flows"]) == 1


@pytest.mark.parametrize("options,said", (
    (["--follow-on", "--jobs", "2", "x"], "--jobs"),
    (["--write", "y", "--jobs", "2", "x"], "--jobs"),
    (["--follow-on", "-i", "lo"], "goes with files"),
    (["--follow-on", "-"], "not standard input"),
    (["--jobs", "0", "x"], "from 1"),
))
def test_bad_usage(options: List[str], said: str) -> None:
    """One line that says what was expected."""
    done = check(*options)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_killed(tmp_path: pathlib.Path, folder: pathlib.Path) -> None:
    """A reader that fails is no reader that found nothing."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", str(lastack.BINARY),
         "check", "--jobs", "2", folder / "0.pcap", folder / "2.pcap"],
        capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0 and done.stdout == ""
