"""The report's steps, and the program."""

import argparse
import errno
import os
import signal
import subprocess
import sys
import time

from .report import CLONE_NEWNET, CLONE_NEWUSER, LATE, POLL, REPORT
from .report import RTO_MIN_MS, WAIT, Otherwise
from .segment import is_same, rebase, text_of
from .process import unshare
from .cable import Cable


class Play:
    """The steps, one after the other."""

    def __init__(self, cable, say):
        self.cable, self.say = cable, say

    def act(self, step):
        side, call = step["do"], step["call"]
        end = self.cable.end[side]
        if call in ("vanish", "return"):
            end.vanished = call == "vanish"
            return "0"
        if call == "destroy":
            end.destroy()
            return "0"
        if call == "kill":
            os.kill(end.pid, signal.SIGKILL)
        else:
            end.say(call)
        if call in ("exit", "kill"):
            os.waitpid(end.pid, 0)
            return ""
        answer = end.answer(0 if step["gets"] == "blocks" else step["seconds"])
        return "blocks" if answer is None else answer

    def do(self, step):
        got = self.act(step)
        if step["gets"] not in ("", got):
            raise Otherwise(got or "the process is gone")

    def returns(self, step):
        got = self.cable.end[step["returns"]].answer(step["seconds"])
        if got != step["gets"]:
            raise Otherwise("has not returned" if got is None else got)

    def open(self, step):
        for side, call in (("B", "listen"), ("A", "connect")):
            self.do({"do": side, "call": call, "gets": "0", "seconds": WAIT})
        self.let_pass({"segments": step["segments"], "seconds": WAIT})
        self.do({"do": "B", "call": "accept", "gets": "0", "seconds": WAIT})

    def let_pass(self, step):
        """Until what the report waits for, or as many as it has are passed
        and no more come."""
        if "until" not in step:
            self.cable.pass_on(lambda n: n >= step["segments"], LATE,
                               step["seconds"])
            return
        side, how, *states = step["until"].split()
        end = self.cable.end[side]
        self.cable.pass_on(
            lambda _: end.state() in states[0].split("|") if how == "is" else
            end.has_said(), POLL, step["seconds"])

    def states(self, step):
        for side, expected in step["states"].items():
            self.state(side, expected, time.monotonic() + WAIT / 2)

    def state(self, side, expected, until):
        while True:
            state = self.cable.end[side].state()
            if state == expected or {state, expected} == {"LISTEN", "CLOSED"}:
                return
            if time.monotonic() > until:
                raise Otherwise(f"{side} is {state}")

    def sees(self, step):
        side = step["sees"]
        got = self.cable.next(side, step["seconds"])
        if not got:
            raise Otherwise("no segment")
        frame, seen = got
        if not is_same(seen, step["segment"]):
            raise Otherwise(text_of(seen))
        then = step["then"]
        if then in ("kept", "held"):
            self.cable.held[step["frame"]] = frame
        if then in ("delivered", "kept"):
            self.cable.put(side, frame)
        self.states(step)

    def sees_nothing(self, step):
        got = self.cable.next(step["none"], step["seconds"])
        if got:
            raise Otherwise(text_of(got[1]))

    def release(self, step):
        self.cable.put(step["release"], self.cable.held[step["frame"]])
        self.states(step)

    def forge(self, step):
        side = step["forge"]
        other = "B" if side == "A" else "A"
        flow, base = self.cable.flow, step["base"]

        def by(kind, of, now):
            return now[of] - base[kind] if base[kind] and of in now else 0

        numbers = {"seq": by("seq", side, flow.isn),
                   "ack": by("ack", other, flow.isn),
                   "tsval": by("tsval", side, flow.tsval),
                   "tsecr": by("tsecr", other, flow.tsval)}
        frame = rebase(bytes.fromhex(step["octets"]), numbers,
                       {"seq": numbers["ack"]})
        self.cable.keep(frame)
        self.cable.put(side, frame)
        self.states(step)

    def is_state(self, step):
        self.state(step["is"], step["state"],
                   time.monotonic() + step["seconds"])

    def counts(self, step):
        end, until = self.cable.end[step["counts"]], time.monotonic() + WAIT
        while (got := end.count(step["state"])) != step["number"]:
            if time.monotonic() > until:
                raise Otherwise(str(got))

    def quiet(self, step):
        waiting = self.cable.waiting
        if self.cable.look(step["quiet"], lambda: any(waiting.values())):
            raise Otherwise("a segment of " + "".join(
                f"{side}: {text_of(seen[0][1])}"
                for side, seen in waiting.items() if seen))

    def step(self, step):
        for key, how in (("do", self.do), ("returns", self.returns),
                         ("open", self.open), ("pass", self.let_pass),
                         ("sees", self.sees), ("none", self.sees_nothing),
                         ("release", self.release), ("forge", self.forge),
                         ("is", self.is_state), ("counts", self.counts),
                         ("quiet", self.quiet)):
            if key in step:
                how(step)

    def otherwise(self, step, came):
        """The exit status when a step came to something else."""
        wrong = REPORT["wrong"]
        self.say(f"    the report has    {step['text']}\n"
                 f"    what came         {came}")
        if not wrong:
            self.say("OTHERWISE")
            return 1
        if step.get("wrong"):
            self.say(f"NOT REPRODUCED\n    expected          "
                     f"{wrong['expected']}")
            return 0
        self.say("OTHERWISE, before what the report is about")
        return 2

    def excuse(self):
        """What came may be a retransmission's doing, and that the machine's."""
        late_ms = self.cable.late_ms()
        if late_ms > (REPORT["rto_min_ms"] or RTO_MIN_MS):
            raise OSError(errno.ETIME, f"this machine was {late_ms} ms late")

    def run(self):
        wrong, reproduced = REPORT["wrong"], False
        for step in REPORT["steps"]:
            self.say(f"  {step['text']}")
            try:
                self.step(step)
            except Otherwise as e:
                if self.cable.has_lost():
                    raise OSError(errno.ENOBUFS,
                                  "the cable has lost frames") from e
                if not reproduced:
                    self.excuse()
                    return self.otherwise(step, e)
                self.say(f"    what came         {e}")
                return 1
            if step.get("wrong"):
                reproduced = True
                self.say(f"REPRODUCED: {wrong['what']}\n"
                         f"    expected          {wrong['expected']}\n"
                         f"    what came         {wrong['actual']}")
        if not reproduced:
            self.say("AS REPORTED")
        return 1 if reproduced else 0


def settings():
    """Enters a user namespace if need be, and one for the cable."""
    flags = CLONE_NEWNET
    user, group = os.getuid(), os.getgid()
    if user:
        flags |= CLONE_NEWUSER
    unshare(flags)
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"),
                           ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                f.write(text)


def main():
    parser = argparse.ArgumentParser(description=REPORT["title"])
    parser.add_argument("--capture", metavar="FILE.pcap",
                        help="keep the segments there")
    parser.add_argument("--quiet", action="store_true",
                        help="print nothing, but for the exit status")
    options = parser.parse_args()

    def say(text):
        if not options.quiet:
            print(text, flush=True)

    uname = os.uname()
    say(f"{REPORT['title']}\n  {uname.sysname} {uname.release}; the report is "
        f"of {REPORT['kernel']}")
    capture = open(options.capture, "wb") if options.capture else None
    cable = None
    try:
        settings()
        cable = Cable(capture)
        return Play(cable, say).run()
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"cannot be played here: {e}", file=sys.stderr)
        return 2
    finally:
        if capture:
            capture.close()
        if cable:
            for end in cable.end.values():
                try:
                    os.kill(end.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


if __name__ == "__main__":
    sys.exit(main())
