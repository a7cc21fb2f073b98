"""Files are written whole or not at all, whoever writes them."""

from __future__ import annotations

import ast
import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pymacaron.replacing import replace_file

SOURCE = Path(__file__).parent.parent / "src" / "pymacaron"
SIZE = 3_000_000  # bytes, so that writing takes a while
WRITER = f"""
import itertools, sys
from pymacaron.replacing import replace_file
print("ready", flush=True)
for letter in itertools.cycle("ab"):
    replace_file(sys.argv[1], letter * {SIZE})
"""


def test_who_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    """The old one or the new one, whenever that happens."""
    path, times = tmp_path / "made.txt", random.Random(7)
    path.write_text("a" * SIZE)
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, stderr=-3) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(times.uniform(0.001, 0.03))
            writer.kill()
        assert path.read_text() in {"a" * SIZE, "b" * SIZE}


def test_what_is_there_keeps_its_mode_and_its_place(tmp_path: Path) -> None:
    """A link leads where it led, a device is still one; what cannot be written stays as it was."""
    path, link = tmp_path / "a" / "made.txt", tmp_path / "link"
    replace_file(path, "one")
    (tmp_path / "usual").touch()
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    path.chmod(0o640)
    link.symlink_to(path)
    replace_file(link, b"two")
    assert (link.is_symlink(), path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (True, "two", 0o640)
    replace_file(os.devnull, "three")
    assert Path(os.devnull).is_char_device()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "a", "four")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["a", "link", "made.txt", "usual"]


# Who writes otherwise, and why that is right.
OTHERWISE = {
    "replacing.py": "it is the one", "testing/ledger.py": "appends to files of one run, in a folder of its own",
    "testing/exploring.py": "in a folder of its own, which goes", "testing/documents.py": "likewise",
    "cli/upgrade.py": "likewise", "comparison/sources.py": "likewise",
    "crash/reporters/by_file.py": "appends, a line each", "documents/cache.py": "replaces, below an open folder",
}  # fmt: skip
ROOMS = ("cli", "comparison", "crash", "documents", "generate", "testing", "transports", "upgrade")


def test_nobody_writes_otherwise() -> None:
    """What tools write for users goes through replace_file, or there is a reason."""
    found = set()
    for file in (file for room in ROOMS for file in (SOURCE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and _writes(node):
                found.add(file.relative_to(SOURCE).as_posix())
    assert found <= OTHERWISE.keys()


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [one.value for one in call.args[1:2] if isinstance(one, ast.Constant)]
    return name in {"write_text", "write_bytes"} or (
        name == "open" and any(set(str(one)) & set("wax") for one in modes)
    )
