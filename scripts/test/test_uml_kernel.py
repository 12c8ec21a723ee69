"""scripts/uml-kernel builds what it says, once, and leaves nothing half done.

The package, and the kernel in it, are stand-ins that are built in no time.
"""

import os
import pathlib
import shutil
import signal
import subprocess
from typing import Dict, List, Set

import lastack
import pytest
import test_deps

pytestmark = pytest.mark.plain

CONFIG = "# of this test\nCONFIG_A=y\nCONFIG_B=\"b\"\n"
KCONFIG = "config HZ\n\tint\n\tdefault 100\n"
MAKEFILE = """\
allnoconfig:
\tcp $(KCONFIG_ALLCONFIG) .config
linux:
\tgrep -q 'default 250' arch/um/Kconfig
\tcp /bin/true linux
"""
BUILDERS = ("flex", "bison", "bc")


class System:
    """A Debian of its own, with one source package, and a cache."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.cache = folder / "cache/uml"
        self.scripts = folder / "scripts"
        self.scripts.mkdir()
        shutil.copy(lastack.ROOT / "scripts/uml-kernel", self.scripts)
        (self.scripts / "uml.config").write_text(CONFIG)
        self.source = folder / "linux-source-6.12"
        (self.source / "arch/um").mkdir(parents=True)
        (self.source / "arch/um/Kconfig").write_text(KCONFIG)
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.folder = folder
        self.offer("6.12.9-1")
        self.makefile(MAKEFILE)

    def offer(self, release: str) -> None:
        """The package's version from now on."""
        package = f"{self.folder}/tree"
        self.env: Dict[str, str] = test_deps.system(self.programs, {
            "apt-cache": f'case "$*" in *linux-source-6.12) '
                         f'echo "Version: {release}" ;; search*) '
                         'echo "linux-source-6.12 - a kernel" ;; esac',
            "apt-get": 'echo "$@" >>"$ASKED"; touch linux-source-6.12_x.deb',
            "dpkg-deb": f"tar -c -C {package} .",
            **{name: "" for name in BUILDERS}})

    def makefile(self, text: str) -> None:
        """The package's kernel is made so."""
        (self.source / "Makefile").write_text(text)
        where = self.folder / "tree/usr/src"
        where.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-cJf", where / "linux-source-6.12.tar.xz",
                        "-C", self.folder, self.source.name], check=True)

    def command(self, version: str = "6.12") -> List[str]:
        """What builds it."""
        return [str(self.scripts / "uml-kernel"), version,
                str(self.cache.parent)]

    def build(self, version: str = "6.12"
              ) -> "subprocess.CompletedProcess[str]":
        """Build it."""
        return subprocess.run(self.command(version), env=self.env, text=True,
                              capture_output=True, check=False, timeout=60)

    def refused(self, version: str = "6.12") -> str:
        """The one line that says why it is not built; nothing is left."""
        done = self.build(version)
        assert done.returncode and not done.stdout
        told = [line for line in done.stderr.splitlines()
                if not line.endswith("which takes some minutes")]
        assert len(told) == 1
        assert self.kept() <= {"lock"}
        return told[0].removeprefix("uml-kernel: ")

    def kept(self) -> Set[str]:
        """What is in the cache."""
        return {path.name for path in self.cache.glob("*")}

    def downloads(self) -> int:
        """How often the package was asked for."""
        asked = self.programs / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0


@pytest.fixture(name="system")
def system_fixture(tmp_path: pathlib.Path) -> System:
    """A system that has not built anything yet."""
    return System(tmp_path)


def test_once(system: System) -> None:
    """It is built, and again only of another package or configuration."""
    done = system.build()
    assert done.returncode == 0, done.stderr
    path = pathlib.Path(done.stdout.strip())
    assert path == system.cache / "6.12/linux" and os.access(path, os.X_OK)
    first = system.kept()
    assert {"lock", "6.12"} < first and len(first) == 3
    assert system.build().stdout == done.stdout
    assert system.kept() == first and system.downloads() == 1
    (system.scripts / "uml.config").write_text(CONFIG + "CONFIG_C=y\n")
    assert system.build().returncode == 0
    second = system.kept()
    assert system.downloads() == 2 and len(second) == 3 and second != first
    system.offer("6.12.10-1")
    assert system.build().returncode == 0
    assert system.downloads() == 3 and len(system.kept()) == 3
    assert os.readlink(system.cache / "6.12").startswith("6.12.10-1-")


@pytest.mark.parametrize("makefile, said", [
    ("allnoconfig:\n\ttouch .config\n",
     "linux-source-6.12 6.12.9-1 does not take CONFIG_A=y CONFIG_B=\"b\" "),
    ("allnoconfig:\n\t@echo no such thing; exit 1\n", "cannot configure it: "),
    (MAKEFILE.replace("cp /bin/true linux", "@echo a.c: error: bad; exit 1"),
     "the build failed: a.c: error: bad")])
def test_bad_source(makefile: str, said: str, system: System) -> None:
    """A source that is none for this is told in one line."""
    system.makefile(makefile)
    assert system.refused().startswith(said)


def test_not_offered(system: System) -> None:
    """Which versions there are is said instead."""
    assert system.refused("5.4") == \
        "no package linux-source-5.4 is offered; the versions that are: 6.12 "
    assert system.refused("../6.12") == \
        "../6.12: expected a version such as 6.12"


def test_missing(system: System, tmp_path: pathlib.Path) -> None:
    """What it is built with and is not here is named as one installs it."""
    for name in BUILDERS:
        (system.programs / name).unlink()
    other = tmp_path / "other"
    other.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for path in pathlib.Path(folder).glob("*"):
            link = other / path.name
            if path.name not in (*BUILDERS, "xz") and not link.is_symlink():
                link.symlink_to(path)
    system.env["PATH"] = f"{system.programs}:{other}"
    assert system.refused() == "it is built with what is not here, install: " \
                               "flex bison bc xz-utils"


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP,
                                 signal.SIGKILL])
def test_interrupted(sig: int, system: System, tmp_path: pathlib.Path) -> None:
    """An interrupted build leaves nothing; a killed one nothing that counts,
    and the next build is as if it had not been."""
    up = tmp_path / "up"
    system.makefile(MAKEFILE.replace("cp /bin/true linux",
                                     f"touch {up}; exec sleep 1000"))
    with subprocess.Popen(system.command(), env=system.env,
                          stderr=subprocess.DEVNULL,
                          start_new_session=True) as build:
        assert lastack.wait_until(up.exists)
        if sig == signal.SIGKILL:
            os.killpg(build.pid, sig)
        build.send_signal(sig)
    assert build.returncode
    assert lastack.wait_until(lambda: not alive(build.pid))
    assert system.kept() <= {"lock", "building"}
    assert sig == signal.SIGKILL or system.kept() == {"lock"}
    system.makefile(MAKEFILE)
    assert system.build().returncode == 0
    assert "building" not in system.kept()


def alive(group: int) -> bool:
    """Whether there is anybody in a process group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
