"""Make the pictures of terminal sessions in docs/images: run the commands and draw what they print.

    python docs/build_terminal_pictures.py

Needs the extra ``net``, and ports 11112 and 11113 free on this machine.
"""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
BIN = Path(sys.executable).parent
SCRIPT = """version "6.6"
(0020,0013) = "3" ? reject[]
(0010,0010) := "ANON"
(0010,0020) := "ANON"
"""
WIDTH = 112


class Session:
    """A terminal in a folder, as it is seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._console = Console(record=True, width=WIDTH, file=io.StringIO())

    def run(self, command: str) -> None:
        """Run a command and show it with what it prints."""
        self.show(command, self._run(command))

    def show(self, command: str, output: str) -> None:
        """Show a command with what it has printed."""
        self._console.print(Text(f"$ {command}", style="bold green"))
        self._console.print(Text(output.rstrip()))

    def save(self, name: str, title: str) -> None:
        """Draw all that was shown."""
        IMAGES.mkdir(exist_ok=True)
        text = self._console.export_svg(title=title, unique_id=Path(name).stem)
        text = re.sub(r"@font-face \{.*?\}\n", "", text, flags=re.DOTALL)  # fonts from elsewhere
        lines = (line.rstrip() for line in text.splitlines())
        (IMAGES / name).write_text("\n".join(lines) + "\n", "utf-8")

    def _run(self, command: str) -> str:
        done = subprocess.run(
            command.split(),
            cwd=self._folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def running(command: str, folder: Path, port: int, output: Path) -> Iterator[None]:
    """Run a receiver as long as the ``with`` statement lasts."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            command.split(), cwd=folder, env=_environment(), stdout=file, stderr=file
        )
        try:
            _wait_for(port)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(400):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens at port {port}")


def main() -> None:
    """Make the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "anon.das").write_text(SCRIPT)
        sending = Session(folder)
        sending.run("dicomedit demo")
        original, url = "dicomedit-demo/original", "dicom://127.0.0.1:11113/ARCHIVE"
        archive = "dicomedit receive --port 11113 --script dicomedit-demo/demo.das archive"
        (folder / "dicomedit-demo" / "demo.das").write_text('version "6.6"\n')
        sending = Session(folder)
        sending.run(f"dicomedit send {original} {url} --retries 0")
        with running(archive, folder, 11113, folder / "log"):
            sending.run(f"dicomedit send {original} {url} --resume")
            sending.run(f"dicomedit run anon.das {original} {url}")
        sending.save("send.svg", "dicomedit send")

        receive = "dicomedit receive --port 11112 --allow-title MODALITY --script anon.das cleaned"
        receiving, log = Session(folder), folder / "log"
        with running(receive, folder, 11112, log):
            for title in ("MODALITY", "SOMEBODY"):
                other = f"dicom://{title}@127.0.0.1:11112/DICOMEDIT"
                receiving._run(f"dicomedit send {original} {other} --no-journal --retries 0")
        receiving.show(receive, log.read_text())
        receiving.run("ls cleaned")
        receiving.save("receive.svg", "dicomedit receive")


if __name__ == "__main__":
    main()
