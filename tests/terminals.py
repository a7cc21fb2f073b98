"""What the pages type into a shell, typed into a shell: with services that listen while the next lines ask them, and
with programs in place of those that would ask the network.

Ports of the pages are others here, wherever they stand, since somebody may listen on 8080.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from leaks import said
from pages import OUTPUTS, Block
from programs import PATIENCE, ROOT, free_row

SECONDS = 300  # what hangs ends then; on a busy machine services take long to start
BIN = ROOT / "tests" / "terminal"  # programs that are found before all others
_PORT = re.compile(r"\b80[89]\d\b")
_USUAL = 8080
_END = "\x1e"


class Printed(NamedTuple):
    """What a block printed, what its page shows, and whether it ended as it should."""

    block: Block
    text: str
    shown: str
    ended_well: bool


def typed(chain: Sequence[Block], folder: Path) -> list[Printed]:
    """Type blocks into one shell, in a folder; where one fails, those that would go on with it are not typed."""
    moved = _moving(chain)
    if "make run" in chain[0].text:
        _clone(folder)
    script = _script(chain, folder, moved)
    out = folder / ".out"
    environment = {
        **os.environ, "PAGE": str(folder), "PORT": moved(str(_USUAL)), "NO_ERROR_REPORTING": "", "ROOT": str(ROOT),
        "PATH": os.pathsep.join([str(BIN), str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }  # fmt: skip
    shell = "bash" if chain[0].marked("shell") == "bash" else "sh"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            [shell, "-e", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    code = -signal.SIGALRM
    try:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(SECONDS)
    finally:
        _end(process)
        said("program", "".join(log.read_text("utf-8", "replace") for log in folder.glob(".log*")))
    pieces = out.read_text("utf-8", "replace").split(_END)
    last = len(pieces) - 1 if code else len(chain)
    shown = [moved(OUTPUTS.get(block.place, "")) for block in chain]
    return [Printed(*one, at != last) for at, one in enumerate(zip(chain, pieces, shown, strict=False))]


def _moving(chain: Sequence[Block]) -> Callable[[str], str]:
    """What puts other ports in place of those of the pages."""
    texts = [text for block in chain for text in (block.text, block.before, *block.files.values())]
    ports = sorted({_USUAL, *(int(port) for text in texts for port in _PORT.findall(text))})
    first = free_row(ports[-1] - ports[0] + 1)
    return lambda text: _PORT.sub(lambda found: str(first + int(found[0]) - ports[0]), text)


def _clone(folder: Path) -> None:
    """What of a clone of the repository `make run` needs."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("data", "logs", ".*"))
    (folder / ".venv").symlink_to(sys.prefix)


def _script(chain: Sequence[Block], folder: Path, moved: Callable[[str], str]) -> str:
    """All of it for one shell, which prints a mark behind each block."""
    pieces, there = list[str](), dict[str, str]()
    for number, block in enumerate(chain):
        for name, text in block.files.items():
            if there.get(name) != text:
                kept = folder / f".files.{number}" / name
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(moved(text), "utf-8")
        if (folder / f".files.{number}").exists():
            pieces.append(f'cp -R "$PAGE/.files.{number}/." "$PAGE"')
        there |= block.files
        serves, text = block.marked("role").endswith("serve"), moved(block.text)
        ports = [moved(port) for port in _PORT.findall(block.text) or [str(_USUAL)]]
        pieces += [moved(block.before), _serving(number, text, ports) if serves else text, r"printf '\036'"]
    return "\n".join(pieces)


def _serving(number: int, text: str, ports: Sequence[str]) -> str:
    log = f'"$PAGE/.log.{number}"'
    return f"(\n{text}) > {log} 2>&1 &\nlistening {log} $! {' '.join(ports)}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what the shell has started."""
    for number, seconds in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, PATIENCE)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        until = time.monotonic() + seconds
        while time.monotonic() < until and _lives(process.pid):
            process.poll()
            time.sleep(0.02)
    process.wait(PATIENCE)


def _lives(group: int) -> bool:
    """Whether a process of the group is there that has not ended; those that have may wait for a parent for long."""
    states = (path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat"))
    with suppress(OSError):  # one that ends meanwhile
        return any(state[2] == str(group) and state[0] != "Z" for state in states)
    return True
