"""USB transfers as systems capture them, with Ethernet frames in them.

A transfer is what a driver has given to a bulk endpoint, or has had from it:
frames in one of the formats below, behind the header of one of the systems.
"""

import struct
from typing import Callable, Dict, List

from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from wild import A4, MACS

BULK, CONTROL, INTERRUPT, ISO = 3, 2, 1, 0


def linux(data: bytes, out: bool, kind: int = BULK, order: str = "<",
          mmapped: bool = False, event: str = "", flag: int = 0,
          length: int = -1) -> bytes:
    """Linux's usbmon: an OUT at its submission, an IN at its completion."""
    event = event or ("S" if out else "C")
    length = len(data) if length < 0 else length
    head = struct.pack(
        order + "QcBBBHBBqiiII8s", 0xffff888012345678, event.encode(), kind,
        2 if out else 0x81, 5, 1, ord("-"), flag, 1700000000, 1,
        -115 if out else 0, length, len(data), bytes(8))
    if mmapped:
        head += struct.pack(order + "iiII", 0, 0, 0x200, 0)
    return head + data


def usbpcap(data: bytes, out: bool, kind: int = BULK, done: int = -1) -> bytes:
    """Windows' USBPcap."""
    done = int(not out) if done < 0 else done
    return struct.pack("<HQIHBHHBBI", 27, 0xffffe00012345678, 0, 9, done, 1, 5,
                       2 if out else 0x81, kind, len(data)) + data


def darwin(data: bytes, out: bool, kind: int = BULK) -> bytes:
    """Darwin's XHC interfaces, whose numbers of kinds are the standard's."""
    kind = {CONTROL: 0, ISO: 1, BULK: 2, INTERRUPT: 3}[kind]
    return struct.pack("<HBBIIIQIBBBB", 0x100, 32, int(not out), len(data), 0,
                       0, 7, 0x14100000, 3, 5, 2 if out else 0x81, kind) + data


def freebsd(data: bytes, out: bool, kind: int = BULK, more: tuple = (),
            done: int = -1) -> bytes:
    """FreeBSD's usbdump: parts of a transfer, with data when it is had."""
    kind = {CONTROL: 0, ISO: 1, BULK: 2, INTERRUPT: 3}[kind]
    done = int(not out) if done < 0 else done
    body = b""
    for part in (data, *more):
        has = 0 if out == bool(done) else 2
        body += struct.pack("<II", len(part), has | (not out))
        body += (part + bytes(-len(part) % 4)) * bool(has)
    return struct.pack("<IIBBBB8IB83x", 128 + len(body), 0, 5, 0, done, kind,
                       0, 0, 0, 0, 1 + len(more), 512, 1, 2 if out else 0x81,
                       3) + body


SYSTEMS: Dict[str, tuple] = {
    "usbmon": (189, linux),
    "usbmon, big-endian": (189, lambda d, out, **more: linux(
        d, out, order=">", **more)),
    "usbmon, mmapped": (220, lambda d, out, **more: linux(
        d, out, mmapped=True, **more)),
    "usbmon, mmapped, big-endian": (220, lambda d, out, **more: linux(
        d, out, mmapped=True, order=">", **more)),
    "USBPcap": (249, usbpcap),
    "Darwin": (266, darwin),
    "FreeBSD": (186, freebsd),
}


def rndis(frames: List[bytes]) -> bytes:
    """Messages of Remote NDIS, all but the last one padded to eight octets."""
    out = b""
    for i, frame in enumerate(frames):
        pad = bytes(-len(frame) % 8 + 4) if i + 1 < len(frames) else b""
        out += struct.pack("<11I", 1, 44 + len(frame) + len(pad), 36,
                           len(frame), *[0] * 7) + frame + pad
    return out


def eem(frames: List[bytes]) -> bytes:
    """Packets of CDC EEM, and what no frame is in between them."""
    out = struct.pack("<H", 0x8000 | 4) + b"echo"
    for i, frame in enumerate(frames):
        crc = b"\xde\xad\xbe\xef" if i % 2 == 0 else b"\x12\x34\x56\x78"
        out += struct.pack("<H", (0x4000 if i % 2 else 0) | len(frame) + 4)
        out += frame + crc + struct.pack("<H", 0)
    return out


def block(frames: List[bytes], wide: bool = False, tables: int = 1,
          last: bool = False, sign: bytes = b"NCM0", whole: bool = True,
          ) -> bytes:
    """A transfer block of CDC NCM, its tables before or behind the frames."""
    number, sign = ("I", sign.lower()) if wide else ("H", sign)
    head = 16 if wide else 12
    size = 2 * struct.calcsize(number)
    shares = [frames[i::tables] for i in range(tables)]
    lengths = [(16 if wide else 8) + size * (len(s) + 1) for s in shares]
    at, body, places = head + (0 if last else sum(lengths)), b"", {}
    for frame in frames:
        body += bytes(-(at + len(body)) % 4)
        places[id(frame)] = at + len(body)
        body += frame
    body += bytes(-(at + len(body)) % 4)
    ndp = at + len(body) if last else head
    out = b""
    for i, share in enumerate(shares):
        behind = ndp + len(out) + lengths[i] if i + 1 < tables else 0
        out += (struct.pack("<4sHHII", sign, lengths[i], 0, behind, 0) if wide
                else struct.pack("<4sHH", sign, lengths[i], behind))
        for frame in share:
            out += struct.pack("<2" + number, places[id(frame)], len(frame))
        out += bytes(size)
    total = head + len(out) + len(body) if whole else 0
    return struct.pack("<4sHH2" + number, b"ncmh" if wide else b"NCMH", head,
                       1, total, ndp) + (body + out if last else out + body)


def ethernet(packets: List[Packet]) -> List[bytes]:
    """Frames, as a driver has them: padded, with no checksum."""
    return [bytes(Ether(**MACS) / packet) for packet in packets]


# What carries several frames, and what carries one.
MANY: Dict[str, Callable[[List[Packet]], bytes]] = {
    "RNDIS": lambda p: rndis(ethernet(p)),
    "EEM": lambda p: eem(ethernet(p)),
    "NCM": lambda p: block(ethernet(p)),
    "NCM, checksums": lambda p: block([f + b"crc!" for f in ethernet(p)],
                                      sign=b"NCM1"),
    "NCM, tables": lambda p: block(ethernet(p), tables=min(2, len(p))),
    "NCM, table last": lambda p: block(ethernet(p), last=True),
    "NCM, no length": lambda p: block(ethernet(p), whole=False),
    "NCM, wide": lambda p: block(ethernet(p), wide=True),
    "NCM, wide, tables": lambda p: block(ethernet(p), wide=True, last=True,
                                         tables=min(2, len(p))),
    "MBIM": lambda p: block([bytes(q) for q in p], sign=b"IPS\0"),
}
FORMATS: Dict[str, Callable[[List[Packet]], bytes]] = {
    "ECM": lambda p: ethernet(p)[0],
    "ECM, padded": lambda p: ethernet(p)[0].ljust(60, b"\0"),
    "ECM, an octet more": lambda p: ethernet(p)[0] + b"\0",
    **MANY,
}


def is_out(packet: Packet) -> bool:
    """The host is A."""
    return packet.src == A4 or (IP not in packet and packet.sport == 40000)


def transfers(system: str, form: str, packets: List[Packet], most: int = 1,
              ) -> List[bytes]:
    """Packets in transfers, of one direction at most so many in one."""
    wrap, out = SYSTEMS[system][1], []
    while packets:
        n = 1
        while n < min(most, len(packets)) and (
                is_out(packets[n]) == is_out(packets[0])):
            n += 1
        out.append(wrap(FORMATS[form](packets[:n]), is_out(packets[0])))
        packets = packets[n:]
    return out
