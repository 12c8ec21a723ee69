"""Several stacks under the same cases, held beside each other."""

import json
import pathlib
import signal
import subprocess
from typing import Any, Dict

import guests
import lastack
import pytest
import schema

CASES = ["close/normal-a-first", "linger/zero-resets-b", "reset/closed-port-ack"]
SLOW = "data/shrunken-window-zero"
LWIP = lastack.BINARY.parent / "lastack-lwip"
needs_lwip = pytest.mark.skipif(not LWIP.exists(),
                                reason="built without liblwip-dev")


def matrix(out: pathlib.Path, *args: object,
           status: int = lastack.OK) -> Dict[str, Any]:
    """Run the cases on those stacks, and return matrix.json."""
    done = lastack.run("matrix", "-4", "--out", out, *args, *CASES)
    assert done.returncode == status, done.stdout + done.stderr
    return schema.valid((out / "matrix.json").read_text(), "matrix")


def listed(tmp_path: pathlib.Path, *stacks: str) -> pathlib.Path:
    """A file that names these stacks."""
    path = tmp_path / "stacks"
    path.write_text("# those of this test\n\n" + "\n".join(stacks) + "\n")
    return path


def test_all(tmp_path: pathlib.Path) -> None:
    """Each stack of the usual list is played, or says what would bring it."""
    found = matrix(tmp_path)
    stacks = {one["as"]: one for one in found["stacks"]}
    assert set(stacks) == {"kernel", "lwip", "gvisor", "vm:6.1", "vm:6.12"}
    for name, one in stacks.items():
        if one["left_out"]:
            assert any(word in one["left_out"] for word in
                       ("scripts/kernel", "qemu-system-x86", "liblwip-dev",
                        "install runsc", "could not link"))
        else:
            assert name.replace("vm:", "kernel ").split()[0] in one["label"]


@needs_lwip
def test_side_by_side(tmp_path: pathlib.Path) -> None:
    """Where stacks differ, what each did, and its ladder."""
    found = matrix(tmp_path, "--stacks", listed(tmp_path, "kernel", "lwip"))
    assert [one["as"] for one in found["stacks"]] == ["kernel", "lwip"]
    rows = {row["name"]: row for row in found["cases"]}
    assert set(rows) == set(CASES)
    assert not rows["close/normal-a-first"]["differs"]
    differing = rows["reset/closed-port-ack"]
    assert differing["differs"]
    assert found["differing"] == sum(row["differs"] for row in found["cases"])
    assert [cell["verdict"] for cell in differing["stacks"]] \
        == ["ok", "deviates"]
    assert found["stacks"][1]["deviations"]
    text = (tmp_path / "matrix.txt").read_text()
    ladders = text[text.index("\nreset/closed-port-ack ipv4\n"):]
    assert "| lwip" in ladders
    assert any(line.count("~~>") == 2 for line in ladders.splitlines())


def test_goes_on(tmp_path: pathlib.Path) -> None:
    """What was run to its end is kept, and run anew when that is asked for."""
    first = matrix(tmp_path, "--stacks", listed(tmp_path, "kernel"))
    results = tmp_path / "kernel" / "results.json"
    before = results.stat().st_mtime_ns
    assert matrix(tmp_path, "--stacks", listed(tmp_path, "kernel")) == first
    assert results.stat().st_mtime_ns == before
    matrix(tmp_path, "--anew", "--stacks", listed(tmp_path, "kernel"))
    assert results.stat().st_mtime_ns != before


def test_other_cases_are_run(tmp_path: pathlib.Path) -> None:
    """What was kept is of other cases: it is run."""
    matrix(tmp_path, "--stacks", listed(tmp_path, "kernel"))
    found = matrix(tmp_path, "--stacks", listed(tmp_path, "kernel"),
                   "unread/close-a")
    assert len(found["cases"]) == len(CASES) + 1


def test_changed_cases_are_run(tmp_path: pathlib.Path) -> None:
    """What was kept is of a case that has been another one: it is run."""
    case = tmp_path / "changes.fin"
    said = "case  nothing happens\nspec  RFC9293 3.6\n\nopen\nA is {}\n"
    path = listed(tmp_path, "kernel")
    for state, verdict in (("ESTABLISHED", "ok"), ("CLOSED", "not ok")):
        case.write_text(said.format(state))
        lastack.run("matrix", "-4", "--stacks", path, "--out", tmp_path / "out",
                    case)
        found = json.loads((tmp_path / "out" / "matrix.json").read_text())
        [row] = found["cases"]
        assert row["stacks"][0]["verdict"] == verdict


def test_nothing_is_kept_of_others(tmp_path: pathlib.Path) -> None:
    """A run that comes to nothing does not show what an earlier one found."""
    path = listed(tmp_path, "kernel")
    matrix(tmp_path, "--stacks", path)
    done = lastack.run("matrix", "-4", "--out", tmp_path, "--stacks", path,
                       "--quick", SLOW)
    assert done.returncode == lastack.BAD, done.stdout + done.stderr
    found = schema.valid((tmp_path / "matrix.json").read_text(), "matrix")
    assert found["cases"] == []
    assert "kept nothing" in found["stacks"][0]["left_out"]


def test_a_folder_each(tmp_path: pathlib.Path) -> None:
    """Stacks whose names begin alike do not write over each other."""
    long = tmp_path / ("x" * 70)
    long.mkdir()
    stacks = []
    for name in ("one", "two"):
        (long / name).symlink_to(lastack.BINARY)
        stacks.append(f"exec:exec {long}/{name} agent")
    path = listed(tmp_path, *stacks)
    matrix(tmp_path / "out", "--stacks", path)
    kept = sorted((tmp_path / "out").glob("exec-*/results.json"))
    assert len(kept) == 2
    assert [json.loads(one.read_text())["command"][2] for one in kept] == stacks
    before = [one.stat().st_mtime_ns for one in kept]
    matrix(tmp_path / "out", "--stacks", path)
    assert [one.stat().st_mtime_ns for one in kept] == before


def test_left_out(tmp_path: pathlib.Path) -> None:
    """A stack that there is not is named, and the others' results are kept."""
    found = matrix(tmp_path, "--stacks", listed(tmp_path, "toaster", "kernel"))
    assert 'no stack "toaster"' in found["stacks"][0]["left_out"]
    assert found["stacks"][0]["summary"] is None
    assert found["stacks"][1]["summary"]["ok"] == len(CASES)


@pytest.mark.parametrize("text, what", [
    ("", "no stack in it, expected one a line"),
    ("kernel\n" * 65, "expected at most 64 stacks"),
])
def test_bad_list(tmp_path: pathlib.Path, text: str, what: str) -> None:
    """A list that cannot be meant is bad usage."""
    path = tmp_path / "stacks"
    path.write_text(text)
    done = lastack.run("matrix", "--stacks", path, "--out", tmp_path)
    assert done.returncode == lastack.BAD
    assert what in done.stderr
    assert done.stderr.count("\n") == 1


def begun(*logs: pathlib.Path) -> bool:
    """Whether each of these runs has said how much it has before it."""
    return all(log.exists() and "1.." in log.read_text() for log in logs)


def test_ended_beside(tmp_path: pathlib.Path) -> None:
    """A stack in virtual time runs beside another: a signal ends both runs."""
    path = listed(tmp_path, "kernel", f"vm:{guests.fetched('6.1')}", "kernel",
                  "vm:6.1")
    with subprocess.Popen([str(lastack.BINARY), "matrix", "-4", "--stacks",
                           str(path), "--out", str(tmp_path), "timer",
                           "virtual", "time-wait"], cwd=lastack.ROOT,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as running:
        assert lastack.wait_until(lambda: begun(tmp_path / "kernel.tap",
                                                tmp_path / "vm-6.1.tap"))
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=60)[1]
    assert running.returncode > 128
    assert said.count(": running") == 2
    for name in "kernel", "vm-6.1":
        kept = json.loads((tmp_path / name / "results.json").read_text())
        assert kept["summary"]["not_run"] > 0


def test_ended(tmp_path: pathlib.Path) -> None:
    """A signal ends the run that is under way too, and it is made again."""
    path = listed(tmp_path, "kernel", "linux")
    with subprocess.Popen([str(lastack.BINARY), "matrix", "-4", "--stacks",
                           str(path), "--out", str(tmp_path), "timer"],
                          cwd=lastack.ROOT, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as running:
        assert lastack.wait_until(lambda: begun(tmp_path / "kernel.tap"))
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 128 + signal.SIGTERM
    found = schema.valid((tmp_path / "matrix.json").read_text(), "matrix")
    assert [one["left_out"] for one in found["stacks"]] \
        == [None, "interrupted before"]
    kept = json.loads((tmp_path / "kernel" / "results.json").read_text())
    assert kept["summary"]["not_run"] > 0


def test_ignored_signal(tmp_path: pathlib.Path) -> None:
    """As nohup starts it: a hangup ends neither the matrix nor its run."""
    case = tmp_path / "waits.fin"
    case.write_text("case  nothing happens\nspec  RFC9293 3.6\n\n"
                    "open\nquiet 3s\n")
    with subprocess.Popen(["sh", "-c", "trap '' HUP; exec \"$@\"", "sh",
                           str(lastack.BINARY), "matrix", "-4", "--stacks",
                           str(listed(tmp_path, "kernel")), "--out",
                           str(tmp_path), str(case)], cwd=lastack.ROOT,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as running:
        assert lastack.wait_until(lambda: begun(tmp_path / "kernel.tap"))
        running.send_signal(signal.SIGHUP)
        assert running.wait(timeout=60) == lastack.OK
