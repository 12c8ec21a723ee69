#!/usr/bin/python3
"""Plays one TCP connection between two kernel sockets, and holds it against a
report.

    python3 reproduce.py [--capture FILE.pcap] [--quiet]

It needs Python 3.8, ip(8), and root or a kernel that lets an ordinary user
have user namespaces; ss(8) where a connection is destroyed by the system.
Everything happens in network namespaces of its own, which are gone with it:
A and B, the ends, each with an interface whose other end this program holds.
So it is the cable: it passes the segments on, and can hold, lose and forge
them. Both ends are plain sockets of the running kernel.

For every step it prints what the report has, and what came if that is
otherwise. Sequence numbers are relative: SYN is 0, data begins at 1.

    exit status  0  the stack does not do what the report complains of; where
                    it complains of nothing, all came as the report has it
                 1  reproduced; where the report complains of nothing,
                    something came otherwise
                 2  it could not be played, or came to something else before
"""

import json

REPORT = json.loads(r'''@REPORT@''')

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
FLAGS = "FSRP.UEW"
STATES = ["-", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1",
          "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK",
          "LISTEN", "CLOSING", "SYN-RECEIVED"]
V6 = REPORT["family"] == 6
WAIT = 5.0      # for what the report has; a slow machine needs it
LATE = 0.1      # a pass ends when nothing has come for so long
RTO_MIN_MS = 200  # Linux's, where the report has none
POLL = 0.002    # between two looks at what a frame or a line does not tell
ROOM = 1 << 24  # octets of frames that come while the cable does not look
PERIOD = 251    # the octets sent are 0, 1, ... 250, 0, 1, ...
PROBE = b"\x88\xb5"  # a frame of no protocol: to see whether frames pass

# Of both ends: nothing is sent that no call, segment or timer of the RFCs asks
# for, and every segment that calls for an ACK gets one.
SYSCTLS = {"tcp_early_retrans": 0, "tcp_autocorking": 0,
           "tcp_no_metrics_save": 1, "tcp_invalid_ratelimit": 0}


class Otherwise(Exception):
    """Something came otherwise than the report has it."""
