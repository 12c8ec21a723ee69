"""What stands beside the program: installed, of use, and removed again."""

import json
import os
import pathlib
import re
import shutil
import subprocess
from typing import List, Set

import lastack
import pytest

SCRIPTS = lastack.ROOT / "scripts"
CASE = lastack.CASES / "simultaneous/figure-13.fin"
SAN = ["SAN=1"] if lastack.BINARY.parent.name == "san" else []


def needs(program: str) -> None:
    """Skip the test where there is no such program."""
    if not shutil.which(program):
        pytest.skip(f"no {program} here")


def make(*words: str) -> None:
    """Make a target of the tree, whose program is built already."""
    subprocess.run(["make", *SAN, *words], cwd=lastack.ROOT, check=True,
                   capture_output=True, timeout=600)


def check_stack(program: pathlib.Path, stack: str, folder: pathlib.Path,
                there: bool = True) -> None:
    """A case with that stack at an end, whose program is there or is not."""
    if stack == "gvisor" and not shutil.which("runsc"):
        return
    done = subprocess.run([program, "run", "-4", "--stack", stack, "--out",
                           folder / stack, "close/normal-a-first"], cwd=folder,
                          text=True, capture_output=True, timeout=120,
                          check=False)
    if there:
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        assert done.returncode == lastack.BAD
        assert f"lastack-{stack} was left out" in done.stderr


def test_install_and_uninstall(tmp_path: pathlib.Path) -> None:
    """The installed program runs on what is installed; nothing of it stays."""
    where = [f"DESTDIR={tmp_path}/x", "PREFIX=/usr"]
    usr = tmp_path / "x/usr"
    foreign = usr / "share/vim/vimfiles/syntax/other.vim"
    foreign.parent.mkdir(parents=True)
    foreign.touch()
    make("install", *where)
    for path in ("bash-completion/completions/lastack", "man/man1/lastack.1",
                 "zsh/site-functions/_lastack", "vim/vimfiles/syntax/fin.vim",
                 "lastack/vscode/package.json", "lastack/run.schema.json",
                 "wireshark/profiles/lastack/preferences", "lastack/ci/kernel"):
        assert (usr / "share" / path).is_file(), path
    assert [path.name for path in (usr / "bin").iterdir()] == ["lastack"]
    built = {path.name for path in lastack.BINARY.parent.glob("lastack-*")
             if os.access(path, os.X_OK)}
    helpers = usr / "libexec/lastack"
    assert {path.name for path in helpers.iterdir()} == built
    for stack in ("lwip", "gvisor"):
        if f"lastack-{stack}" in built:
            check_stack(usr / "bin/lastack", stack, tmp_path)
            (helpers / f"lastack-{stack}").rename(tmp_path / "away")
            check_stack(usr / "bin/lastack", stack, tmp_path, False)
            (tmp_path / "away").rename(helpers / f"lastack-{stack}")
    done = subprocess.run([usr / "bin/lastack", "run", "-4", "--out",
                           tmp_path / "out", "close/normal-a-first",
                           "scapy/fin-no-ack"], cwd=tmp_path, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 77) and "failed" in done.stdout, done.stderr
    (path,) = {c["path"] for c in lastack.cases(tmp_path / "out")
               if "normal" in c["path"]}
    assert path.startswith(str(usr / "share/lastack/cases/"))
    done = subprocess.run([usr / "bin/lastack", "bundle", "--from",
                           tmp_path / "out", "close/normal-a-first"],
                          cwd=tmp_path, text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    make("uninstall", *where)
    assert [p for p in usr.rglob("*") if p.is_file()] == [foreign]


def complete(*words: str) -> List[str]:
    """What bash offers for the last of these words."""
    script = (f'source "{SCRIPTS}/completion/lastack.bash"; COMP_WORDS=("$@"); '
              "COMP_CWORD=$(($# - 1)); _lastack; "
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", str(lastack.BINARY),
                           *words], cwd=lastack.ROOT, text=True,
                          capture_output=True, timeout=60, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("words, offered", [
    (["ru"], {"run", "rules"}),
    (["run", "--sh"], {"--shard", "--shuffle"}),
    (["run", "--link", ""], {"wire", "veth", "loopback"}),
    (["run", "simultaneous/figure"], {"simultaneous/figure-13"}),
    (["explain", "fin-miss"], {"fin-missing"}),
    (["check", "--format", "nd"], {"ndjson"}),
    (["help", "exp"], {"explain"}),
])
def test_bash(words: List[str], offered: Set[str]) -> None:
    """What the help says can be completed."""
    assert offered <= set(complete(*words))
    assert all(word.startswith(words[-1]) for word in complete(*words))


def test_zsh() -> None:
    """The same in zsh, whose functions for it are stood in for."""
    needs("zsh")
    script = ("_describe() { print -l -- ${(P)2}; }; _files() { :; }; "
              "words=($@); CURRENT=$#; "
              f"source '{SCRIPTS}/completion/_lastack'")
    for words, offered in ((["r"], "run:run cases"),
                           (["run", "--"], "--require:a skipped case"),
                           (["run", "--link", ""], "loopback"),
                           (["run", "s"], "simultaneous/figure-13"),
                           (["explain", "f"], "fin-missing")):
        done = subprocess.run(["zsh", "-fc", script, "zsh",
                               str(lastack.BINARY), *words], text=True,
                              cwd=lastack.ROOT, capture_output=True,
                              timeout=60, check=False)
        assert offered in done.stdout, (words, done.stdout, done.stderr)


def words_of_the_language() -> Set[str]:
    """What a line of a case can begin with, by the parser's own table."""
    source = (lastack.ROOT / "harness/script/parse.c").read_text()
    words = set(re.findall(r'^\t\{ "([a-z]+)"', source, re.M))
    assert {"case", "open", "either", "sysctl"} <= words
    return words


def test_vim_syntax() -> None:
    """Vim gives each kind of word a group of its own."""
    needs("vim")
    script = f"""let &runtimepath = '{SCRIPTS}/editor/vim,' . &runtimepath
filetype plugin on
syntax on
execute 'edit' fnameescape('{CASE}')
set filetype=fin
let found = []
for l in range(1, line('$'))
  for c in range(1, strlen(getline(l)))
    let g = synIDattr(synID(l, c, 1), 'name')
    if g != '' && index(found, g) < 0
      call add(found, g)
    endif
  endfor
endfor
call writefile(found, '/dev/stdout')
qa!
"""
    done = subprocess.run(["vim", "-u", "NONE", "-N", "-es", "-S",
                           "/dev/stdin"], input=script, text=True,
                          capture_output=True, timeout=60, check=False)
    assert set(done.stdout.split()) >= {
        "finHead", "finTitle", "finStep", "finSide", "finState", "finArrow",
        "finFlags", "finNumber", "finId", "finComment"}, done.stdout
    text = (SCRIPTS / "editor/vim/syntax/fin.vim").read_text()
    for word in words_of_the_language():
        assert re.search(rf"[(|]{word}(\\|[)|])", text), word


def test_vscode_grammar() -> None:
    """Its patterns match what they are for, and know every first word."""
    folder = SCRIPTS / "editor/vscode"
    package = json.loads((folder / "package.json").read_text())
    for grammar in package["contributes"]["grammars"]:
        grammar = json.loads((folder / grammar["path"]).read_text())
        assert grammar["scopeName"] == "source.fin"
        patterns = [re.compile(p["match"], re.M) for p in grammar["patterns"]]
        text = CASE.read_text()
        assert all(p.search(text) or "errno" in str(n["name"])
                   for p, n in zip(patterns, grammar["patterns"])
                   if "name" in n)
        for word in words_of_the_language():
            line = f"{word} x" if word != "is" else "A is CLOSED"
            assert any(p.search(line) for p in patterns), word


def test_wireshark_profile(tmp_path: pathlib.Path) -> None:
    """tshark prints the rungs as a column with it, and knows its colours."""
    needs("tshark")
    home = tmp_path / "wireshark"
    shutil.copytree(SCRIPTS / "wireshark", home / "profiles/lastack")
    lastack.run("run", "-4", "--out", tmp_path / "out",
                "harness/test/wrong/state-of-b.fin")
    (capture,) = (tmp_path / "out").rglob("*.pcapng")
    env = {**os.environ, "WIRESHARK_CONFIG_DIR": str(home)}
    command = ["tshark", "-C", "lastack", "-r", str(capture)]
    done = subprocess.run(command, env=env, text=True, capture_output=True,
                          timeout=60, check=True)
    lines = done.stdout.splitlines()
    assert "SYN-SENT" in lines[0] and "SYN-RECEIVED" in lines[0]
    filters = (SCRIPTS / "wireshark/colorfilters").read_text()
    rules = re.findall(r"^@([^@]+)@([^@]+)@", filters, re.M)
    assert len(rules) == 6
    found = {}
    for name, wanted in rules:
        done = subprocess.run([*command, "-Y", wanted, "-T", "fields", "-e",
                               "frame.number"], env=env, text=True,
                              capture_output=True, timeout=60, check=True)
        found[name] = done.stdout.split()
    assert found["lastack: not ok"] == ["4"] and found["FIN"] == ["4"]


def test_kselftest(tmp_path: pathlib.Path) -> None:
    """The statuses and lines of the kernel's runner, lastack's within."""
    env = {**os.environ, "LASTACK": str(lastack.BINARY)}
    for case, status, last in (
            ("close/normal-a-first", 0, "ok 1 selftests: net: lastack"),
            ("harness/test/wrong/flag-wrong.fin", 1,
             "not ok 1 selftests: net: lastack # exit=1"),
            ("harness/test/wrong/skip-kernel.fin", 4,
             "ok 1 selftests: net: lastack # SKIP")):
        done = subprocess.run(
            [SCRIPTS / "ci/kselftest.sh", "-4", "--out", tmp_path, case],
            cwd=lastack.ROOT, env=env, text=True, capture_output=True,
            timeout=60, check=False)
        lines = done.stdout.splitlines()
        assert (done.returncode, lines[-1]) == (status, last)
        assert lines[:2] == ["TAP version 13", "1..1"]
        assert all(line.startswith("# ") for line in lines[2:-1])
        assert "# KTAP version 1" in lines


def test_kernel(tmp_path: pathlib.Path) -> None:
    """What is run on a kernel of the user's: options and status get there."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 77\n")
    program.chmod(0o755)
    image, folder = tmp_path / "image", tmp_path / "lib/modules/6.1"
    image.touch()
    folder.mkdir(parents=True)
    env = {**os.environ, "LASTACK": str(program), "MODULES": str(tmp_path)}

    def kernel() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [SCRIPTS / "ci/kernel", image, "-4", "a b"], cwd=tmp_path, env=env,
            text=True, capture_output=True, timeout=60, check=False)

    done = kernel()
    assert done.returncode == lastack.BAD and not done.stdout
    assert "no modules.builtin" in done.stderr
    (folder / "modules.builtin").touch()
    done = kernel()
    assert done.returncode == 77
    assert done.stdout.splitlines() == [
        "run", "--vm", f"{image}:{folder}", "--real-time", "--format", "tap",
        "--out", "kernel-run", "-4", "a b"]
    image.unlink()
    assert kernel().returncode == lastack.BAD


def test_pipelines() -> None:
    """The files for CI are YAML, and name verbs and options that there are."""
    yaml = pytest.importorskip("yaml")
    for name in ("github.yml", "gitlab.yml"):
        text = (SCRIPTS / "ci" / name).read_text()
        assert yaml.safe_load(text)
        joined = re.sub(r"\s+", " ", text)
        for verb, options in re.findall(r"build/lastack (\w+)([^:#]*)", joined):
            known = lastack.run("help", verb).stdout
            assert known.startswith(f"usage: lastack {verb}")
            for option in re.findall(r"--[a-z]+", options):
                assert option in known, (verb, option)
