"""An end: a process in a network of its own."""

import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import time

from .report import CLONE_NEWNET, POLL, PROBE, REPORT, STATES, SYSCTLS, V6
from .calls import End


NO_PROGRAM = 127  # says a child that cannot become another program


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def set_sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w",
              encoding="ascii") as f:
        f.write(value)


def offloads_off(name):
    """Checksums are to be whole, and segments as long as they say."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in (0x17, 0x1F, 0x24, 0x2C):  # tx, TSO, GSO, GRO
            value = bytearray(struct.pack("II", command, 0))
            where = ctypes.addressof(
                (ctypes.c_char * len(value)).from_buffer(value))
            try:
                fcntl.ioctl(s, 0x8946, struct.pack("16sP16x", name.encode(),
                                                   where))
            except OSError:
                pass  # it does not have that one


class Process:
    """The process of an end, seen from the cable."""

    def __init__(self, side):
        self.side = side
        self.own = (REPORT["address"][side], REPORT["port"][side])
        other = "B" if side == "A" else "A"
        self.peer = (REPORT["address"][other], REPORT["port"][other])
        self.pipe, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self.pipe.close()
            try:
                self.live(theirs)
            finally:
                os._exit(1)
        theirs.close()
        self.plugged = False
        self.vanished = False
        self.hear(10)
        self.ns = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
        # They outlive the process, and lead to its namespace.
        name = "tcp6" if V6 else "tcp"
        self.tcp = os.open(f"/proc/{self.pid}/net/{name}", os.O_RDONLY)
        self.snmp, self.netstat = (
            os.open(f"/proc/{self.pid}/net/{name}", os.O_RDONLY)
            for name in ("snmp", "netstat"))

    def live(self, pipe):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # dies with the cable
        unshare(CLONE_NEWNET)
        pipe.sendall(b"ready\n")
        pipe.recv(16)  # the cable is there
        name = "end" + self.side
        ip("link", "set", "lo", "up")
        offloads_off(name)
        set_sysctl(f"net.ipv6.conf.{name}.accept_dad", "0")
        ip("link", "set", name, "up")
        ip("addr", "add", f"{self.own[0]}/{128 if V6 else 32}", "dev", name,
           *(["nodad"] if V6 else []))
        other = "B" if self.side == "A" else "A"
        attributes = (["quickack", "1"] if REPORT["quickack"] else [])
        if REPORT["rto_min_ms"]:
            attributes += ["rto_min", f"{REPORT['rto_min_ms']}ms"]
        ip("route", "add", self.peer[0], "dev", name, "src", self.own[0],
           *attributes)
        ip("neigh", "replace", self.peer[0], "lladdr", REPORT["mac"][other],
           "dev", name, "nud", "permanent")
        for key, value in SYSCTLS.items():
            set_sysctl(f"net.ipv4.{key}", str(value))
        for side, key, value in REPORT["sysctl"]:
            if side == self.side:
                set_sysctl(key, value)
        end = End(self.own, self.peer)
        self.probe(name)
        pipe.sendall(b"up\n")
        while True:
            text = pipe.recv(4096).decode()
            if not text:
                os._exit(0)
            pipe.sendall((end.call(text) + "\n").encode())

    @staticmethod
    def probe(name):
        """Waits until frames pass both ways."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(0x88B5)) as s:
            s.bind((name, 0x88B5))
            frame = b"\xff" * 6 + bytes(6) + PROBE + bytes(46)
            while True:
                s.send(frame)
                if select.select([s], [], [], 0.01)[0]:
                    if s.recvfrom(64)[1][2] != socket.PACKET_OUTGOING:
                        return

    def say(self, text):
        self.pipe.sendall(text.encode())

    def has_said(self, seconds=0):
        return bool(select.select([self.pipe], [], [], seconds)[0])

    def hear(self, seconds):
        """A line; "" when the process is gone, None when none came."""
        if not self.has_said(seconds):
            return None
        return self.pipe.recv(4096).decode().strip()

    def sleeps(self):
        """Whether all its threads do, in a call or between two; or it is
        gone."""
        tasks = f"/proc/{self.pid}/task"
        try:
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/stat", encoding="ascii",
                          errors="replace") as f:
                    if f.read().rpartition(")")[2].split()[0] not in "SZ":
                        return False
        except (FileNotFoundError, ProcessLookupError):
            return not os.path.exists(tasks)
        return True

    def answer(self, seconds):
        """As hear(), once it is done with what it can do: it has not answered
        only if it sleeps and says nothing, however slow the machine is."""
        said = self.hear(seconds)
        while not self.sleeps():
            time.sleep(POLL)
        return self.hear(0) if said is None else said

    @staticmethod
    def read(fd):
        os.lseek(fd, 0, os.SEEK_SET)
        data = b""
        while True:
            more = os.read(fd, 65536)
            if not more:
                return data.decode()
            data += more

    def counted(self, name="InSegs"):
        """A counter of its stack: the TCP segments that it has taken in."""
        for file, begin in ((self.snmp, "Tcp:"), (self.netstat, "TcpExt:")):
            names, values = [line.split() for line in
                             self.read(file).splitlines()
                             if line.startswith(begin)]
            if name in names:
                return int(values[names.index(name)])
        raise OSError(errno.ENOENT, f"no counter {name}")

    def sockets(self):
        """Both ports and the state of each."""
        for line in self.read(self.tcp).splitlines()[1:]:
            words = line.split()
            yield (*(int(w.split(":")[1], 16) for w in words[1:3]),
                   STATES[int(words[3], 16)])

    def state(self):
        """Of the connection; LISTEN or CLOSED when there is none."""
        mine, listens = [], False
        for port, remote, state in self.sockets():
            listens |= port == self.own[1] and state == "LISTEN"
            if (port, remote) == (self.own[1], self.peer[1]):
                mine.append(state)
        live = [s for s in mine if s != "TIME-WAIT"]
        return (live or mine or ["LISTEN" if listens else "CLOSED"])[0]

    def count(self, what):
        """Sockets of a state, or "snmp" and a counter's name."""
        if what.startswith("snmp "):
            return self.counted(what.split()[1])
        return sum(s[2] == what for s in self.sockets())

    def destroy(self):
        """The system aborts the connection; ss(8) names what it destroyed."""
        told, tell = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.dup2(tell, 1)
                if ctypes.CDLL(None).setns(self.ns, CLONE_NEWNET):
                    raise OSError("setns")
                os.execvp("ss", ["ss", "-taKH", "sport", "=",
                                 f":{self.own[1]}", "and", "dport", "=",
                                 f":{self.peer[1]}"])
            finally:
                os._exit(NO_PROGRAM)
        os.close(tell)
        with open(told, "rb") as said:
            names = said.read()
        if os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == NO_PROGRAM:
            raise OSError("ss(8) cannot be run, which destroys it")
        if not names:
            raise OSError(errno.ENOENT, "no connection")
