"""A board behind an interface: a network namespace at the far end of a veth
pair, whose kernel is the stack; the interface is in a namespace of the test's
own, so that nothing of the machine's is touched.
"""

import array
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from typing import Iterator, List

import agents
import lastack
import pytest

SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
ADDRESS = "iface:dut,addr=10.9.0.2"

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and ip(8)")


class Board:
    """Two namespaces: "here", with the interface dut, and the board's."""

    def __init__(self) -> None:
        """Make both, and the pair of interfaces between them."""
        self.here = self.holder()
        self.board = self.holder()
        self.ip("link add dut type veth peer name far netns %d" % self.board.pid)
        self.ip("address add 10.9.0.1/24 dev dut")
        self.ip("link set lo up")
        self.ip("link set dut mtu 1400 up")
        self.ip("route add 10.77.0.0/16 via 10.9.0.2 dev dut")
        for line in ("address add 10.9.0.2/24 dev far", "link set lo up",
                     "link set far up"):
            self.inside(self.board, "ip", *line.split())
        self.inside(self.board, sys.executable, __file__, "far")

    @staticmethod
    def holder() -> "subprocess.Popen[bytes]":
        """A process that is all there is of a namespace."""
        held = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"],
            stdout=subprocess.PIPE)
        assert held.stdout and held.stdout.readline() == b"\n"
        return held

    @staticmethod
    def enter(holder: "subprocess.Popen[bytes]") -> List[str]:
        """What makes a command run in a namespace."""
        return ["nsenter", "-t", str(holder.pid), "-n"]

    def inside(self, holder: "subprocess.Popen[bytes]", *command: str) -> str:
        """What a command says there."""
        return subprocess.run(self.enter(holder) + list(command), text=True,
                              check=True, stdout=subprocess.PIPE).stdout

    def ip(self, line: str) -> str:
        """What ip(8) says where the interface is."""
        return self.inside(self.here, "ip", *line.split())

    def look(self) -> List[str]:
        """How the interface is: what has to be the same afterwards."""
        link = self.ip("-o link show dev dut")
        address = self.ip("-o -4 address show dev dut")
        return [re.sub(r"qdisc \S+|qlen \S+|^\d+:", "", link),
                re.sub(r"^\d+:", "", address), self.ip("route show")]

    def agent(self) -> str:
        """The command of an agent on the board."""
        return "agent=exec %s %s" % (" ".join(self.enter(self.board)),
                                     " ".join(agents.PYTHON))

    def start(self, *args: object) -> "subprocess.Popen[str]":
        """The program, where the interface is."""
        return subprocess.Popen(
            self.enter(self.here) + [str(lastack.BINARY), *map(str, args)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=lastack.ROOT)

    def run(self, *args: object) -> "subprocess.CompletedProcess[str]":
        """The same, until its end."""
        with self.start(*args) as started:
            out, err = started.communicate(timeout=120)
        return subprocess.CompletedProcess(started.args, started.returncode,
                                           out, err)

    def end(self) -> None:
        """Both go."""
        for holder in (self.here, self.board):
            holder.kill()
            holder.wait()
            if holder.stdout:
                holder.stdout.close()


def on_board() -> Iterator[Board]:
    """A board, and its interface, which must be there again in the end."""
    made = Board()
    before = made.look()
    yield made
    until = time.monotonic() + 20
    while (("dut" not in made.ip("-o link") or made.look() != before)
           and time.monotonic() < until):
        time.sleep(0.05)
    try:
        assert made.look() == before
    finally:
        made.end()


def checksums_off(name: str) -> None:
    """Have what an interface sends carry whole checksums."""
    value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, SIOCETHTOOL,
                    struct.pack("16sP", name.encode(), value.buffer_info()[0]))


if __name__ == "__main__":
    checksums_off(sys.argv[1])
