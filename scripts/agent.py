#!/usr/bin/python3
"""A lastack agent over plain sockets, written from lastack-agent(7) alone.

It has one connection at a time, and leaves out what few systems have.
"""
import errno
import fcntl
import os
import re
import select
import signal
import socket
import struct
import sys
from typing import Dict, Union

EVENTS = {name: getattr(select, "POLL" + name) for name in
          ("IN", "PRI", "OUT", "RDHUP", "ERR", "HUP", "NVAL")}
FAMILY = {"4": socket.AF_INET, "6": socket.AF_INET6}
SWITCH = ("off", "on")
LACKS = {"unspec", "unbound", "oob", "peek", "dontwait", "signal"}
SIOCATMARK = 0x8905  # Linux's number for sockatmark(3)
Answer = Union[int, str, None]  # None: 0


def number(text: str, least: int = 0, most: int = 16000000) -> int:
    """Read a number within bounds."""
    if not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


def octets(offset: int, size: int) -> bytes:
    """Give so many of those that are sent, from an offset on."""
    return (bytes(range(251)) * (size // 251 + 2))[offset % 251:][:size]


class Agent:
    """One end: its addresses, its sockets, a method for each command."""

    family, here, there = socket.AF_INET, ("", 0), ("", 0)
    sent = received = 0

    def __init__(self) -> None:
        self.sockets: Dict[str, socket.socket] = {}  # KeyError: EBADF

    def some(self) -> socket.socket:
        """Give the connection, else the listener."""
        return self.sockets.get("connection") or self.sockets["listener"]

    def made(self) -> socket.socket:
        """Give the same, or a socket made now."""
        if not self.sockets:
            new = self.sockets["connection"] = socket.socket(self.family)
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            new.bind(self.here)
            self.sent = self.received = 0
        return self.some()

    def receive(self, size: int, flags: int = 0) -> int:
        """Receive once, and hold it against what was to come."""
        # The octet before the mark is urgent: the system passes it over.
        at = self.received + any(fcntl.ioctl(self.some(), SIOCATMARK, bytes(4)))
        came = self.some().recv(size, flags)
        if came != octets(at, len(came)):
            raise OSError(errno.EBADMSG, "")
        self.received = at + len(came) if came else self.received
        return len(came)

    def do_can(self, word: str) -> Answer:
        has = word in ("ipv4", "ipv6") or hasattr(self, "do_" + word)
        return "yes" if has else "no"

    def do_use(self, *args: str) -> Answer:
        family, here, port, there, other_port, count = args
        found = (socket.AddressFamily(FAMILY.get(family, -1)),
                 (here, number(port, 1, 65535)),
                 (there, number(other_port, 1, 65535)), number(count, 1, 1))
        self.do_reset()
        self.family, self.here, self.there, _ = found

    def do_reset(self) -> Answer:
        while self.sockets:
            self.do_linger("0")
            self.sockets.popitem()[1].close()

    def do_listen(self, backlog: str = "128") -> Answer:
        size = number(backlog)
        if "listener" not in self.sockets:
            self.sockets = {"listener": self.made()}
        self.sockets["listener"].listen(size)

    def do_unlisten(self) -> Answer:
        self.sockets.pop("listener").close()

    def do_connect(self) -> Answer:
        self.made().setblocking(False)
        code = self.some().connect_ex(self.there)
        self.some().setblocking(True)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "")

    def do_accept(self) -> Answer:
        self.sockets["connection"] = self.sockets["listener"].accept()[0]
        self.sent = self.received = 0

    def do_send(self, size: str) -> Answer:
        following = octets(self.sent, number(size))
        went = self.some().send(following)
        self.sent += went
        return went

    def do_recv(self, size: str = "") -> Answer:
        most = number(size, 1) if size else 65536
        return self.receive(most, socket.MSG_WAITALL if size else 0) or "eof"

    def do_drain(self) -> Answer:
        before = self.received
        while self.receive(65536):
            pass
        return self.received - before

    def do_shutdown(self, how: str) -> Answer:
        direction = ("rd", "wr", "rdwr").index(how)
        self.some().shutdown(direction)

    def do_close(self) -> Answer:
        self.sockets.pop("connection").close()

    def do_linger(self, time: str) -> Answer:
        found = re.fullmatch("off|0|([1-9][0-9]{0,5})000ms", time)
        if not found:
            raise ValueError(time)
        value = struct.pack("ii", time != "off", int(found[1] or 0))
        self.made().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, value)

    def do_nodelay(self, on: str) -> Answer:
        value = SWITCH.index(on)
        self.made().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, value)

    def do_nonblock(self, on: str) -> Answer:
        self.made().setblocking(not SWITCH.index(on))

    def do_poll(self) -> Answer:
        asked = select.poll()
        asked.register(self.some(), sum(EVENTS.values()))
        found = sum(events for _, events in asked.poll(0))
        return ",".join(n for n, bit in EVENTS.items() if found & bit) or "none"

    def do_error(self) -> Answer:
        code = self.some().getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode.get(code, code)

    def do_exit(self) -> Answer:
        os._exit(0)

    def do_kill(self) -> Answer:
        signal.raise_signal(signal.SIGKILL)

    def obey(self, line: str) -> Answer:
        """Carry out one line."""
        word, *args = line.lstrip("!").split() or [""]
        if not hasattr(self, "do_" + word) or LACKS.intersection(args):
            return "ENOSYS"
        if line.startswith("!"):
            print(">", word, flush=True)
        try:
            return getattr(self, "do_" + word)(*args) or 0
        except KeyError:
            return "EBADF"
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, f"E{error.errno}")
        except (TypeError, ValueError):
            return "EINVAL"


if __name__ == "__main__":
    agent = Agent()
    print("lastack-agent 1", flush=True)
    for told in sys.stdin:
        print("=", agent.obey(told), flush=True)
    agent.do_reset()
