"""The cable that lies between the ends."""

import errno
import os
import select
import socket
import struct
import time

from .report import POLL, PROBE, REPORT, ROOM
from .segment import Flow, Segment, layers
from .process import Process, ip, offloads_off, set_sysctl


SO_RCVBUFFORCE, SOL_PACKET, PACKET_STATISTICS = 33, 263, 6


def give_room(plug):
    """As much as may be had: a frame that finds none is lost."""
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
        try:
            plug.setsockopt(socket.SOL_SOCKET, option, ROOM)
        except PermissionError:
            pass


class Cable:
    """Both plugs, and the frames that pass."""

    def __init__(self, capture):
        self.end = {side: Process(side) for side in "AB"}
        self.plug, self.flow, self.held = {}, Flow(), {}
        self.waiting = {"A": [], "B": []}  # frames that have been read
        self.capture = capture
        if capture:
            capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0,
                                      65535, 1))
        for side, process in self.end.items():
            self.join(side, process)

    def join(self, side, process):
        plug, end = "plug" + side, "end" + side
        ip("link", "add", plug, "type", "veth", "peer", "name", end,
           "address", REPORT["mac"][side])
        ip("link", "set", end, "netns", str(process.pid))
        set_sysctl(f"net.ipv6.conf.{plug}.disable_ipv6", "1")
        offloads_off(plug)
        ip("link", "set", plug, "up")
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                          socket.htons(3))
        give_room(s)
        s.bind((plug, 0))
        self.plug[side] = s
        process.say("up")
        while not select.select([process.pipe], [], [], 0)[0]:
            if select.select([s, process.pipe], [], [], 10)[0] == [s]:
                frame, (_, _, kind, *_) = s.recvfrom(65600)
                if kind != socket.PACKET_OUTGOING and frame[12:14] == PROBE:
                    s.send(frame)
        if process.hear(0) != "up":
            raise OSError(errno.EIO, f"the end {side} did not come up")

    def keep(self, frame):
        if self.capture:
            now = time.time_ns()
            self.capture.write(struct.pack(
                "<IIII", now // 10**9, now // 1000 % 10**6, len(frame),
                len(frame)) + frame)

    def has_lost(self):
        """Whether frames found no room: not by what the report has."""
        return any([struct.unpack("II", plug.getsockopt(
            SOL_PACKET, PACKET_STATISTICS, 8))[1]
            for plug in self.plug.values()])

    def late_ms(self):
        """How long this program and the ends waited for a processor."""
        waited = 0
        for pid in (os.getpid(), *(e.pid for e in self.end.values())):
            try:
                with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
                    waited += int(f.read().split()[1])
            except OSError:
                pass  # the process is gone, or the kernel does not count
        return waited // 10**6

    def take_all(self, side):
        """Reads what that end has sent so far."""
        while True:
            try:
                self.take(side, *self.plug[side].recvfrom(
                    65600, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return

    def take(self, side, frame, address):
        """A frame of that end: what is no segment passes untouched."""
        kind = address[2]
        if kind == socket.PACKET_OUTGOING or self.end[side].vanished:
            return
        try:
            segment = Segment(frame)
        except ValueError:
            if frame[12:14] == b"\x08\x00":
                self.put(side, frame)
            return
        self.flow.note(side, segment)
        self.keep(frame)
        self.waiting[side].append((frame, self.flow.shown(side, segment)))

    def look(self, seconds, done):
        """Reads frames until done(). False when the time is over and none
        comes any more: both ends sleep, and all that they sent is read."""
        until = time.monotonic() + seconds
        while not done():
            left = until - time.monotonic()
            over = left <= 0 and all(e.sleeps() for e in self.end.values())
            ready = select.select(list(self.plug.values()), [], [],
                                  0 if over else max(left, POLL))[0]
            if over and not ready:
                return False
            for side, plug in self.plug.items():
                if plug in ready:
                    self.take_all(side)
        return True

    def next(self, side, seconds):
        """The next segment of that end, or None."""
        if not self.look(seconds, lambda: self.waiting[side]):
            return None
        return self.waiting[side].pop(0)

    def put(self, side, frame):
        """Gives the other end a frame in that end's name."""
        other = "B" if side == "A" else "A"
        if self.end[other].vanished:
            return
        before = self.end[other].counted()
        self.plug[other].send(frame)
        until = time.monotonic() + 0.5
        is_tcp = layers(frame[14:])[0] == 6  # a whole one or the first part
        while is_tcp and self.end[other].counted() == before:
            if time.monotonic() > until:
                return  # the stack did not take it for a segment

    def pass_on(self, is_enough, quiet, limit):
        """Lets segments through: when none has come for so long, it is asked
        whether those were enough."""
        passed, until = 0, time.monotonic() + limit
        while True:
            if not self.look(quiet, lambda: any(self.waiting.values())) and (
                    is_enough(passed) or time.monotonic() > until):
                return
            for side in "AB":
                if self.waiting[side]:
                    self.put(side, self.waiting[side].pop(0)[0])
                    passed += 1
