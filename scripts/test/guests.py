"""Kernels for guests, as tests take them: fetched now, unless they were before."""

import os
import subprocess

import lastack
import pytest

QEMU = "/usr/bin/qemu-system-x86_64"


def fetched(version: str, path: bool = False) -> str:
    """A kernel as --vm takes it: its version, or the path of its image."""
    if not os.access(QEMU, os.X_OK):
        pytest.skip("QEMU is not here (Debian's qemu-system-x86)")
    done = subprocess.run([lastack.ROOT / "scripts" / "kernel", version],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no kernel {version} to be had: {done.stderr.strip()}")
    return f"{done.stdout.strip()}/vmlinuz" if path else version
