"""Is this fit to be released? Builds the sdist and the wheel, and tries the installed wheel in clean environments: by
itself, with each extra alone, with the lowest versions of what it needs; the tests of the core run against it, too.

Nothing is published: `dist/` holds what may be uploaded when all of it is well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
LARGEST = 3_000_000  # bytes of the wheel
# Rooms whose tests need nothing but the package and pytest: against the lowest versions, and the installed wheel.
CORE = [
    "api", "answers", "bodies", "calls", "client", "config", "documents", "failures", "forms", "inputs", "lane",
    "models", "negotiation", "parameters", "router", "schemas", "shapes", "structs", "wire",
]  # fmt: skip
TOOLS = [
    "pytest>=8.4",
    "hypothesis>=6.150",
    "pytest-xdist>=3.8",
    "trustme>=1.2",
    "pyjwt>=2.10",
    "cryptography>=44",
    "gunicorn>=23",
]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", help="steps whose name holds this")
    only = arguments.parse_args().only or ""
    with tempfile.TemporaryDirectory() as folder:
        release = Release(Path(folder))
        steps: dict[str, Callable[[], str]] = {"build": release.build, "metadata": release.metadata}
        for extra in ["", *release.extras]:
            steps[f"wheel, extra {extra}" if extra else "wheel alone"] = partial(release.smoke, extra)
        steps["sdist"] = release.from_sdist
        steps["tests of the wheel"] = lambda: release.tests([])
        steps["tests with the lowest versions"] = lambda: release.tests(["--resolution", "lowest-direct"])
        failed = [name for name, step in steps.items() if (name == "build" or only in name) and not _did(name, step)]
    print(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else f"\nall is well: {DIST}")
    sys.exit(bool(failed))


def _did(name: str, step: Callable[[], str]) -> bool:
    began = monotonic()
    try:
        said, is_well = step(), True
    except (AssertionError, subprocess.CalledProcessError, OSError) as error:
        output = getattr(error, "output", None)
        said, is_well = f"FAILED: {output or error}", False
    print(f"{name:34} {monotonic() - began:5.0f} s  {said}", flush=True)
    return is_well


class Release:
    """What is to be released, and a folder to try it in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        self.extras = [name for name in project["optional-dependencies"] if name not in {"dev", "docs"}]
        self._needs = project["dependencies"]

    def build(self) -> str:
        """The sdist and, from that, the wheel, as an installer would."""
        shutil.rmtree(DIST, ignore_errors=True)
        _run(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
        size = self._wheel.stat().st_size
        assert size <= LARGEST, f"the wheel has {size} bytes"
        return f"{self._wheel.name}, {size / 1e6:.2f} MB of at most {LARGEST / 1e6:.0f}"

    def metadata(self) -> str:
        """What an index shows, and that both hold all of the package and nothing beside it."""
        _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, DIST.iterdir()))
        files = (ROOT / "src" / "pymacaron").rglob("*")
        wanted = {str(file.relative_to(ROOT / "src")) for file in files if _is_ours(file)}
        with zipfile.ZipFile(self._wheel) as wheel:
            found = {name for name in wheel.namelist() if name.startswith("pymacaron/")}
        assert found == wanted, f"the wheel differs from the source in {sorted(found ^ wanted)[:5]}"
        with tarfile.open(self._sdist) as sdist:
            names = {name.partition("/")[2] for name in sdist.getnames()}
        missing = {"LICENSE", "README.md", "CHANGELOG.md", "Makefile", "tests/conftest.py"} - names
        assert not missing, f"the sdist lacks {sorted(missing)}"
        return f"{len(found)} files in the wheel, {len(names)} in the sdist"

    def smoke(self, extra: str) -> str:
        """The wheel with one extra, in an environment of its own."""
        began = monotonic()
        python = self._environment(f"{self._wheel}[{extra}]" if extra else str(self._wheel))
        took = monotonic() - began
        place = Path(tempfile.mkdtemp(dir=self._folder))
        shutil.copy(ROOT / "release" / "smoke.py", place)
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        _run(str(python), "-W", "error::DeprecationWarning:pymacaron", "smoke.py", extra, cwd=place, PATH=path)
        return f"{_size(python)} MB, installed in {took:.0f} s"

    def from_sdist(self) -> str:
        """The sdist can be installed without the repository."""
        python = self._environment(str(self._sdist))
        said = _run(str(python), "-c", "import pymacaron; print(pymacaron.__version__)", cwd=self._folder)
        return said.strip()

    def tests(self, options: list[str]) -> str:
        """The tests of the core against the installed wheel."""
        python = self._environment(*options, f"{self._wheel}", *TOOLS)
        place = Path(tempfile.mkdtemp(dir=self._folder))
        shutil.copytree(ROOT / "tests", place / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "examples", place / "examples", ignore=shutil.ignore_patterns("__pycache__", "data"))
        shutil.copy(ROOT / "pyproject.toml", place)
        files = [f"tests/test_{room}.py" for room in CORE if (place / "tests" / f"test_{room}.py").is_file()]
        said = _run(str(python), "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *files, cwd=place)
        return said.strip().splitlines()[-1]

    @property
    def _wheel(self) -> Path:
        return next(DIST.glob("*.whl"))

    @property
    def _sdist(self) -> Path:
        return next(DIST.glob("*.tar.gz"))

    def _environment(self, *what: str) -> Path:
        """The Python of a new environment in which that is installed."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        python = folder / "bin" / "python"
        _run(sys.executable, "-m", "uv", "venv", "-q", "--python", sys.executable, "--allow-existing", str(folder))
        _run(sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), *what)
        return python


def _is_ours(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def _size(python: Path) -> int:
    """Megabytes of an environment."""
    return round(sum(file.stat().st_size for file in python.parent.parent.rglob("*") if file.is_file()) / 1e6)


def _run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints.

    Raises:
        CalledProcessError: it fails; its output is both what it has printed and its complaints.
    """
    clean = {name: text for name, text in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
        text=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
