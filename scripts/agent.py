#!/usr/bin/python3
"""A lastack agent over plain sockets, written from lastack-agent(7) alone.

It has one connection at a time, and leaves out what few systems have. The
standard library is all it takes.
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
from typing import Callable, Optional, Union

PERIOD = bytes(range(251))  # of the octets that are sent
EVENTS = ("IN", "PRI", "OUT", "RDHUP", "ERR", "HUP", "NVAL")
FAMILY = {"4": socket.AF_INET, "6": socket.AF_INET6}
HOW = {"rd": socket.SHUT_RD, "wr": socket.SHUT_WR, "rdwr": socket.SHUT_RDWR}
ON = {"on": True, "off": False}
SIOCATMARK = 0x8905  # Linux's number for sockatmark(3)
MOST = 16000000  # octets of a call
Answer = Union[int, str, None]  # None: 0


def number(text: str, least: int = 0, most: int = 2**31 - 1) -> int:
    """Read a number within bounds."""
    if not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


def linger(time: str) -> bytes:
    """Read off, or a TIME of whole seconds, as SO_LINGER has it."""
    found = re.fullmatch("off|0|([1-9][0-9]{0,5})000ms", time)
    if not found:
        raise ValueError(time)
    return struct.pack("ii", time != "off", int(found[1] or 0))


def stream(offset: int, size: int) -> bytes:
    """Give so many octets of what is sent, from an offset on."""
    return (PERIOD * (size // 251 + 2))[offset % 251:][:size]


def given(found: Optional[socket.socket]) -> socket.socket:
    """Give that socket, which there has to be."""
    if not found:
        raise OSError(errno.EBADF, "")
    return found


def option(level: int, name: int,
           read: Callable[[str], Union[int, bytes]]) -> Callable[..., Answer]:
    """Make a command that sets an option to what its argument is read as."""
    def call(agent: "Agent", text: str) -> Answer:
        value = read(text)
        return agent.made().setsockopt(level, name, value)
    return call


class Agent:
    """One end: its addresses, its sockets, a method for each command."""

    family = socket.AF_INET
    here = there = ("", 0)
    listener: Optional[socket.socket] = None
    connection: Optional[socket.socket] = None
    fresh = False  # the connection is neither bound nor connected
    sent = received = 0

    def take(self, new: socket.socket, fresh: bool) -> socket.socket:
        """Have that one as the connection."""
        self.connection, self.fresh, self.sent, self.received = new, fresh, 0, 0
        return new

    def some(self) -> socket.socket:
        """Give the connection, else the listener."""
        return given(self.connection or self.listener)

    def made(self) -> socket.socket:
        """Give the same, or a socket made now."""
        if not self.connection and not self.listener:
            new = self.take(socket.socket(self.family), True)
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return self.some()

    def receive(self, size: int, flags: int = 0) -> int:
        """Receive once, and hold it against what was to come."""
        # The urgent octet at the mark is passed over.
        mark = any(fcntl.ioctl(self.some(), SIOCATMARK, bytes(4)))
        came = self.some().recv(size, flags)
        if came != stream(self.received + mark, len(came)):
            raise OSError(errno.EBADMSG, "")
        self.received += len(came) + (mark if came else 0)
        return len(came)

    def do_use(self, family: str, mine: str, port: str, others: str,
               other_port: str, count: str) -> Answer:
        ends = ((mine, number(port, 1, 65535)),
                (others, number(other_port, 1, 65535)))
        found = FAMILY[family], number(count, 1, 1)
        self.do_reset()
        self.family, (self.here, self.there) = found[0], ends

    def do_reset(self) -> Answer:
        for old in filter(None, (self.connection, self.listener)):
            old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger("0"))
            old.close()
        self.connection = self.listener = None

    def do_can(self, word: str) -> Answer:
        has = word in ("ipv4", "ipv6") or hasattr(self, "do_" + word)
        return "yes" if has else "no"

    def do_listen(self, backlog: str = "128") -> Answer:
        size = number(backlog)
        if not self.listener:
            self.made().bind(self.here)
            self.listener, self.connection = self.connection, None
        given(self.listener).listen(size)

    def do_unlisten(self) -> Answer:
        given(self.listener).close()
        self.listener = None

    def do_connect(self, *args: str) -> Answer:
        if args:
            return "ENOSYS"
        new = self.made()
        if self.fresh:
            new.bind(self.here)
            self.fresh = False
        new.setblocking(False)
        code = new.connect_ex(self.there)
        new.setblocking(True)
        return 0 if code in (0, errno.EINPROGRESS) else name_of(code)

    def do_accept(self) -> Answer:
        self.take(given(self.listener).accept()[0], False)

    def do_send(self, size: str) -> Answer:
        octets = stream(self.sent, number(size, 0, MOST))
        went = self.some().send(octets)
        self.sent += went
        return went

    def do_recv(self, size: str = "") -> Answer:
        most = number(size, 1, MOST) if size else 65536
        return self.receive(most, socket.MSG_WAITALL if size else 0) or "eof"

    def do_drain(self) -> Answer:
        before = self.received
        while self.receive(65536):
            pass
        return self.received - before

    def do_shutdown(self, how: str) -> Answer:
        way = HOW[how]
        self.some().shutdown(way)

    def do_close(self) -> Answer:
        old, self.connection = given(self.connection).detach(), None
        os.close(old)

    do_linger = option(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    do_nodelay = option(socket.IPPROTO_TCP, socket.TCP_NODELAY, ON.__getitem__)

    def do_nonblock(self, on: str) -> Answer:
        block = not ON[on]
        self.made().setblocking(block)

    def do_poll(self) -> Answer:
        bits = [getattr(select, "POLL" + name) for name in EVENTS]
        asked = select.poll()
        asked.register(self.some(), sum(bits[:4]))
        found = sum(events for _, events in asked.poll(0))
        return ",".join(name for name, bit in zip(EVENTS, bits)
                        if found & bit) or "none"

    def do_error(self) -> Answer:
        code = self.some().getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return name_of(code) if code else 0

    def do_exit(self) -> Answer:
        os._exit(0)

    def do_kill(self) -> Answer:
        os.kill(os.getpid(), signal.SIGKILL)


def name_of(code: int) -> str:
    """Spell an error."""
    return errno.errorcode.get(code, f"E{code}")


def obey(agent: Agent, line: str) -> Answer:
    """Carry out one line."""
    word, *args = line.lstrip("!").split() or [""]
    call = getattr(agent, "do_" + word, None)
    if not call:
        return "ENOSYS"
    if line.startswith("!"):
        print(">", word, flush=True)
    try:
        return call(*args) or 0
    except OSError as error:
        return name_of(error.errno or 0)
    except (KeyError, TypeError, ValueError):
        return "EINVAL"


def main() -> None:
    """Greet, and serve standard input until it ends."""
    agent = Agent()
    print("lastack-agent 1", flush=True)
    for line in sys.stdin:
        print("=", obey(agent, line), flush=True)
    agent.do_reset()


if __name__ == "__main__":
    main()
