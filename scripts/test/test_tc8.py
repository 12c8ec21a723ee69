"""AUTOSAR's testability protocol: our upper tester, and our side of it.

Both are held against octets written down from the specification's tables, so
that they do not only agree with each other.
"""

import contextlib
import pathlib
import socket
import struct
import subprocess
import threading
from typing import Callable, Iterator, List, Optional, Tuple

import agents
import lastack
import pytest
from board import Board, needs_root, on_board

board_fixture = pytest.fixture(name="board")(on_board)

HERE = bytes.fromhex("0004 7f000001")  # the ipxaddr of 127.0.0.1
OK, NTF, PEN, ISD, UBS, INV = 0, 0xff, 0xfe, 0xef, 0xed, 0xfc


def message(method: int, kind: int, result: int, payload: bytes = b"") -> bytes:
    """A message, by the table of the header."""
    return (struct.pack(">HHI", 0x0105, method, 8 + len(payload)) + bytes(4)
            + bytes([1, 1, kind, result]) + payload)


class Peer:
    """Whoever asks an upper tester."""

    def __init__(self, port: int) -> None:
        """Ask that one."""
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(20)
        self.udp.connect(("127.0.0.1", port))

    def ask(self, method: int, payload: bytes = b"") -> Tuple[int, bytes]:
        """The result of a request, and its parameters."""
        self.udp.send(message(method, 0, 0, payload))
        return self.hear(method, 0x80)

    def hear(self, method: int, kind: int) -> Tuple[int, bytes]:
        """The next message, which has to be of that sort."""
        said = self.udp.recv(2000)
        assert said == message(method, kind, said[15], said[16:])
        return said[15], said[16:]


@pytest.fixture(name="port")
def port_fixture() -> Iterator[int]:
    """The port of an upper tester of ours."""
    port = agents.free_port()
    with subprocess.Popen([lastack.BINARY, "upper-tester", str(port)],
                          stdout=subprocess.PIPE) as run:
        assert run.stdout and run.stdout.readline() == b"ready\n"
        try:
            yield port
        finally:
            run.kill()


def bound(peer: Peer, port: int) -> bytes:
    """The number of a socket bound to that port, as two octets."""
    result, number = peer.ask(0x0201, b"\1" + struct.pack(">H", port) + HERE)
    assert result == OK and len(number) == 2
    return number


def test_octets(port: int) -> None:
    """The example of the specification, octet by octet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.connect(("127.0.0.1", port))
        udp.send(bytes.fromhex("01050001 00000008 00000000 01010000"))
        assert udp.recv(2000) == bytes.fromhex(
            "01050001 0000000e 00000000 01018000 000100020000")
        # None of these is a message for it, and none is answered.
        for other in ("", "0105", "01060001 00000008 00000000 01010000",
                      "01050001 00000009 00000000 01010000",
                      "01050001 00000007 00000000 01010000",
                      "01050001 00000008 00000000 02010000",
                      "01050001 00000008 00000000 01018000"):
            udp.send(bytes.fromhex(other))
        udp.send(bytes.fromhex("01050002 00000008 12345678 01010000"))
        assert udp.recv(2000) == bytes.fromhex(
            "01050002 00000008 00000000 01018000")


def test_server(port: int) -> None:
    """It listens, forwards what comes, sends, and shuts down."""
    peer, served = Peer(port), agents.free_port()
    number = bound(peer, served)
    assert peer.ask(0x0204, number + b"\xff\xff") == (OK, b"")
    with socket.create_connection(("127.0.0.1", served)) as tcp:
        local = struct.pack(">H", tcp.getsockname()[1])
        result, event = peer.hear(0x8204, 0x02)
        assert result == OK and event[:2] == number
        assert event[4:] == local + HERE
        one = event[2:4]
        tcp.sendall(b"abc")
        assert peer.ask(0x0203, one + b"\0\2\xff\xff") == (OK, b"\0\3")
        tcp.sendall(b"hello")
        assert peer.hear(0x8203, 0x02) == (OK, b"\0\5\0\2he")
        assert peer.ask(0x0202, one + b"\0\7\0\0\3abc") == (OK, b"")
        assert tcp.recv(7, socket.MSG_WAITALL) == b"abcabca"
        assert peer.ask(0x0206, one + b"\0\6\0\1\0") == (OK, b"")
        assert peer.ask(0x0207, one + b"\1") == (OK, b"")
        assert tcp.recv(1) == b""
        assert peer.ask(0x0200, one + b"\1") == (OK, b"")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(1000):
                tcp.sendall(b"x")
        assert peer.ask(0x0200, one) == (ISD, b"")


def test_refused(port: int) -> None:
    """What is wrong is told by its code."""
    peer, taken = Peer(port), agents.free_port()
    assert peer.ask(0x0299) == (NTF, b"")
    assert peer.ask(0x0200, b"\0\7\0") == (ISD, b"")
    assert peer.ask(0x0201, b"\1\0\1\0\5abcde") == (INV, b"")
    bound(peer, taken)
    number = bound(peer, agents.free_port())
    assert peer.ask(0x0204, number) == (INV, b"")
    assert peer.ask(0x0207, number + b"\3") == (INV, b"")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        request = (b"\1" + struct.pack(">H", other.getsockname()[1]) + HERE)
        assert peer.ask(0x0201, request) == (UBS, b"")
    # Everything is closed at the end of a test, with parameters or without.
    assert peer.ask(0x0003, b"\0\0\0\0") == (OK, b"")
    assert peer.ask(0x0003) == (OK, b"")
    assert peer.ask(0x0200, number) == (ISD, b"")


@contextlib.contextmanager
def stand_in(serve: Callable[[int, bytes], Optional[List[bytes]]]
             ) -> Iterator[int]:
    """An upper tester of the test's: what it answers to each method."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))

    def loop() -> None:
        while True:
            octets, sender = udp.recvfrom(2000)
            if octets == b"end":
                return
            method = struct.unpack(">H", octets[2:4])[0]
            for answer in serve(method, octets[16:]) or []:
                udp.sendto(answer, sender)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield udp.getsockname()[1]
    finally:
        udp.sendto(b"end", udp.getsockname())
        thread.join()
        udp.close()


def usual(method: int, kind: int = 0x80) -> List[bytes]:
    """What a good one answers."""
    parameters = {0x0001: struct.pack(">3H", 1, 2, 0), 0x0201: b"\0\5",
                  0x0203: b"\0\0"}
    return [message(method, kind, ISD if method == 0x0207 else OK,
                    parameters.get(method, b""))]


def ours(port: int, *args: str) -> List[str]:
    """The command of our side."""
    return [str(lastack.BINARY), "tc8-agent", *args, "127.0.0.1", str(port)]


USE = "use 4 10.0.0.2 4000 10.0.0.1 5000 1"


def test_requests() -> None:
    """What each command becomes, octet by octet; response type 8 does too."""
    heard: List[Tuple[int, str]] = []

    def serve(method: int, payload: bytes) -> List[bytes]:
        heard.append((method, payload.hex()))
        answers = usual(method, 0x08)
        if payload == b"\0\6\1" and method == 0x0207:
            answers = [message(method, 0x08, OK)]
        if method == 0x0204:  # the event comes before the response
            answers.insert(0, message(0x8204, 2, OK, b"\0\5\0\6\x13\x88\0\4"
                                      + bytes([10, 0, 0, 1])))
        if method == 0x0203:
            answers.append(message(0x8203, 2, OK, b"\0\3\0\3\0\1\2"))
            answers.append(message(0x8203, 2, OK, b"\0\2\0\2\3\7"))
        return answers

    with stand_in(serve) as port, agents.Agent(ours(port)) as one:
        assert [method for method, _ in heard] == [0x0001, 0x0002, 0x0207]
        del heard[:]
        for command, answer, *requests in [
                (USE, "0", (0x0003, "00000000")),
                ("listen", "0", (0x0201, "010fa000040a000002"),
                 (0x0204, "0005ffff")),
                ("accept", "0"),
                ("nodelay on", "0", (0x0206, "00060006000100")),
                ("recv 3", "3", (0x0203, "00060400ffff")),
                ("recv 2", "EBADMSG"),
                ("send 300", "300",
                 (0x0202, "0006012c0000fb" + bytes(range(251)).hex())),
                ("send 2", "2", (0x0202, "00060002000002" + "3132")),
                ("shutdown wr", "0", (0x0207, "000601")),
                ("linger 0", "0"),
                ("close", "0", (0x0200, "000601")),
                ("connect", "0", (0x0201, "010fa000040a000002"),
                 (0x0205, "0005138800040a000001")),
                ("close", "0", (0x0200, "000500")),
                ("unlisten", "0", (0x0200, "000500")),
                ("recv", "EBADF"), ("linger 2000ms", "ENOSYS"),
                ("poll", "ENOSYS"), ("can poll", "no"),
                ("can shutdown", "yes"), ("send x", "EINVAL")]:
            assert (command, one.ask(command)) == (command, answer)
            assert (command, heard) == (command, requests)
            del heard[:]


@pytest.mark.parametrize("result,answer", [
    (NTF, "ENOSYS"), (PEN, "EAGAIN"), (ISD, "EBADF"), (UBS, "EADDRINUSE"),
    (0xec, "EADDRNOTAVAIL"), (0xe4, "ECONNRESET"), (1, "EIO"), (0x55, "EIO")])
def test_results(result: int, answer: str) -> None:
    """A result that is no success is an error's name."""
    def serve(method: int, _: bytes) -> List[bytes]:
        return ([message(method, 0x80, result)] if method == 0x0201
                else usual(method))

    with stand_in(serve) as port, agents.Agent(ours(port)) as one:
        assert one.ask(USE) == "0"
        assert one.ask("listen") == answer


def test_without_shutdown() -> None:
    """An upper tester need not have the extension."""
    def serve(method: int, _: bytes) -> List[bytes]:
        return [message(method, 0x80, NTF)] if method == 0x0207 \
            else usual(method)

    with stand_in(serve) as port, agents.Agent(ours(port)) as one:
        assert one.ask("can shutdown") == "no"
        assert one.ask("shutdown wr") == "ENOSYS"


def test_late_event() -> None:
    """A connection that comes late is waited for."""
    with stand_in(lambda method, _: usual(method)) as port:
        with agents.Agent(ours(port)) as one:
            assert one.ask(USE) == "0"
            assert one.ask("listen") == "0"
            one.tell("!accept")
            assert one.hear() == "> accept\n"
            one.process.kill()


@pytest.mark.parametrize("silent,wanted", [
    (0x0001, "has not answered GENERAL/GET_VERSION within 200 ms"),
    (0x0201, "has not answered TCP/CREATE_AND_BIND within 200 ms")])
def test_silent(silent: int, wanted: str) -> None:
    """One that does not answer is not asked again: one line, and the end."""
    def serve(method: int, _: bytes) -> List[bytes]:
        return [] if method == silent else usual(method)

    with stand_in(serve) as port:
        done = subprocess.run(ours(port, "--timeout", "200ms"), text=True,
                              input=f"{USE}\nlisten\n", capture_output=True,
                              check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(wanted + "\n") and done.stderr.count("\n") == 1


def test_old_version() -> None:
    """One of before release 1.1 is told by its answer."""
    with stand_in(lambda method, _: [message(method, 0x80, OK)]) as port:
        done = subprocess.run(ours(port), text=True, input="",
                              capture_output=True, check=False)
    assert done.returncode == 1
    assert "expected three numbers, as from release 1.1.0 on" in done.stderr


@contextlib.contextmanager
def board_tester(board: Board) -> Iterator[None]:
    """Our upper tester, on the board."""
    with subprocess.Popen(
            board.enter(board.board) + [str(lastack.BINARY), "upper-tester",
                                        "30700"],
            stdout=subprocess.PIPE) as run:
        assert run.stdout and run.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            run.kill()


TC8 = "tc8:10.9.0.2,iface=dut,peer=10.9.0.77"


@needs_root
def test_stack(board: Board, tmp_path: pathlib.Path) -> None:
    """Cases on an ECU that is driven through the cable it is tested on."""
    with board_tester(board):
        done = board.run("agent-check", TC8)
        assert done.returncode == lastack.OK, done.stdout
        done = board.run("run", "-4", "--quick", "--out", tmp_path, "--stack",
                         TC8, "close", "half-close", "reset", "linger",
                         "simultaneous", "unread")
    cases = lastack.cases(tmp_path)
    good = {case["name"] for case in cases if case["verdict"] == "ok"}
    assert len(good) > 30, done.stdout[-3000:]
    assert "simultaneous/figure-13" in good
    assert not [case for case in cases if case["verdict"] == "broken"]
    reasons = {case["reason"] for case in cases if case["verdict"] == "skip"}
    assert "needs poll of B, whose stack (tc8) has not" in reasons
    assert "B's stack (tc8) cannot recv" in reasons


def test_place(tmp_path: pathlib.Path) -> None:
    """A path that would not get through the shell is refused."""
    place = tmp_path / "it's"
    place.mkdir()
    alone = place / "lastack"
    alone.write_bytes(lastack.BINARY.read_bytes())
    alone.chmod(0o755)
    done = subprocess.run([alone, "run", "-4", "--stack",
                           "tc8:192.0.2.9,iface=lo",
                           "close/normal-b-first"], cwd=lastack.ROOT,
                          text=True, capture_output=True, check=False)
    assert done.returncode == lastack.BAD
    assert f"{alone}: expected a shorter path" in done.stderr
    assert done.stderr.count("\n") == 1


@needs_root
def test_way(board: Board, tmp_path: pathlib.Path) -> None:
    """What is left out is found out, or asked for."""
    args = ["run", "-4", "--out", tmp_path, "close/normal-b-first"]
    done = board.run(*args, "--stack", "tc8:10.9.0.2")
    assert done.returncode == lastack.BAD
    assert ("10.9.0.2 is reached by dut itself, as 10.9.0.1: expected peer="
            in done.stderr)
    done = board.run(*args, "--stack", "tc8:172.16.5.5")
    assert "there is no way to 172.16.5.5: expected iface=" in done.stderr
    done = board.run(*args, "--stack", "tc8:board")
    assert "expected the IPv4 address of an upper tester" in done.stderr
    done = board.run(*args, "--stack", TC8.replace("iface=dut,", ""))
    assert done.returncode == lastack.BAD
    assert "has not answered GENERAL/GET_VERSION" in done.stderr
    assert "agent of B: ended without a greeting" in done.stderr
    with board_tester(board):
        done = board.run(*args, "--stack", TC8.replace("iface=dut,", ""))
    assert done.returncode in (lastack.OK, lastack.NOTHING), done.stdout
