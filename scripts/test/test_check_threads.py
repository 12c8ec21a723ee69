"""Threads, and how a file is read, change nothing of what check says."""

import gzip
import pathlib
import random
import resource
import struct
import subprocess
from itertools import zip_longest
from typing import List, Sequence, Tuple

import pytest

import lastack
import usb
import wild

START = 1_700_000_000
SYN, ACK, FIN, RST, PSH = 2, 16, 1, 4, 8
FLAGS = (SYN, SYN | ACK, ACK, ACK, PSH | ACK, PSH | ACK, FIN | ACK, FIN | ACK,
         RST, RST | ACK, 0, SYN | FIN)
ETHERNET = b"\2\0\0\0\0\x0b\2\0\0\0\0\x0a"

Packet = Tuple[float, bytes]


def tcp(rng: random.Random, ports: Tuple[int, int], flags: int) -> bytes:
    """A segment with numbers that are often near those before."""
    options = rng.choice((b"", b"\1\1\x08\x0a" + rng.randbytes(8),
                          b"\2\4\5\xb4\1\3\3\7"))
    return struct.pack(
        ">HHIIBBHHH", *ports, 1000 + rng.randrange(3) * 10,
        1000 + rng.randrange(3) * 10, (20 + len(options)) // 4 << 4, flags,
        rng.choice((0, 500)), 0, 0) + options + b"x" * rng.choice((0, 0, 10))


def ipv4(source: bytes, target: bytes, protocol: int, body: bytes,
         fragment: int = 0) -> bytes:
    """A packet whose checksum nobody looks at."""
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64,
                       protocol, 0) + source + target + body


def packet(rng: random.Random, connections: int) -> bytes:
    """A frame: most are TCP in IPv4, some are anything."""
    number = rng.randrange(connections)
    ports = (1024 + number % 5000, 80)
    ends = (struct.pack(">I", 0x0a000001 + number // 5000), b"\xc0\0\2\1")
    back = rng.random() < 0.5
    if back:
        ports, ends = ports[::-1], ends[::-1]
    body = tcp(rng, ports, rng.choice(FLAGS))
    kind = rng.random()
    if kind < 0.85:
        return ETHERNET + b"\x08\0" + ipv4(*ends, 6, body)
    if kind < 0.90:
        whole = [b"\x20\1\x0d\xb8" + 8 * b"\0" + end for end in ends]
        return ETHERNET + b"\x86\xdd" + struct.pack(
            ">IHBB", 6 << 28, len(body), 6, 64) + whole[0] + whole[1] + body
    if kind < 0.92:
        return ETHERNET + b"\x81\0\0\7\x08\0" + ipv4(*ends, 6, body)
    if kind < 0.95:
        quoted = b"\3\3\0\0\0\0\0\0" + ipv4(*ends, 6, body)[:28]
        return ETHERNET + b"\x08\0" + ipv4(*ends[::-1], 1, quoted)
    if kind < 0.96:
        return ETHERNET + b"\x08\0" + ipv4(*ends, 6, body, 0x2001)
    if kind < 0.97:
        return ETHERNET + b"\x08\0" + ipv4(*ends, 17, body)
    whole_frame = ETHERNET + b"\x08\0" + ipv4(*ends, 6, body)
    return whole_frame[:rng.randrange(14, len(whole_frame))]


def anything(seed: int, frames: int, connections: int) -> List[Packet]:
    """Segments of any kind; now and then the clock leaps, back too."""
    rng = random.Random(seed)
    packets, now = [], 0.0
    for _ in range(frames):
        leap = rng.random()
        now += rng.random() / 100
        if leap < 0.002:
            now += rng.choice((-400, -30, 30, 100, 300))
        packets.append((max(now, 0.0), packet(rng, connections)))
    return packets


def opened(connections: int) -> List[Packet]:
    """More connections at once than are held."""
    return [(i / 1000, ETHERNET + b"\x08\0" + ipv4(
        struct.pack(">I", 0x0a000001 + i // 50000), b"\xc0\0\2\1", 6,
        struct.pack(">HHIIBBHHH", 1024 + i % 50000, 80, i, 0, 0x50, SYN,
                    500, 0, 0))) for i in range(connections)]


def pcap(packets: Sequence[Packet]) -> bytes:
    """A classic pcap file of Ethernet frames."""
    out = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for at, frame in packets:
        us = round(at * 1e6)
        out.append(struct.pack("<IIII", START + us // 1_000_000,
                               us % 1_000_000, len(frame), len(frame) + 4))
        out.append(frame)
    return b"".join(out)


@pytest.fixture(scope="module", name="files")
def made(tmp_path_factory: pytest.TempPathFactory) -> List[pathlib.Path]:
    """Two captures, the second of which goes on where the first ends."""
    folder = tmp_path_factory.mktemp("threads")
    packets = anything(5, 30000, 4000)
    last = max(at for at, _ in packets)
    files = [folder / "a.pcap", folder / "b.pcap"]
    files[0].write_bytes(pcap(packets))
    files[1].write_bytes(pcap([(at + last, frame) for at, frame
                               in anything(6, 5000, 4000)]))
    return files


Said = Tuple[int, str, str]


def said(*args: object) -> Said:
    """All that a run of check says."""
    done = lastack.run("check", *args)
    return done.returncode, done.stdout, done.stderr


def same(actual: Said, expected: Said) -> None:
    """Names the first line that differs; pytest would compare for minutes."""
    if actual == expected:
        return
    for got, line in zip_longest("\n".join(map(str, actual)).splitlines(),
                                 "\n".join(map(str, expected)).splitlines()):
        if got != line:
            pytest.fail(f"expected {line!r}, actual {got!r}")


OPTIONS: Sequence[Sequence[str]] = (
    [], ["--all"], ["--stats"], ["--format", "json"], ["--format", "ndjson"],
    ["--format", "csv"], ["--only", "suspicious", "--format", "ndjson"],
    ["--rule", "data-after-fin", "--all"], ["--ending", "aborted"],
    ["--flow", "10.0.0.1:1500", "--ladder"], ["--outer", "--all"],
    ["--since", str(START + 100), "--until", str(START + 200)],
    ["--max-flows", "1000", "--format", "csv"],
    ["--fail-on", "suspicious"])


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_threads(files: List[pathlib.Path], options: Sequence[str]) -> None:
    """One, two or more of them, and none but standard input: the same."""
    one = said("--threads", 1, *options, files[0])
    assert "connection" in one[1] or '"id":' in one[1] or "file,id" in one[1]
    for threads in (2, 3, 8, 20):
        same(said("--threads", threads, *options, files[0]), one)
    if "--ladder" in options:
        return
    piped = subprocess.run(
        [lastack.BINARY, "check", *options, "-"], check=False, text=True,
        stdin=files[0].open("rb"), capture_output=True)
    name = str(files[0])
    text = piped.stdout.replace('"-"', f'"{name}"')
    same((piped.returncode, text.replace("-\n", f"{name}\n", 1)
          if text.startswith("-\n") else text, piped.stderr), one)


def test_several_files(files: List[pathlib.Path]) -> None:
    """Each on its own, or as one capture that threads read on in."""
    for how in ([], ["--follow-on"]):
        args = [*how, "--format", "ndjson", *files]
        one = said("--threads", 1, *args)
        same(said("--threads", 2, *args), one)
        assert len(one[1].splitlines()) > 1000


def test_write(files: List[pathlib.Path], tmp_path: pathlib.Path) -> None:
    """Ids found by threads are those of the second reading."""
    out = [tmp_path / f"{n}.pcapng" for n in (1, 2)]
    for threads, path in zip((1, 2), out):
        done = lastack.run("check", "--threads", threads, "--only",
                           "violation", "--write", path, files[0])
        assert done.returncode == 1, done.stderr
    assert bool(out[0].read_bytes() == out[1].read_bytes())
    assert len(out[0].read_bytes()) > 1000


def test_evicted(tmp_path: pathlib.Path) -> None:
    """To make room the same ones go, whoever holds them."""
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap(opened(45000)))
    args = ["--max-flows", 33000, "--format", "ndjson", path]
    one = said("--threads", 1, *args)
    assert one[1].count('"evicted":true') > 10000
    for threads in (2, 5):
        same(said("--threads", threads, *args), one)


def test_many(tmp_path: pathlib.Path) -> None:
    """Ids are forgotten when most are of none that is held, and go on."""
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap(opened(400000)))
    args = ["--max-flows", 32768, "--format", "csv", path]
    one = said("--threads", 1, *args)
    assert one[1].count("\n") == 400001
    same(said("--threads", 2, *args), one)


@pytest.mark.parametrize("cut", (3, 17, 40, 41, 1000))
def test_damage(files: List[pathlib.Path], tmp_path: pathlib.Path,
                cut: int) -> None:
    """The end of a cut file is told of in the same words."""
    path = tmp_path / "cut.pcap"
    data = files[0].read_bytes()
    path.write_bytes(data[:len(data) - cut])
    one = said("--threads", 1, path)
    assert one[0] == 2 and "damaged" in one[1] and "truncated" in one[2]
    for threads in (2, 7):
        same(said("--threads", threads, path), one)
    path.write_bytes(data[:len(data) // 2] + b"\xff" * 40)
    one = said("--threads", 1, path)
    assert one[0] == 2
    same(said("--threads", 2, path), one)


def at_once(isn: int) -> List[bytes]:
    """Thirty connections, of which each transfer has a segment."""
    talks = [wild.Talk(40000 + i) for i in range(30)]
    for talk in talks:
        talk.isn = (isn, isn)
    return [usb.linux(usb.block(usb.ethernet(list(packets))),
                      usb.is_out(packets[0]), mmapped=True)
            for packets in zip(*(talk.whole().packets for talk in talks))]


def test_one_frame(tmp_path: pathlib.Path) -> None:
    """Those that one frame begins or ends, or was the last one of."""
    data = at_once(1000) + at_once(9000) + [usb.linux(
        bytes(31), False, mmapped=True)] * 300
    path = wild.write(tmp_path / "usb.pcap", wild.pcap(data, 220, gap=20))
    args = ["--format", "ndjson", path]
    one = said("--threads", 1, *args)
    assert one[1].count('"ending":"normal"') == 60
    assert one[1].count('"follows":null') == 30
    for threads in (2, 3, 8):
        same(said("--threads", threads, *args), one)


FORMS = {
    "pcapng": lambda data: data,
    "gzip": gzip.compress,
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path: pathlib.Path, form: str) -> None:
    """Whatever is read record by record is shared as well, and from a pipe."""
    frames = [frame for _, frame in anything(7, 20000, 2000)]
    path = wild.write(tmp_path / "x", FORMS[form](wild.pcapng(frames)))
    args = ["--format", "csv"]
    one = said("--threads", 1, *args, path)
    assert len(one[1].splitlines()) > 1000
    same(said("--threads", 3, *args, path), one)
    with path.open("rb") as pipe:
        piped = subprocess.run(
            [lastack.BINARY, "check", "--threads", "3", *args, "-"],
            check=False, text=True, stdin=pipe, capture_output=True)
    text = piped.stdout.replace('"-"', f'"{path}"')
    same((piped.returncode, text, piped.stderr), one)


@pytest.mark.plain
@pytest.mark.parametrize("had", (1, 2, 4))
def test_too_few(files: List[pathlib.Path], had: int) -> None:
    """Where fewer threads can be had, these do it."""
    stack = 1 << 31  # of each thread but the first one; half of it is room
    room = had * stack - stack // 2

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))
        resource.setrlimit(resource.RLIMIT_AS, (room, room))

    args = ["--format", "csv", str(files[0])]
    done = subprocess.run(
        [lastack.BINARY, "check", "--threads", "8", *args], check=False,
        text=True, capture_output=True, preexec_fn=limit)
    same((done.returncode, done.stdout, done.stderr),
         said("--threads", 1, *args))
