"""Blocks of a pcapng file with their options, which scapy 2.5 drops.

Written from draft-ietf-opsawg-pcapng, not from the C code it checks.
"""

import dataclasses
import pathlib
import struct
from typing import Iterable, List, Tuple

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
COMMENT, TSRESOL = 1, 9

# Octets of a block's body before its options, without a packet's data.
FIXED = {SECTION: 16, INTERFACE: 8, STATISTICS: 12, PACKET: 20}


def padded(data: bytes) -> bytes:
    """Return data, filled up to a multiple of four octets."""
    return data + bytes(-len(data) % 4)


@dataclasses.dataclass
class Block:
    """One block: what comes before its options, and these."""

    kind: int
    fixed: bytes
    options: List[Tuple[int, bytes]]
    ended: bool  # by an end-of-options, which may be left out

    @property
    def comments(self) -> List[str]:
        """The comments of this block."""
        return [value.decode() for code, value in self.options
                if code == COMMENT]

    @comments.setter
    def comments(self, texts: Iterable[str]) -> None:
        rest = [o for o in self.options if o[0] != COMMENT]
        self.options = [(COMMENT, t.encode()) for t in texts] + rest

    @property
    def iface(self) -> int:
        """The interface a packet was seen at."""
        return struct.unpack_from("<I", self.fixed)[0]

    @property
    def at(self) -> int:
        """The time of a packet, in the interface's units."""
        high, low = struct.unpack_from("<II", self.fixed, 4)
        return high << 32 | low

    @property
    def data(self) -> bytes:
        """The octets of a packet."""
        length = struct.unpack_from("<I", self.fixed, 12)[0]
        return self.fixed[20:20 + length]

    @data.setter
    def data(self, data: bytes) -> None:
        lengths = struct.pack("<II", len(data), len(data))
        self.fixed = self.fixed[:12] + lengths + padded(data)


def read_options(data: bytes) -> List[Tuple[int, bytes]]:
    """Return code and value of each option."""
    options = []
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            break
        assert length <= len(data) - 4, "an option longer than its block"
        options.append((code, data[4:4 + length]))
        data = data[4 + len(padded(bytes(length))):]
    return options


def read_block(kind: int, body: bytes) -> Block:
    """Return the block with that body."""
    size = FIXED.get(kind, len(body))
    if kind == PACKET:
        size += len(padded(bytes(struct.unpack_from("<I", body, 12)[0])))
    return Block(kind, body[:size], read_options(body[size:]),
                 len(body) > size and body.endswith(bytes(4)))


def read(path: pathlib.Path) -> List[Block]:
    """Return all blocks of a little-endian file."""
    data, blocks = path.read_bytes(), []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0 and 12 <= length <= len(data), "damaged"
        assert struct.unpack_from("<I", data, length - 4)[0] == length
        blocks.append(read_block(kind, data[8:length - 4]))
        data = data[length:]
    assert blocks and blocks[0].fixed[:4] == b"\x4d\x3c\x2b\x1a"
    return blocks


def write(path: pathlib.Path, blocks: Iterable[Block]) -> None:
    """Write the blocks to a file."""
    with path.open("wb") as out:
        for block in blocks:
            options = b"".join(struct.pack("<HH", code, len(value)) +
                               padded(value) for code, value in block.options)
            body = block.fixed + options + bytes(4 if block.ended else 0)
            length = struct.pack("<I", len(body) + 12)
            out.write(struct.pack("<I", block.kind) + length + body + length)
