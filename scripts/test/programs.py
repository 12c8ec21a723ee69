"""Real programs talking on a loopback of their own, captured: programs.py NAME
OUT.pcap

Runs in a network namespace (see test_bundle_programs.py, which makes it).
Each talk is a server, and what a client does; the connection's end is theirs.
"""

import dataclasses
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, Dict, List

from lastack import wait_until

HOST, PORT = "127.0.0.1", 8765
PYTHON = "/usr/bin/python3"


@dataclasses.dataclass
class Talk:
    """A server's command and a client's, in a folder of their own."""

    needs: List[str]
    server: List[str]
    client: List[str]
    prepare: Callable[[pathlib.Path], None] = lambda folder: None
    stdin: str = ""
    shows: str = "close"  # what the case made of it has to have

    def missing(self) -> List[str]:
        """The programs that are not there."""
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return [n for n in self.needs if not shutil.which(n, path=path)]


def page(folder: pathlib.Path) -> None:
    """A small file to serve, and one that fills a window."""
    (folder / "page").write_text("as it is\n" * 20)
    (folder / "big").write_bytes(bytes(3 << 20))


def key(folder: pathlib.Path) -> None:
    """A key and a certificate."""
    page(folder)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", "key", "-out", "cert", "-subj", "/CN=here"],
                   cwd=folder, check=True, capture_output=True)


def nginx(folder: pathlib.Path) -> None:
    """Its configuration, all of it below the folder."""
    page(folder)
    (folder / "conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid;\n"
        f"error_log {folder}/log;\nevents {{}}\nhttp {{ access_log off;\n"
        f"client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;\n"
        f"fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;\n"
        f"scgi_temp_path {folder}/t5; server {{ listen {HOST}:{PORT};\n"
        f"keepalive_timeout 1s; root {folder}; }} }}\n")


def lighttpd(folder: pathlib.Path) -> None:
    """Its configuration."""
    page(folder)
    (folder / "conf").write_text(
        f'server.document-root = "{folder}"\nserver.port = {PORT}\n'
        f'server.bind = "{HOST}"\n')


def sshd(folder: pathlib.Path) -> None:
    """A host key, and one that may log in."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f",
                        name], cwd=folder, check=True)
    os.makedirs("/run/sshd", exist_ok=True)


def repository(folder: pathlib.Path) -> None:
    """A repository to be asked for."""
    subprocess.run(["git", "init", "-q", "--bare", "it"], cwd=folder,
                   check=True)


URL = f"http://{HOST}:{PORT}"
HTTP = [PYTHON, "-u", "-m", "http.server", "-b", HOST, str(PORT)]
NGINX = ["nginx", "-c", "{folder}/conf", "-p", "{folder}"]
REDIS = ["redis-server", "--port", str(PORT), "--bind", HOST, "--save", ""]
LISTEN = ["socat", f"TCP-LISTEN:{PORT},reuseaddr,fork"]
ECHO = [*LISTEN, "EXEC:cat"]

TALKS: Dict[str, Talk] = {
    "curl": Talk(["curl"], HTTP, ["curl", "-s", URL + "/page"], page),
    "wget": Talk(["wget"], HTTP, ["wget", "-qO-", URL + "/page"], page),
    "curl-gives-up": Talk(
        ["curl"], HTTP,
        # Nobody takes what it gets, so that it closes with octets unread.
        ["sh", "-c", f"curl -s {URL}/big | (sleep 0.5; head -c 10)"],
        page, shows="\nA close\nCLOSED       -->  R.  "),
    "nginx": Talk(["nginx", "curl"], NGINX, ["curl", "-s", URL + "/page"],
                  nginx),
    "nginx-closes": Talk(
        ["nginx", "curl"], NGINX,
        ["curl", "-s", "-H", "Connection: close", URL + "/page"], nginx),
    "nginx-large": Talk(["nginx", "wget"], NGINX,
                        ["wget", "-qO/dev/null", URL + "/big"], nginx),
    "lighttpd": Talk(["lighttpd", "wget"],
                     ["lighttpd", "-D", "-f", "{folder}/conf"],
                     ["wget", "-qO-", URL + "/page"], lighttpd),
    "redis": Talk(["redis-server", "redis-cli"], REDIS,
                  ["redis-cli", "-p", str(PORT), "ping"]),
    "redis-quits": Talk(
        ["redis-server", "socat"], REDIS,
        ["socat", "-", f"TCP:{HOST}:{PORT}"], stdin="PING\r\nQUIT\r\n"),
    "redis-ends": Talk(
        ["redis-server", "redis-cli"], REDIS,
        ["redis-cli", "-p", str(PORT), "shutdown", "nosave"],
        shows="\nB close\nCLOSE-WAIT   <--  F.  "),
    "ssh": Talk(
        ["ssh", "sshd", "ssh-keygen"],
        ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", str(PORT),
         "-h", "{folder}/host", "-o", "UsePAM=no", "-o",
         "AuthorizedKeysFile={folder}/user.pub", "-o", "StrictModes=no"],
        ["ssh", "-F", "/dev/null", "-i", "{folder}/user", "-p", str(PORT),
         "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         HOST, "true"], sshd),
    "openssl": Talk(
        ["openssl"],
        ["openssl", "s_server", "-4", "-accept", str(PORT), "-key", "key", "-cert",
         "cert", "-quiet", "-www"],
        ["openssl", "s_client", "-connect", f"{HOST}:{PORT}", "-quiet"], key,
        stdin="GET / HTTP/1.0\r\n\r\n"),
    "ncat": Talk(["ncat"], ["ncat", "-l", HOST, str(PORT)],
                 ["ncat", "--send-only", HOST, str(PORT)],
                 stdin="what is said\n"),
    # sort says nothing before the end of what it reads.
    "socat": Talk(["socat"], [*LISTEN, "EXEC:sort"],
                  ["socat", "-t", "60", "-", f"TCP:{HOST}:{PORT}"],
                  stdin="what comes back\n", shows="\nA shutdown wr\n"),
    "socat-aborts": Talk(
        ["socat"], [LISTEN[0], LISTEN[1] + ",ignoreeof", "EXEC:sleep 60"],
        ["socat", "-u", "-", f"TCP:{HOST}:{PORT},linger=0"],
        stdin="what does not come back\n", shows="\nA linger 0\nA close\n"),
    "git": Talk(
        ["git"],
        ["git", "daemon", "--export-all", "--reuseaddr",
         f"--listen={HOST}", f"--port={PORT}", "--base-path={folder}"],
        ["git", "ls-remote", f"git://{HOST}:{PORT}/it"], repository),
    "bash": Talk(
        ["bash", "socat"], ECHO,
        ["bash", "-c", f"exec 3<>/dev/tcp/{HOST}/{PORT}; echo hello >&3; "
         "read -r line <&3; exec 3>&-"]),
    "refused": Talk(["curl"], ["sleep", "60"], ["curl", "-s", URL],
                    shows="\nA error = ECONNREFUSED\n"),
}


class Capture(threading.Thread):
    """What passes the loopback, each frame once, as a pcap file."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__(daemon=True)
        self.out = path.open("wb")
        self.out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535,
                                   1))
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.sock.bind(("lo", 0))
        self.ended = False
        self.seen = 0
        self.start()

    def run(self) -> None:
        self.sock.settimeout(0.05)
        while True:
            try:
                frame, where = self.sock.recvfrom(70000)
            except socket.timeout:
                if self.ended:
                    break
                continue
            if where[2] == socket.PACKET_OUTGOING:
                continue  # it comes in too
            now = time.time_ns()
            self.out.write(struct.pack("<IIII", now // 10**9,
                                       now // 1000 % 10**6, len(frame),
                                       len(frame)) + frame)
            self.seen += 1
        self.out.close()

    def end(self) -> None:
        """Once nothing has come for a while."""
        self.ended = True
        self.join()


def states() -> List[str]:
    """Of the sockets at our port, as the kernel numbers them."""
    found = []
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if f":{PORT:04X}" in words[1] or f":{PORT:04X}" in words[2]:
            found.append(words[3])
    return found


def talk(name: str, folder: pathlib.Path, out: pathlib.Path) -> None:
    """Start the server, let the client talk, and wait for the end."""
    t = TALKS[name]
    t.prepare(folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def words(command: List[str]) -> List[str]:
        return [w.replace("{folder}", str(folder)) for w in command]

    with subprocess.Popen(words(t.server), cwd=folder,
                          stdout=subprocess.DEVNULL) as server:
        if name != "refused" and not wait_until(lambda: "0A" in states(), 20):
            sys.exit(f"{t.server[0]} does not listen")
        capture = Capture(out)
        client = subprocess.run(words(t.client), cwd=folder, text=True,
                                input=t.stdin, timeout=60, check=False,
                                capture_output=True)
        # What the client left to its kernel, and the server's part of it.
        wait_until(lambda: not set(states()) - {"0A", "06"}, 5)
        capture.end()
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
    if not capture.seen:
        sys.exit(f"nothing was seen of {t.client[0]}: {client.stderr}")


def main() -> None:
    name, out = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with tempfile.TemporaryDirectory(prefix="talk-") as folder:
        talk(name, pathlib.Path(folder), out)


if __name__ == "__main__":
    main()
