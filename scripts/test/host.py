"""What of this machine a run must leave as it was."""

import os
import pathlib
import shutil
import socket
import subprocess
from typing import Dict, List, Set

Snapshot = Dict[str, object]


def pids() -> Set[int]:
    """All processes."""
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def words_of(pid: int, name: str) -> List[bytes]:
    """What is in a process' cmdline or environ; nothing once it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    except OSError:
        return []


def with_environment(entry: str) -> Set[int]:
    """Processes that have begun with that entry in their environment."""
    return {pid for pid in pids()
            if entry.encode() in words_of(pid, "environ")}


def forging() -> Set[int]:
    """Processes that build packets with scapy."""
    return {pid for pid in pids()
            if any(word.endswith(b"/scapy_packets.py")
                   for word in words_of(pid, "cmdline"))}


def target_of(link: str) -> str:
    """Where a symbolic link leads to; nowhere once it is gone."""
    try:
        return os.readlink(link)
    except OSError:
        return ""


def descriptors(pid: int) -> List[str]:
    """What a process has open."""
    try:
        return [f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def namespaces(among: Set[int]) -> Set[str]:
    """Network namespaces, not ours, that these are in or have open."""
    links = [link for pid in among
             for link in [f"/proc/{pid}/ns/net", *descriptors(pid)]]
    found = {target for target in map(target_of, links)
             if target.startswith("net:[")}
    return found - {target_of("/proc/self/ns/net")}


def held(pid: int) -> Dict[str, int]:
    """Descriptors of ours for the namespaces, not ours, that a process is in
    or has open: with them these go on when it is gone."""
    links = [f"/proc/{pid}/ns/net", *descriptors(pid)]
    found: Dict[str, int] = {}
    for link in links:
        name = target_of(link)
        if (not name.startswith("net:[") or name in found or
                name == target_of("/proc/self/ns/net")):
            continue
        try:
            found[name] = os.open(link, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
    return found


def tcp_states(namespace: int) -> List[str]:
    """The states, in the kernel's numbers, of all TCP sockets there."""
    shown = subprocess.run(
        ["nsenter", f"--net=/proc/{os.getpid()}/fd/{namespace}", "cat",
         "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True,
        check=True).stdout
    return [words[3] for words in map(str.split, shown.splitlines())
            if words[0] != "sl"]


def mounted() -> str:
    """Mounts, of which a named namespace would be one."""
    return pathlib.Path("/proc/self/mountinfo").read_text()


def sysctls() -> Dict[str, str]:
    """All settings of TCP, and those of interfaces."""
    net = pathlib.Path("/proc/sys/net")
    values = {}
    for path in [*net.glob("ipv4/tcp_*"), *net.glob("ipv[46]/conf/*/*")]:
        try:
            values[str(path)] = path.read_text()
        except OSError:
            continue
    return values


def rules() -> str:
    """The firewall, where there is a program that shows it."""
    if not shutil.which("nft") or os.geteuid() != 0:
        return ""
    return subprocess.run(["nft", "list", "ruleset"], capture_output=True,
                          text=True, check=False).stdout


def routes() -> Set[str]:
    """Routes of both families, without their counters."""
    found = set()
    for line in pathlib.Path("/proc/net/route").read_text().splitlines()[1:]:
        words = line.split()
        found.add(" ".join(words[:4] + words[6:8]))
    path = pathlib.Path("/proc/net/ipv6_route")
    if path.exists():
        for line in path.read_text().splitlines():
            words = line.split()
            found.add(" ".join(words[:6] + words[8:]))
    return found


def files() -> Set[str]:
    """What has the harness' name where programs keep passing things."""
    return {str(path) for folder in ("/tmp", "/run", "/var/tmp", "/dev/shm")
            for path in pathlib.Path(folder).glob("*lastack*")}


def snapshot() -> Snapshot:
    """All of the above that no other program changes meanwhile."""
    return {
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "routes": routes(),
        "sysctls": sysctls(),
        "rules": rules(),
        "mounts": mounted(),
        "files": files(),
    }
