"""What is on the wire."""

import struct

from .report import FLAGS


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def layers(packet):
    """Protocol, offset and end of what an IP packet carries, and whether it
    is whole; of a fragment behind the first the protocol is None."""
    if packet[0] >> 4 == 4:
        length, fragment = (struct.unpack_from("!H", packet, at)[0]
                            for at in (2, 6))
        return (None if fragment & 0x1FFF else packet[9],
                4 * (packet[0] & 15), length, not fragment & 0x3FFF)
    protocol, at, whole = packet[6], 40, True
    length = 40 + struct.unpack_from("!H", packet, 4)[0]
    while protocol in (0, 43, 44, 60) and at + 8 <= len(packet):
        if protocol == 44:
            fragment = struct.unpack_from("!H", packet, at + 2)[0]
            whole = not fragment & 0xFFF9
            if fragment & 0xFFF8:
                return None, at, length, False
            protocol, at = packet[at], at + 8
        else:
            protocol, at = packet[at], at + 8 * (packet[at + 1] + 1)
    return protocol, at, length, whole


class Segment:
    """A frame that carries a segment of this connection."""

    def __init__(self, frame):
        if frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            raise ValueError("not IP")
        packet = frame[14:]
        protocol, at, end, whole = layers(packet)
        if protocol != 6 or not whole or len(packet) < at + 20:
            raise ValueError("not TCP")
        tcp = packet[at:end]
        (self.sport, self.dport, self.seq, self.ack, offset, bits,
         self.win) = struct.unpack_from("!HHIIBBH", tcp)
        self.flags = "".join(c for i, c in zip((0, 1, 2, 3, 4, 5, 6, 7), FLAGS)
                             if bits >> i & 1) or "none"
        self.len = len(tcp) - 4 * (offset >> 4)
        self.tsval = None
        options = tcp[20:4 * (offset >> 4)]
        while options and options[0]:
            size = 1 if options[0] == 1 else max(2, options[1]) \
                if len(options) > 1 else 1
            if options[0] == 8 and len(options) >= 10:
                self.tsval = struct.unpack_from("!I", options, 2)[0]
            options = options[size:]


class Flow:
    """What the segments so far say of the ends' numbers."""

    def __init__(self):
        self.isn = {}
        self.tsval = {}

    def note(self, side, segment):
        if "S" in segment.flags:
            self.isn[side] = segment.seq
        if segment.tsval is not None and "R" not in segment.flags:
            self.tsval[side] = segment.tsval

    def relative(self, number, side):
        number -= self.isn.get(side, 0)
        return (number + 2**31) % 2**32 - 2**31

    def shown(self, side, segment):
        """The same as a step of the report has it."""
        other = "B" if side == "A" else "A"
        seen = {"flags": segment.flags,
                "seq": self.relative(segment.seq, side), "len": segment.len}
        if segment.seq == 0 and {"R", "."} <= set(segment.flags):
            seen["seq"] = 0  # of no connection (RFC 9293 3.10.7.1)
        if "." in segment.flags:
            seen["ack"] = self.relative(segment.ack, other)
        return seen


def is_drawn(number):
    """Whether it lies where no number of the connection does: it is another
    connection's, and drawn by lot."""
    return number < 0 or number > 2**24


def is_same(a, b):
    """Whether two segments are the same as a report sees it."""
    return a.keys() == b.keys() and all(
        a[k] == b[k] or (k in ("seq", "ack") and is_drawn(a[k]) and
                         is_drawn(b[k])) for k in a)


def text_of(seen):
    text = f"{seen['flags']}  seq {seen['seq']}"
    if seen["len"]:
        text += f":{seen['seq'] + seen['len']}"
    return text + (f" ack {seen['ack']}" if "ack" in seen else "")


def swap(data):
    """Each two octets the other way round."""
    return bytes(data[i ^ 1] for i in range(len(data)))


def shift(data, at, by, checked):
    """Adds to a number of 32 bits; the checksum there follows (RFC 1624), and
    is as right or wrong as before."""
    old = data[at:at + 4]
    new = struct.pack("!I", (int.from_bytes(old, "big") + by) % 2**32)
    data[at:at + 4] = new
    if len(data) >= checked + 2:
        was = struct.unpack_from("!H", data, checked)[0] ^ 0xFFFF
        change = struct.pack("!H", was) + bytes(c ^ 0xFF for c in old) + new
        if (at - checked) % 2:  # the octets are of other halves of words
            change = change[:2] + swap(change[2:])
        struct.pack_into("!H", data, checked, checksum(change))


def rebase_tcp(packet, at, end, by):
    """A TCP header of the report with the numbers of this connection."""
    shift(packet, at + 4, by["seq"], at + 16)
    if end >= at + 14 and packet[at + 13] & 16:
        shift(packet, at + 8, by["ack"], at + 16)
    option, stop = at + 20, min(end, at + 4 * (packet[at + 12] >> 4)) \
        if end > at + 12 else 0
    while option < stop and packet[option]:
        if packet[option] == 1:
            option += 1
            continue
        if option + 1 >= stop:
            break
        if packet[option] == 8 and option + 10 <= stop:
            shift(packet, option + 2, by["tsval"], at + 16)
            shift(packet, option + 6, by["tsecr"], at + 16)
        option += max(2, packet[option + 1])


def rebase(frame, by, back):
    """A frame of the report for this connection; back is for what an ICMP
    error quotes of the other end."""
    packet = bytearray(frame[14:])
    protocol, at, end, _ = layers(packet)
    if protocol == 6 and end <= len(packet) and end >= at + 8:
        rebase_tcp(packet, at, end, by)
    elif protocol in (1, 58) and len(packet) >= at + 8 + 20:
        carried, tcp, _, _ = layers(packet[at + 8:])
        if carried == 6 and len(packet) >= at + 8 + tcp + 8:
            shift(packet, at + 8 + tcp + 4, back["seq"], at + 2)
    return bytes(frame[:14]) + bytes(packet)
