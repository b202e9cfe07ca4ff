"""Run a command and tell what it cost: CPU seconds, wall seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PEAK_UNIT = 1 if os.uname().sysname == "Darwin" else 1024
"""Bytes in what the system calls one of `ru_maxrss`."""


class CommandFailed(Exception):
    """A command ended with another status than 0; the text is the end of what it complained."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process cost, with all processes it started and waited for.

    `peak` is the resident memory, in bytes, of the largest of them. On Linux it is never told
    smaller than this process is, so this one should stay small.
    """

    cpu: float
    wall: float
    peak: int


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a folder, its output thrown away; raise CommandFailed.

    Programs in Python may keep their modules compiled, as they do where they are installed.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            raise CommandFailed(complaints.read().decode(errors="replace")[-2_000:])
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * PEAK_UNIT)
