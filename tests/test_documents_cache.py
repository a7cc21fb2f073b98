"""Laws of the cache on disk: it gives back what was put in or nothing, never fails, and belongs to one user."""

from __future__ import annotations

import math
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.documents import Cache, Files
from pymacaron.documents.cache import cache_folder

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "pymacaron"))


def entries(cache: Cache) -> list[Path]:
    assert cache.folder
    return sorted(Path(cache.folder).iterdir())


@given(st.text(), VALUES.filter(lambda value: value is not None))
def test_round_trip(folder: Path, key: str, value: Any) -> None:
    """What was put is what a new process gets, type by type, integers of any size included."""
    Cache(str(folder / "a")).put(key, value)
    kept = Cache(str(folder / "a")).get(key)
    assert kept == value
    assert repr(kept) == repr(value)


@given(VALUES, VALUES, st.data())
def test_corruption(folder: Path, value: Any, other: Any, data: st.DataObject) -> None:
    """An entry of which any byte was changed, lost or added is not found, and the next put mends it."""
    cache = Cache(str(folder / "b"))
    cache.put("key", [value])
    [entry] = entries(cache)
    written = bytearray(entry.read_bytes())
    at = data.draw(st.integers(0, len(written) - 1))
    damage = data.draw(st.sampled_from(["change", "cut", "add", "empty"]))
    if damage == "change":
        written[at] ^= data.draw(st.integers(1, 255))
    entry.write_bytes(bytes({"cut": written[:at], "add": written + b"\0", "empty": b""}.get(damage, written)))
    assert cache.get("key") is None
    cache.put("key", [other])
    assert cache.get("key") == [other]


def test_foreign_entries(cache: Cache, tmp_path: Path) -> None:
    """An entry under another's name, a link or a pipe in its place, or one that others may write, is not read."""
    cache.put("one", 1)
    [one] = entries(cache)
    cache.put("two", 2)
    [two] = set(entries(cache)) - {one}
    two.write_bytes(one.read_bytes())
    assert (cache.get("one"), cache.get("two")) == (1, None)
    one.rename(tmp_path / "elsewhere")
    one.symlink_to(tmp_path / "elsewhere")
    assert cache.get("one") is None
    two.unlink()
    os.mkfifo(two)
    assert cache.get("two") is None
    cache.put("two", 2)
    assert cache.get("two") == 2
    two.chmod(0o666)
    assert cache.get("two") is None
    two.chmod(0o600)
    os.truncate(two, 1 << 40)  # what is larger than all of the cache may be
    assert cache.get("two") is None


def test_private(cache: Cache) -> None:
    """The folder is made for the user alone, and so is each entry, whatever the umask."""
    before = os.umask(0)
    try:
        cache.put("key", 1)
    finally:
        os.umask(before)
    [entry] = entries(cache)
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_shared_folder(cache: Cache, mode: int) -> None:
    """A folder into which others may write is not used, neither to read nor to write."""
    cache.put("key", 1)
    folder = entries(cache)[0].parent
    folder.chmod(mode)
    cache.put("other", 2)
    assert (cache.get("key"), len(entries(cache))) == (None, 1)
    folder.chmod(0o755)
    assert cache.get("key") == 1


def test_folder_of_another(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that belongs to somebody else is not used."""
    cache.put("key", 1)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    cache.put("key", 2)
    assert cache.get("key") is None
    monkeypatch.undo()
    assert cache.get("key") == 1


def test_link_to_a_folder(tmp_path: Path) -> None:
    """A link in the folder's place is not followed."""
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    cache = Cache(str(tmp_path / "link"))
    cache.put("key", 1)
    assert cache.get("key") is None
    assert not list((tmp_path / "real").iterdir())


@pytest.mark.parametrize("folder", [None, "/proc/pymacaron", "/dev/null/pymacaron", "\0", ""])
def test_without_a_folder(folder: str | None) -> None:
    """Where nothing can be kept, nothing is, and nothing fails."""
    cache = Cache(folder)
    cache.put("key", 1)
    assert cache.get("key") is None


@pytest.mark.parametrize("value", [None, object(), "\ud800", {"a": ["\ud800"]}])
def test_what_cannot_be_kept(cache: Cache, value: Any) -> None:
    """A value that is not JSON is not kept, and nothing fails."""
    cache.put("key", value)
    assert cache.get("key") is None
    bottomless: list[Any] = []
    bottomless.append(bottomless)
    cache.put("key", bottomless)
    assert cache.get("key") is None
    cache.put("key", math.inf)
    assert cache.get("key") == math.inf


def test_a_failed_write_leaves_nothing(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the entry before stays and nothing half-written is left."""
    cache.put("key", 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.put("key", 2)
    assert (cache.get("key"), len(entries(cache))) == (1, 1)


def test_limit(tmp_path: Path) -> None:
    """The folder stays below its limit: what was not used for longest goes first, and other files are left alone."""
    cache = Cache(str(tmp_path / "c"), limit=10_000)
    for number in range(4):
        cache.put(f"{number}", "x" * 2000)
    (tmp_path / "c" / "mine.txt").write_text("y" * 9000)
    for age, entry in enumerate(sorted((tmp_path / "c").glob("*.pym"))):
        os.utime(entry, (age, age))
    assert cache.get("1") == "x" * 2000  # used, so it is now the newest
    for number in range(4, 7):
        cache.put(f"{number}", "x" * 2000)
    kept = [number for number in range(7) if cache.get(f"{number}")]
    assert len(kept) == 4
    assert {1, 4, 5, 6} == set(kept)
    cache.put("huge", "x" * 5000)
    assert cache.get("huge") is None
    assert (tmp_path / "c" / "mine.txt").exists()


def test_left_behind(tmp_path: Path) -> None:
    """What a process that died left half-written is removed after an hour, not before."""
    (tmp_path / "c").mkdir(mode=0o700)
    old, new = tmp_path / "c" / "0.tmp.pym", tmp_path / "c" / "1.tmp.pym"
    for half in (old, new):
        half.write_bytes(b"half")
    os.utime(old, (0, 0))
    Cache(str(tmp_path / "c")).put("key", 1)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"PYMACARON_CACHE": "off", "XDG_CACHE_HOME": "/x"}, None),
        ({"PYMACARON_CACHE": "OFF"}, None),
        ({"PYMACARON_CACHE": "/a/b"}, "/a/b"),
        ({"PYMACARON_CACHE": "", "XDG_CACHE_HOME": "/x"}, "/x/pymacaron"),
        ({"XDG_CACHE_HOME": "not/absolute"}, "/home/me/.cache/pymacaron"),
        ({}, "/home/me/.cache/pymacaron"),
    ],
)
def test_where(environment: dict[str, str], folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """PYMACARON_CACHE decides, then XDG_CACHE_HOME if absolute, then the home folder."""
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder(environment) == folder
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user without a home
    assert cache_folder({}) is None


WRITER = """
import sys
from pymacaron.documents import Cache
cache, mine = Cache(sys.argv[1], limit=400_000), sys.argv[2]
seen = set()
for turn in range(150):
    cache.put("shared", [mine] * 2000)
    cache.put(f"{mine} {turn}", "x" * 3000)
    value = cache.get("shared")
    assert value is None or (len(value) == 2000 and len(set(value)) == 1), value[:3]
    seen.add(value and value[0])
print(len(seen))
"""


def test_many_processes(tmp_path: Path) -> None:
    """Processes that write, read and drop entries at once see whole values only, and none fails."""
    command = [sys.executable, "-W", "error", "-c", WRITER, str(tmp_path / "c")]
    running = [
        subprocess.Popen([*command, f"p{number}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for number in range(4)
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert not list((tmp_path / "c").glob("*.tmp*"))
    assert sum(entry.stat().st_size for entry in (tmp_path / "c").iterdir()) < 4 * 400_000


READER = """
import sys
from pymacaron.documents import Files
print(Files().open(sys.argv[1]).value, "yaml" in sys.modules)
"""


def test_documents_are_kept(tmp_path: Path) -> None:
    """A YAML file is parsed once; the next process does not even import the parser, until the content changes."""
    path = tmp_path / "a.yaml"
    environment = {**os.environ, "PYMACARON_CACHE": str(tmp_path / "c")}
    said = []
    for text in ("a: [1, no]", "a: [1, no]", "a: 18446744073709551617", "a: 18446744073709551617"):
        path.write_text(text)
        command = [sys.executable, "-c", READER, str(path)]
        said.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert said[:2] == ["{'a': [1, 'no']} True", "{'a': [1, 'no']} False"]
    assert said[2:] == ["{'a': 18446744073709551617} True", "{'a': 18446744073709551617} False"]


def test_warnings_are_kept(tmp_path: Path, cache: Cache) -> None:
    """Keys written twice are told from the cache as they are without it."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\na: 2\n")
    told = []
    for _ in range(2):
        files = Files(cache)
        files.open(path)
        told.append(files.warnings())
    assert told[0] == told[1] != []
