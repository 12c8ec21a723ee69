"""An ordinary user: a user namespace will do, and where not, one clear line.

As root the tests become "nobody" for it; otherwise they are an ordinary
user already.
"""

import os
import pathlib
import re
import subprocess
from typing import List
from xml.etree import ElementTree

import lastack
import pytest
import schema
import tap

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
             "--clear-groups"]
FIGURES = ("close/normal-a-first", "simultaneous/figure-13")
LIMIT = "/proc/sys/user/max_user_namespaces"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="not root")


def user_namespaces() -> bool:
    """Tell whether an ordinary user may make one here."""
    return subprocess.run(prefix() + ["unshare", "-Urn", "true"],
                          capture_output=True, check=False).returncode == 0


def prefix() -> List[str]:
    """What makes a command an ordinary user's."""
    return AS_NOBODY if os.geteuid() == 0 else []


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder an ordinary user may write to and get to."""
    if os.geteuid() == 0:
        os.chown(tmp_path, NOBODY, NOBODY)
        lastack.let_others_to(tmp_path)
    return tmp_path


def run_as(command: List[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command in the root of the tree."""
    return subprocess.run(command, cwd=lastack.ROOT, capture_output=True,
                          text=True, timeout=60, check=False)


def command_for(out: pathlib.Path) -> List[str]:
    """Both figures of the RFC, to be run by whoever."""
    return [str(lastack.BINARY), "run", "--out", str(out), *FIGURES]


def run_behind(mount: str, out: pathlib.Path, within: List[str] = [],
               *more: str) -> "subprocess.CompletedProcess[str]":
    """Run the figures where something is mounted first, or skip the test."""
    script = f"{mount} || exit 99; exec \"$@\""
    done = run_as(prefix() + ["unshare", "-Urm", "sh", "-c", script, "sh"] +
                  within + command_for(out) + list(more))
    if done.returncode == 99:
        pytest.skip(f"cannot be done here: {mount}")
    return done


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
@pytest.mark.parametrize("link", ["wire", "veth", "loopback"])
def test_no_root_needed(link: str, folder: pathlib.Path) -> None:
    """Cases pass, and what is written belongs to who ran them."""
    out = folder / "out"
    done = run_as(prefix() + command_for(out) + ["--link", link])
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    verdicts = {case["verdict"] for case in lastack.cases(out)}
    assert verdicts == ({"ok"} if link == "wire" else {"ok", "skip"})
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    assert all(p.stat().st_uid == owner for p in out.rglob("*"))


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_scapy_as_user(folder: pathlib.Path) -> None:
    """Forging with scapy needs no privilege either."""
    case = lastack.ROOT / "harness/test/wrong/octets-changed.fin"
    done = run_as(prefix() + [str(lastack.BINARY), "run", "--out",
                              str(folder / "out"), str(case)])
    assert done.returncode == lastack.NOT_OK
    for record in lastack.cases(folder / "out"):
        assert record["finding"]["actual"] == "EBADMSG"


def told(done: "subprocess.CompletedProcess[str]") -> str:
    """Why nothing could be played: standard error says it in one line, TAP
    too, and so does the status."""
    (line,) = done.stderr.splitlines()
    why = line.removeprefix("lastack run: ")
    assert done.returncode == lastack.BAD and why != line
    stream = tap.parse(done.stdout)
    assert stream.bail == why and not stream.points
    return why


def refused(done: "subprocess.CompletedProcess[str]",
            out: pathlib.Path) -> str:
    """The same, and the reports say it as well."""
    why = told(done)
    (error,) = ElementTree.parse(out / "junit.xml").getroot().iter("error")
    assert error.attrib["message"] == why
    whole = schema.valid((out / "results.json").read_text(), "run")
    assert whole["fault"] == why and whole["exit"] == lastack.BAD
    return why


def in_limited_namespace(command: List[str]
                         ) -> "subprocess.CompletedProcess[str]":
    """Run as nobody where no user namespace may be made: in one whose own
    limit is 0, so that the host's stays what it is."""
    inner = f"echo 0 > {LIMIT} && exec \"$@\""
    outer = "read go && exec sh -c '{}' sh \"$@\"".format(inner)
    with subprocess.Popen(
            ["unshare", "-U", "sh", "-c", outer, "sh", *AS_NOBODY, *command],
            cwd=lastack.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True) as child:
        own = os.readlink("/proc/self/ns/user")
        there = f"/proc/{child.pid}"
        assert lastack.wait_until(
            lambda: os.readlink(f"{there}/ns/user") != own)
        for name in ("uid_map", "gid_map"):
            pathlib.Path(there, name).write_text("0 0 65536")
        stdout, stderr = child.communicate("go\n", timeout=60)
    return subprocess.CompletedProcess(command, child.returncode, stdout,
                                       stderr)


@needs_root
def test_forbidden_says_which_setting(folder: pathlib.Path) -> None:
    """What names the setting and a way out is told to everybody."""
    before = pathlib.Path(LIMIT).read_text()
    out = folder / "out"
    done = in_limited_namespace(command_for(out))
    assert f"{LIMIT} is 0" in refused(done, out)
    assert pathlib.Path(LIMIT).read_text() == before


@needs_root
def test_root_without_capabilities(folder: pathlib.Path) -> None:
    """Root that may nothing, as in many containers, gets one line too."""
    out = folder / "out"
    done = run_as(["setpriv", "--bounding-set=-all", "--inh-caps=-all"] +
                  command_for(out))
    if done.returncode == lastack.OK:  # a user namespace was the way out
        assert {c["verdict"] for c in lastack.cases(out)} == {"ok"}
        return
    assert re.match("cannot (make a network namespace|map ids in the user "
                    "namespace)", told(done))


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_without_ipv6(folder: pathlib.Path) -> None:
    """A kernel that has no IPv6 runs what is for IPv4, and says so."""
    out = folder / "out"
    done = run_behind("mount -t tmpfs none /proc/sys", out)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert {(c["family"], c["verdict"], c["reason"])
            for c in lastack.cases(out)} == {
                ("ipv4", "ok", None),
                ("ipv6", "skip", "this kernel has no IPv6")}


READ_ONLY = ("mount --bind /proc/sys /proc/sys && "
             "mount -o remount,ro,bind /proc/sys")


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_settings_made_writable(folder: pathlib.Path) -> None:
    """A read-only /proc/sys, as a container has it, is not in the way of who
    may mount; and stays as it is for all others."""
    out = folder / "out"
    done = run_behind(f"{READ_ONLY} && trap 'test ! -w {LIMIT}' EXIT", out)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert {case["verdict"] for case in lastack.cases(out)} == {"ok"}


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_settings_not_writable(folder: pathlib.Path) -> None:
    """Where no setting may be made, nothing is run: the stack is not blamed
    for settings it was not given."""
    out = folder / "out"
    done = run_behind(READ_ONLY, out, ["unshare", "-Urm"])
    assert re.fullmatch(r"sysctl net\.\S+: Read-only file system \(it is \S+ "
                        r"and has to be \S+\); .* CONTAINERS .*",
                        refused(done, out))


@needs_root
def test_in_a_chroot(folder: pathlib.Path) -> None:
    """An ordinary user has no user namespace in a chroot: that is told, and
    seccomp is not blamed."""
    out = folder / "out"
    # A folder that is no mount's root, and has below it all that is in ours.
    script = ("for d in /*; do [ -d $d ] && mkdir -p root$d && "
              "mount --rbind $d root$d; done; exec chroot root setpriv "
              "\"$@\"")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *AS_NOBODY[1:], "sh", "-c",
         f"cd {lastack.ROOT} && exec \"$@\"", "sh", *command_for(out)],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "in a chroot" in refused(done, out)


@pytest.mark.skipif(lastack.BINARY.parent.name == "san",
                    reason="the sanitizers need /proc themselves")
@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_without_proc(folder: pathlib.Path) -> None:
    """What is missing is told, wherever it is missed first."""
    out = folder / "out"
    hide = "mount -t tmpfs none /proc"
    assert "/proc is not mounted" in refused(run_behind(hide, out), out)
    done = run_behind(f"{hide} && cd /", out)
    assert done.returncode == lastack.BAD and not done.stdout
    assert "/proc, which is not mounted" in done.stderr


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_without_python(folder: pathlib.Path) -> None:
    """A case that needs it is skipped, and the last line says how many are
    for that."""
    out = folder / "out"
    case = lastack.ROOT / "harness/test/wrong/octets-changed.fin"
    done = run_behind("mount --bind /dev/null $(readlink -f /usr/bin/python3)",
                      out, [], str(case))
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    reasons = {c["reason"] for c in lastack.cases(out)
               if c["verdict"] == "skip"}
    assert reasons == {"needs scapy: /usr/bin/python3: Permission denied"}
    assert "2 of them for want of scapy" in done.stdout.splitlines()[-1]


def test_python_of_a_virtualenv(tmp_path: pathlib.Path) -> None:
    """One that is first in PATH does not hide the system's scapy."""
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip",
                    tmp_path / "venv"], check=True)
    path = f'{tmp_path}/venv/bin:{os.environ["PATH"]}'
    done = subprocess.run(
        [*command_for(tmp_path / "out"), "-4", "scapy/fin-no-ack"],
        cwd=lastack.ROOT, env={**os.environ, "PATH": path}, text=True,
        capture_output=True, timeout=60, check=False)
    assert done.returncode == lastack.OK, done.stdout + done.stderr
    assert {c["verdict"] for c in lastack.cases(tmp_path / "out")} == {"ok"}


@pytest.mark.skipif(not user_namespaces(), reason="no user namespaces here")
def test_folder_not_writable() -> None:
    """Where nothing may be written, nothing is run."""
    out = pathlib.Path("/proc/out")
    done = run_as(prefix() + command_for(out))
    assert str(out) in told(done)
