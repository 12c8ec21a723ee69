"""lastack-check(1) lists what the program has: its rules, options, fields.

Run as a program, this writes the list of the rules into the manual page.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import List

import lastack
import pytest
import wild

MANUAL = lastack.ROOT / "harness" / "man" / "lastack-check.1"
SCHEMA = lastack.ROOT / "scripts" / "check.schema.json"
BEGIN = '.\\" what follows is made by scripts/test/test_check_manual.py\n'
END = '.\\" made up to here\n'


def escaped(text: str) -> str:
    """Text as mdoc has it: no line begins with a control character."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def listed() -> str:
    """The rules that segments alone can break, as mdoc."""
    done = lastack.run("rules", "--format", "json")
    out = [".Bl -tag -width Ds\n"]
    for rule in json.loads(done.stdout)["rules"]:
        if rule["judges"] == ["tape"]:
            continue
        out.append(f".It Cm {rule['rule']}\n{escaped(rule['text'])}\n"
                   f".Pq {rule['severity']}; {rule['section']}\n")
    return "".join(out + [".El\n"])


def parts(page: str) -> List[str]:
    """The page before, within and behind the list."""
    before, rest = page.split(BEGIN)
    within, behind = rest.split(END)
    return [before, within, behind]


def test_rules() -> None:
    """Every rule, with its severity, section and text."""
    within = parts(MANUAL.read_text())[1]
    assert within == listed(), f"run /usr/bin/python3 {__file__}"
    assert within.count(".It Cm ") > 20


def test_options() -> None:
    """Every option of the help has its item."""
    helped = set(re.findall(r"--([a-z-]+)",
                            lastack.run("check", "--help").stdout))
    page = MANUAL.read_text()
    for option in helped - {"help", "format"}:
        assert re.search(rf"^\.It .*Fl -{option}\b", page, re.M), option


def test_fields() -> None:
    """Every member of the documents has its item."""
    schema = json.loads(SCHEMA.read_text())
    page = MANUAL.read_text()
    for kind in ("capture", "flow", "finding"):
        for name in schema["$defs"][kind]["properties"]:
            assert re.search(rf"^\.It Va .*\b{name}\b", page, re.M), name


def test_endings() -> None:
    """Every ending, too."""
    schema = json.loads(SCHEMA.read_text())
    page = MANUAL.read_text()
    for name in schema["$defs"]["ending"]["enum"]:
        assert f".It Cm {name}\n" in page, name


def examples() -> List[str]:
    """The commands of EXAMPLES, as a shell gets them."""
    text = MANUAL.read_text().split(".Sh EXAMPLES\n")[1].split(".Sh ")[0]
    found = re.findall(r"^\.Dl (.*)$|^\.Bd .*\n((?:.*\n)*?)\.Ed$", text, re.M)
    return [(line or block).replace("\\(dq", '"') for line, block in found]


EXAMPLES = {
    "--only": (1, "data-after-fin", "P.  seq 2:6"),
    "ssh": (1, "data-after-fin", "9 packets"),
    "--write": (1, "data-after-fin", ""),
    "jq": (0, "      1 192.0.2.2\n", ""),
}


@pytest.mark.parametrize("word", EXAMPLES)
def test_examples(word: str, tmp_path: pathlib.Path) -> None:
    """Each does what is said of it, typed as it stands there."""
    status, *shown = EXAMPLES[word]
    command, = [text for text in examples() if word in text]
    assert len(examples()) == len(EXAMPLES)
    if word == "jq" and not shutil.which("jq"):
        pytest.skip("no jq here")
    late = wild.pcap(wild.frames(wild.Talk().late().packets))
    reset = wild.Talk().open().say("B", "RA", 1, 1)
    wild.write(tmp_path / "trace.pcap", late)
    wild.write(tmp_path / "x.pcap", wild.pcap(wild.frames(reset.packets)))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "lastack").symlink_to(lastack.BINARY)
    (tools / "ssh").write_text("#!/bin/sh\nexec cat trace.pcap\n")
    (tools / "ssh").chmod(0o755)
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True,
        check=False, env={**os.environ,
                          "PATH": f'{tools}:{os.environ["PATH"]}'})
    assert (done.returncode, done.stderr) == (status, "")
    assert all(text in done.stdout for text in shown)
    if word == "--write":
        again = lastack.run("check", tmp_path / "found.pcapng")
        assert "data-after-fin" in again.stdout


if __name__ == "__main__":
    head, _, tail = parts(MANUAL.read_text())
    MANUAL.write_text(head + BEGIN + listed() + END + tail)
    sys.exit(0)
