#!/usr/bin/python3
"""Make what a guest of lastack boots with: vm_image.py GUEST MODULES OUT.

GUEST is the program lastack-guest, MODULES the folder of a kernel's modules
("lib/modules/VERSION", or "-" for none), OUT the initramfs: a cpio archive
with the program, its libraries and the modules it needs, uncompressed, in the
order in which they need each other. Nothing here takes root. Says "done", or in
one line why not.
"""

import lzma
import os
import pathlib
import re
import subprocess
import sys
from typing import Dict, List, Set, Tuple

WANTED = ("virtio_pci", "virtio_console", "af_packet", "veth", "inet_diag",
          "tcp_diag", "tun")
SPARED = ("tun",)  # what only some cases need
DIRECTORY, PROGRAM, FILE, LINK = 0o40755, 0o100755, 0o100644, 0o120777


def entry(name: str, mode: int, data: bytes, number: int) -> bytes:
    """Write one member in the "newc" format (cpio(5))."""
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
              len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    head += name.encode() + b"\0"
    return (head + b"\0" * (-len(head) % 4)
            + data + b"\0" * (-len(data) % 4))


def libraries(program: str) -> List[str]:
    """The paths of the libraries a program is linked with, by ldd."""
    done = subprocess.run(["ldd", program], text=True, check=True,
                          stdout=subprocess.PIPE)
    words = [word for line in done.stdout.splitlines()
             for word in line.split() if word.startswith("/")]
    return sorted(set(words))


def module_name(path: str) -> str:
    """What modprobe calls a module's file."""
    return pathlib.PurePath(path).name.split(".ko")[0].replace("-", "_")


def unpacked(path: pathlib.Path) -> bytes:
    """A module as the kernel loads it."""
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True,
                              stdout=subprocess.PIPE).stdout
    return path.read_bytes()


def needs(module: bytes) -> List[str]:
    """What a module says it depends on, in its section .modinfo."""
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    return found[1].decode().split(",") if found and found[1] else []


def built_in(folder: pathlib.Path) -> Set[str]:
    """The names of those that the kernel has inside."""
    try:
        lines = (folder / "modules.builtin").read_text().split()
    except FileNotFoundError:
        return set(WANTED)
    return {module_name(line) for line in lines}


def modules(folder: pathlib.Path) -> Dict[str, bytes]:
    """Names and octets of the wanted modules, each behind what it needs."""
    files = {module_name(str(path)): path
             for path in folder.rglob("*.ko*") if ".ko" in path.name}
    found: Dict[str, bytes] = {}

    def take(name: str) -> None:
        """One that is built in has no file."""
        if name in found or name not in files:
            return
        data = unpacked(files[name])
        for other in needs(data):
            take(other.replace("-", "_"))
        found[name] = data

    inside = built_in(folder)
    for name in WANTED:
        take(name)
        if name not in found and name not in inside and name not in SPARED:
            raise OSError(f"{folder} has no module {name}, nor is it built in")
    return found


def members(guest: str, folder: str) -> List[Tuple[str, int, bytes]]:
    """All that the archive has: name, mode and octets."""
    found = [("init", PROGRAM, pathlib.Path(guest).read_bytes())]
    for path in libraries(guest):
        found.append((path[1:], PROGRAM, pathlib.Path(path).read_bytes()))
    loaded = {} if folder == "-" else modules(pathlib.Path(folder))
    found += [(f"modules/{name}", FILE, data) for name, data in loaded.items()]
    found.append(("modules/list", FILE,
                  "".join(f"{name}\n" for name in loaded).encode()))
    parents = {str(parent) for name, _, _ in found
               for parent in pathlib.PurePath(name).parents} - {"."}
    wanted = sorted(parents | {"dev", "proc", "sys", "run", "tmp"})
    return [(name, DIRECTORY, b"") for name in wanted] + found


def main() -> int:
    """Write the archive, whole or not at all."""
    if len(sys.argv) != 4:
        print("usage: vm_image.py GUEST MODULES OUT", file=sys.stderr)
        return 2
    guest, folder, out = sys.argv[1:]
    try:
        archive = b"".join(
            entry(name, mode, data, number)
            for number, (name, mode, data)
            in enumerate(members(guest, folder) + [("TRAILER!!!", 0, b"")], 1))
        part = f"{out}.{os.getpid()}"
        pathlib.Path(part).write_bytes(archive)
        os.replace(part, out)
    except (OSError, subprocess.CalledProcessError, lzma.LZMAError) as err:
        print(err)
        return 1
    print("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
