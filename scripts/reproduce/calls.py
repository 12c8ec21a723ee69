"""The calls of an end, on plain sockets."""

import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import threading

from .report import PERIOD, V6

CALL_FLAGS = {"oob": socket.MSG_OOB, "peek": socket.MSG_PEEK,
              "dontwait": socket.MSG_DONTWAIT}
EVENTS = {name: getattr(select, f"POLL{name}") for name in
          ("IN", "PRI", "OUT", "RDHUP", "ERR", "HUP", "NVAL")}
IP_LOCAL_PORT_RANGE = 51  # since Linux 6.3
ASKED = select.POLLIN | select.POLLPRI | select.POLLOUT | select.POLLRDHUP

# Where they lie in struct tcp_info of linux/tcp.h, and their octets.
INFO = {"retransmits": (2, 1), "probes": (3, 1), "backoff": (4, 1),
        "unacked": (24, 4), "sacked": (28, 4), "lost": (32, 4),
        "retrans": (36, 4), "total_retrans": (100, 4)}


def result(call):
    """What a call gives, as a report has it."""
    try:
        given = call()
    except OSError as e:
        return errno.errorcode.get(e.errno, f"E{e.errno}")
    return "0" if given is None else str(given)


class End:
    """The calls of one end. Each is made of one word and its arguments."""

    def __init__(self, own, peer):
        self.own, self.peer = own, peer
        self.sock, self.listener, self.bound = [], None, False
        self.sent = 0
        self.child = self.watch = self.beside = self.joined = None
        self.piped = False
        signal.signal(signal.SIGPIPE, self.on_pipe)

    def on_pipe(self, *_):
        self.piped = True

    def new(self):
        s = socket.socket(socket.AF_INET6 if V6 else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return s

    def one(self):
        if self.sock:
            return self.sock[-1]
        if self.listener:
            return self.listener
        self.sock.append(self.new())
        self.bound = False
        return self.sock[-1]

    def open_one(self):
        if not self.sock and not self.listener:
            raise OSError(errno.EBADF, "no socket")
        return self.one()

    def set(self, name, value, level=socket.IPPROTO_TCP):
        self.one().setsockopt(level, name, value)

    def listen(self, backlog=128):
        if not self.listener:
            s = self.sock.pop() if self.sock else self.new()
            s.bind(self.own)
            self.listener = s
        self.listener.listen(int(backlog))

    def unlisten(self):
        listener, self.listener = self.listener, None
        listener.close()

    def connect(self, how=None):
        if how == "unspec":
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.connect(self.open_one().fileno(), bytes(16), 16):
                raise OSError(ctypes.get_errno(), "connect")
            return
        s = self.one()
        if how == "unbound":  # of the ports that it may take there is one
            port = self.own[1]
            s.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE,
                         port << 16 | port)
        elif not self.bound:
            s.bind(self.own)
            self.bound = True
        blocking = s.getblocking()
        s.setblocking(False)
        error = s.connect_ex(self.peer)
        s.setblocking(blocking)
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, "connect")

    def accept(self):
        self.sock.append(self.listener.accept()[0])
        self.bound = True

    def octets(self, n):
        start = self.sent % PERIOD
        ring = bytes(range(PERIOD)) * ((start + n) // PERIOD + 1)
        return ring[start:start + n]

    def push(self, n, flags=socket.MSG_NOSIGNAL):
        n = self.open_one().send(self.octets(n), flags)
        self.sent += n
        return n

    def send(self, n, how=None):
        return self.push(int(n), 0 if how == "signal" else
                         CALL_FLAGS.get(how, 0) | socket.MSG_NOSIGNAL)

    def fill(self):
        total = 0
        while True:
            try:
                total += self.push(PERIOD * 256, CALL_FLAGS["dontwait"])
            except BlockingIOError:
                return total

    def recv(self, *words):
        sizes = [int(word) for word in words if word.isdigit()]
        flags = sum(CALL_FLAGS[word] for word in words if not word.isdigit())
        if sizes and not flags:
            flags = socket.MSG_WAITALL
        size = 1 if "oob" in words else sizes[0] if sizes else 65536
        return len(self.open_one().recv(size, flags)) or "eof"

    def drain(self):
        total = 0
        while True:
            data = self.open_one().recv(65536)
            if not data:
                return total
            total += len(data)

    def shutdown(self, how):
        self.open_one().shutdown({"rd": 0, "wr": 1, "rdwr": 2}[how])

    def close(self):
        if not self.sock:
            raise OSError(errno.EBADF, "no socket")
        os.close(self.sock.pop().detach())

    def linger(self, how):
        on, seconds = how != "off", 0 if how in ("off", "0") else ms(how)
        self.set(socket.SO_LINGER, struct.pack("ii", on, seconds // 1000),
                 socket.SOL_SOCKET)

    def linger2(self, seconds):
        self.set(socket.TCP_LINGER2, ms(seconds) // 1000)

    def user_timeout(self, limit):
        self.set(socket.TCP_USER_TIMEOUT, ms(limit))

    def keepalive(self, idle, interval=None, count=None):
        if count:
            self.set(socket.TCP_KEEPIDLE, ms(idle) // 1000)
            self.set(socket.TCP_KEEPINTVL, ms(interval) // 1000)
            self.set(socket.TCP_KEEPCNT, int(count))
        self.set(socket.SO_KEEPALIVE, int(bool(count)), socket.SOL_SOCKET)

    def nodelay(self, how):
        self.set(socket.TCP_NODELAY, int(how == "on"))

    def cork(self, how):
        self.set(socket.TCP_CORK, int(how == "on"))

    def nonblock(self, how):
        self.one().setblocking(how != "on")

    def rcvbuf(self, n):
        self.set(socket.SO_RCVBUF, int(n), socket.SOL_SOCKET)

    def sndbuf(self, n):
        self.set(socket.SO_SNDBUF, int(n), socket.SOL_SOCKET)

    def reuseaddr(self, how):
        self.set(socket.SO_REUSEADDR, int(how == "on"), socket.SOL_SOCKET)

    def oobinline(self, how):
        self.set(socket.SO_OOBINLINE, int(how == "on"), socket.SOL_SOCKET)

    @staticmethod
    def events(told):
        got = sum(bits for _, bits in told)
        return ",".join(name for name, bit in EVENTS.items()
                        if got & bit) or "none"

    def poll(self):
        p = select.poll()
        p.register(self.open_one(), ASKED)
        return self.events(p.poll(0))

    def select(self):
        s = self.open_one()
        sets = zip(("READ", "WRITE", "EXCEPT"),
                   select.select([s], [s], [s], 0))
        return ",".join(name for name, found in sets if found) or "none"

    def epoll(self, edge=None):
        watch = self.watch if edge else None
        if not watch:
            watch = select.epoll()
            watch.register(self.open_one(),
                           ASKED | (select.EPOLLET if edge else 0))
        told = self.events(watch.poll(0, 1))
        if edge:
            self.watch = watch
        return told

    def info(self, name):
        at, size = INFO[name]
        told = self.open_one().getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO,
                                          256)
        return int.from_bytes(told[at:at + size], sys.byteorder)

    def thread(self, *words):
        """The call is made beside."""
        def beside():
            self.joined = self.call(" ".join(words))

        self.joined = None
        self.beside = threading.Thread(target=beside, daemon=True)
        self.beside.start()

    def join(self):
        self.beside.join()
        return self.joined

    def error(self):
        code = self.open_one().getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode.get(code, "0")

    def ask(self, request):
        return struct.unpack("i", fcntl.ioctl(self.open_one(), request,
                                              bytes(4)))[0]

    def outq(self):
        return self.ask(0x5411)

    def inq(self):
        return self.ask(0x541B)

    def dup(self):
        self.sock.append(self.open_one().dup())

    def fork(self):
        ours, theirs = os.pipe()
        self.child = (os.fork(), theirs)
        if not self.child[0]:
            os.close(theirs)
            os.read(ours, 1)
            os._exit(0)
        os.close(ours)

    def drop(self, how):
        pid, pipe = self.child
        if how == "kill":
            os.kill(pid, signal.SIGKILL)
        os.close(pipe)
        os.waitpid(pid, 0)

    def forget(self):
        self.set(19, 1)  # TCP_REPAIR
        while self.sock:
            self.sock.pop().close()

    def exit(self):
        os._exit(0)

    def call(self, text):
        word, *args = text.split()
        name = {"user-timeout": "user_timeout", "child": "drop"}.get(word, word)
        self.piped = False
        told = result(lambda: getattr(self, name)(*args))
        return "SIGPIPE" if self.piped and told == "EPIPE" else told


def ms(text):
    """A time of the report in milliseconds."""
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60000)):
        if text.endswith(unit):
            return int(text[:-len(unit)]) * factor
    return int(text)
