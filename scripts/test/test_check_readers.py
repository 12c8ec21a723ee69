"""Files that lastack check reads itself: pcapng of any kind, snoop, and what
is compressed."""

import bz2
import fcntl
import gzip
import lzma
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import tty
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import lastack
import pcapng as reader
import pytest
import wild
from check import check, document, healthy, rules
from schema import valid
from wild import START, Talk, block

USB = 288
F_SETPIPE_SZ = 1031 # fcntl's, which Python 3.9 has not


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(order, 0x0a0d0d0a,
                 struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))


def option(order: str, code: int, value: bytes) -> bytes:
    """An option, padded."""
    return (struct.pack(order + "HH", code, len(value)) + value
            + b"\0" * (-len(value) % 4))


def iface(link: int, order: str = "<", snap: int = 65535,
          resolution: Optional[int] = None,
          offset: Optional[int] = None) -> bytes:
    """An interface description block."""
    body = struct.pack(order + "HHI", link, 0, snap)
    if resolution is not None:
        body += option(order, 9, bytes([resolution]))
    if offset is not None:
        body += option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, body)


def packet(number: int, units: int, data: bytes, order: str = "<") -> bytes:
    """An enhanced packet block."""
    return block(order, 6, struct.pack(
        order + "IIIII", number, units >> 32, units & 0xffffffff, len(data),
        len(data)) + data)


def units(i: int, resolution: int = 6, offset: int = 0) -> int:
    """The time of packet i, 10 ms after the one before."""
    per_s = (2**(resolution & 0x7f) if resolution & 0x80
             else 10**resolution)
    return (START - offset) * per_s + i * per_s // 100


def mixed(packets: Sequence[object], links: Sequence[int],
          order: str = "<") -> bytes:
    """A file whose packets are of one interface after the other."""
    out = [section(order)] + [iface(link, order) for link in links]
    for i, p in enumerate(packets):
        number = i % len(links)
        out.append(packet(number, units(i), wild.on_link(
            links[number], p, order), order))
    return b"".join(out)


MIXED = (wild.ETHERNET, wild.RAW, wild.NULL, wild.SLL2)


@pytest.mark.parametrize("order", "<>")
def test_mixed(tmp_path: pathlib.Path, order: str) -> None:
    """Interfaces of different link types, and one connection on them all."""
    path = wild.write(tmp_path / "x", mixed(Talk().whole().packets, MIXED,
                                            order))
    healthy(document(path))
    path = wild.write(tmp_path / "x", mixed(Talk().late().packets, MIXED,
                                            order))
    doc = document(path, "--write", tmp_path / "out", status=1)
    assert rules(doc) == ["data-after-fin"]
    assert doc["flows"][0]["segments"] == 9
    again = document(tmp_path / "out", status=1)
    assert rules(again) == rules(doc)
    kinds = [b.kind for b in reader.read(tmp_path / "out")]
    assert kinds.count(reader.PACKET) == 9


@pytest.mark.parametrize("resolution,offset", (
    (6, None), (9, None), (3, None), (10, None), (0x80 + 10, None),
    (0x80 + 30, None), (6, 1000), (9, -1000)))
@pytest.mark.parametrize("order", "<>")
def test_times(tmp_path: pathlib.Path, order: str, resolution: int,
               offset: Optional[int]) -> None:
    """Any resolution, and an offset: the same times are written out."""
    data = wild.frames(Talk().late().packets)
    text = section(order) + iface(1, order, 0, resolution, offset) + b"".join(
        packet(0, units(i, resolution, offset or 0), frame, order)
        for i, frame in enumerate(data))
    path = wild.write(tmp_path / "x", text)
    document(path, "--write", tmp_path / "out", status=1)
    at = [b.at for b in reader.read(tmp_path / "out")
          if b.kind == reader.PACKET]
    for i, ns in enumerate(at):
        assert ns == pytest.approx(START * 10**9 + i * 10**7, abs=10**6)


def test_sections(tmp_path: pathlib.Path) -> None:
    """Sections of either byte order, one file behind the other."""
    data = Talk().whole().packets
    text = mixed(data[:4], (wild.RAW, wild.ETHERNET), ">") + b"".join(
        [section(), iface(wild.LOOP)]
        + [packet(0, units(4 + i), wild.on_link(wild.LOOP, p))
           for i, p in enumerate(data[4:])])
    healthy(document(wild.write(tmp_path / "x", text)))


def test_other_packet_blocks(tmp_path: pathlib.Path) -> None:
    """Simple and obsolete packet blocks, and blocks that nobody knows."""
    out = [section(), iface(1, snap=60)]
    for i, frame in enumerate(wild.frames(Talk().whole().packets)):
        cut = frame[:60]
        if i % 2:
            out.append(block("<", 3, struct.pack("<I", len(frame)) + cut))
        else:
            at = units(i)
            out.append(block("<", 2, struct.pack(
                "<HHIIII", 0, 0, at >> 32, at & 0xffffffff, len(cut),
                len(frame)) + cut))
        out.append(block("<", 0x0bad, b"\xff" * 20))
    healthy(document(wild.write(tmp_path / "x", b"".join(out))))


def test_unread_link(tmp_path: pathlib.Path) -> None:
    """An interface that cannot be read is named once, the others are read."""
    data = Talk().whole().packets
    out = [section(), iface(USB), iface(1)]
    for i, p in enumerate(data):
        out += [packet(0, units(i), b"x" * 64),
                packet(1, units(i), wild.on_link(1, p))]
    path = wild.write(tmp_path / "x", b"".join(out))
    done = check("--format", "json", path)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1 and "USB_2_0 (288)" in done.stderr
    doc = valid(done.stdout, "check")
    healthy(doc)
    assert doc["skipped"]["unread"] == len(data)
    path = wild.write(tmp_path / "x", section() + iface(USB)
                      + packet(0, units(0), b"x" * 64) * 3)
    done = check(path)
    assert done.returncode == 2 and "USB_2_0 (288)" in done.stderr


DAMAGED: Dict[str, bytes] = {
    "of which there is no description": packet(1, 0, b"x"),
    "does not fit": block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99)),
    "is too short": block("<", 6, b"x" * 8),
    "a block of 8 octets": struct.pack("<II", 6, 8) + b"x" * 8,
    "a block of 4294967292 octets": struct.pack("<II", 6, 2**32 - 4)
                                    + b"x" * 8,
    "lengths differ": struct.pack("<III", 6, 16, 0) + struct.pack("<I", 12),
    "byte-order magic": block("<", 0x0a0d0d0a, b"x" * 16),
    "version": block("<", 0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 9, 0,
                                                  -1)),
    "truncated": packet(0, 0, b"x" * 60)[:-3],
}


@pytest.mark.parametrize("said", DAMAGED)
def test_damaged_block(tmp_path: pathlib.Path, said: str) -> None:
    """What stands before it is judged; what is wrong is said, and where."""
    good = mixed(Talk().whole().packets, (wild.ETHERNET,))
    path = wild.write(tmp_path / "x", good + DAMAGED[said])
    done = check("--format", "json", path)
    assert done.returncode == 2
    healthy(dict(valid(done.stdout, "check")))
    assert f"x: offset {len(good)}: " in done.stderr and said in done.stderr


def snoop(data: List[bytes], link: int = 4) -> bytes:
    """A snoop file."""
    out = [b"snoop\0\0\0" + struct.pack(">II", 2, link)]
    for i, frame in enumerate(data):
        pad = -len(frame) % 4
        out.append(struct.pack(
            ">IIIIII", len(frame), len(frame), 24 + len(frame) + pad, 0,
            START, i * 10000) + frame + b"\0" * pad)
    return b"".join(out)


def test_snoop(tmp_path: pathlib.Path) -> None:
    """Read like any other; damage is named, and other links."""
    data = wild.frames(Talk().late().packets)
    doc = document(wild.write(tmp_path / "x", snoop(data)), status=1)
    assert rules(doc) == ["data-after-fin"]
    done = check(wild.write(tmp_path / "x", snoop(data)[:-2]))
    assert done.returncode == 2
    assert f"x: offset {len(snoop(data[:-1]))}: truncated" in done.stderr
    bad = bytearray(snoop(data))
    bad[16 + 8:16 + 12] = b"\0\0\0\1"
    done = check(wild.write(tmp_path / "x", bytes(bad)))
    assert done.returncode == 2 and "x: offset 16: " in done.stderr
    done = check(wild.write(tmp_path / "x", snoop(data, 9)))
    assert done.returncode == 2 and "expected Ethernet" in done.stderr


@pytest.mark.parametrize("form", (snoop, wild.pcap, wild.pcapng))
def test_read_error(form: Callable[[List[bytes]], bytes]) -> None:
    """A device that fails is not the end of a capture."""
    data = form(wild.frames(Talk().late().packets))
    near, far = pty.openpty()
    tty.setraw(far)
    assert os.write(far, data) == len(data)
    os.close(far)
    done = subprocess.run([lastack.BINARY, "check", "-"], stdin=near,
                          capture_output=True, text=True, timeout=60,
                          check=False)
    os.close(near)
    assert "data-after-fin" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "Input/output error" in done.stderr
    assert done.returncode == lastack.BAD


def tool(name: str) -> Callable[[bytes], bytes]:
    """What compresses with a program."""
    def pack(data: bytes) -> bytes:
        if not shutil.which(name):
            pytest.skip(f"no {name} here")
        return subprocess.run([name, "-c"], input=data, check=True,
                              capture_output=True).stdout
    return pack


PACKERS: Dict[str, Tuple[Callable[[bytes], bytes], str]] = {
    "gzip": (gzip.compress, "gzip"),
    "xz": (lzma.compress, "xz"),
    "bzip2": (bz2.compress, "bzip2"),
    "zstd": (tool("zstd"), "zstd"),
    "lz4": (tool("lz4"), "lz4"),
}
INSIDE: Dict[str, Callable[[List[bytes]], bytes]] = {
    "pcap": wild.pcap, "pcapng": wild.pcapng, "snoop": snoop}


def packed(name: str, data: bytes) -> bytes:
    """The data compressed, if the program that undoes it is here."""
    pack, program = PACKERS[name]
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    return pack(data)


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("name", PACKERS)
def test_packed(tmp_path: pathlib.Path, name: str, inside: str) -> None:
    """Told by what it begins with, from files, pipes and standard input."""
    data = packed(name, INSIDE[inside](wild.frames(Talk().late().packets)))
    path = wild.write(tmp_path / "capture", data)
    assert rules(document(path, status=1)) == ["data-after-fin"]
    with path.open("rb") as file:
        done = subprocess.run([lastack.BINARY, "check", "--format", "json",
                               "-"], stdin=file, capture_output=True,
                              check=False)
    assert rules(valid(done.stdout.decode(), "check")) == ["data-after-fin"]
    done = subprocess.run([lastack.BINARY, "check", "--format", "json", "-"],
                          input=data, capture_output=True, check=False)
    assert rules(valid(done.stdout.decode(), "check")) == ["data-after-fin"]
    assert done.stderr == b""


@pytest.mark.parametrize("name", PACKERS)
def test_packed_twice(tmp_path: pathlib.Path, name: str) -> None:
    """A second reading, for ladders and frames."""
    data = packed(name, wild.pcap(wild.frames(Talk().late().packets)))
    path = wild.write(tmp_path / "capture", data)
    done = check("--ladder", "--write", tmp_path / "out", path)
    assert done.returncode == 1 and "P.  seq 2:6" in done.stdout
    assert rules(document(tmp_path / "out", status=1)) == ["data-after-fin"]


@pytest.mark.parametrize("name", PACKERS)
def test_packed_and_cut(tmp_path: pathlib.Path, name: str) -> None:
    """The program's complaint is passed on, once; what it gave is judged."""
    frames = wild.frames([p for i in range(400)
                          for p in Talk(20000 + i).whole().packets])
    data = packed(name, wild.pcap(frames))
    path = wild.write(tmp_path / "capture", data[:len(data) * 3 // 4])
    done = check("--format", "json", path)
    assert done.returncode == 2
    assert f"is damaged, says {PACKERS[name][1]}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert valid(done.stdout, "check")["damage"]


@pytest.mark.parametrize("name", PACKERS)
def test_no_program(tmp_path: pathlib.Path, name: str) -> None:
    """A program that is missing is named, in one line."""
    path = wild.write(tmp_path / "capture", packed(name, wild.pcap([])))
    done = subprocess.run([lastack.BINARY, "check", path],
                          env={"PATH": str(tmp_path)}, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f'there is no program "{PACKERS[name][1]}"' in done.stderr


def test_packed_and_no_capture(tmp_path: pathlib.Path) -> None:
    """Other things are compressed too."""
    path = wild.write(tmp_path / "x", gzip.compress(b"hello, world\n" * 9))
    done = check(path)
    assert done.returncode == 2 and "x: offset 0: " in done.stderr
    done = check(wild.write(tmp_path / "x", gzip.compress(b"")))
    assert done.returncode == 2 and "x: offset 0: " in done.stderr


def test_name_tells_nothing(tmp_path: pathlib.Path) -> None:
    """A capture that is called .gz and is not compressed."""
    path = wild.write(tmp_path / "x.pcap.gz",
                      wild.pcap(wild.frames(Talk().whole().packets)))
    healthy(document(path))


def test_damage_ends_the_program(tmp_path: pathlib.Path) -> None:
    """Damage early in a pipe that nobody closes is no reason to wait."""
    bad = wild.pcap([b"x"])[:-1] + b"\xff" * 200
    out, into = os.pipe()
    fcntl.fcntl(into, F_SETPIPE_SZ, 2**20) # more than gzip waits for
    os.write(into, gzip.compress(bad + os.urandom(2**19)))
    done = subprocess.run([lastack.BINARY, "check", "-"], stdin=out,
                          capture_output=True, check=False, timeout=20)
    os.close(into)
    os.close(out)
    assert done.returncode == 2 and b"-: offset " in done.stderr
