"""A segment that is none."""

import os
import pathlib
import subprocess
from typing import Iterator

import host
import lastack
import pytest


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
    case.write_text("case x\nspec  RFC9293 3.6\nopen\nquiet 8s\n")
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
