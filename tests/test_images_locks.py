"""Lock files of uv, Poetry, PDM and Pipenv, as what pip installs in an image."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement

from pymacaron.exceptions import StartError
from pymacaron.images.locks import LOCKS, locked
from pymacaron.images.requirements import stage_requirements

UV = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "celery"
version = "5.7.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "tzdata", marker = "sys_platform == 'win32'" }]
wheels = [{ url = "https://files.example/celery.whl", hash = "sha256:c1" }]

[package.optional-dependencies]
redis = [{ name = "redis" }]

[[package]]
name = "iniconfig"
version = "2.3.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/iniconfig.whl", hash = "sha256:i1" }]

[[package]]
name = "redis"
version = "8.1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.example/redis.tar.gz", hash = "sha256:r1" }
wheels = [{ url = "https://files.example/redis.whl", hash = "sha256:r2" }]

[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "celery", extra = ["redis"] }]

[package.dev-dependencies]
dev = [{ name = "iniconfig" }]

[[package]]
name = "tzdata"
version = "2026.6"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/tzdata.whl", hash = "sha256:t1" }]
"""
POETRY = """
[[package]]
name = "celery"
version = "5.7.0"
optional = false
groups = ["main"]
files = [{file = "celery.whl", hash = "sha256:c1"}]

[package.dependencies]
redis = {version = ">=5", optional = true}
tzdata = {version = ">=2020", markers = "sys_platform == 'win32'"}

[[package]]
name = "iniconfig"
version = "2.3.0"
optional = false
groups = ["dev"]
files = [{file = "iniconfig.whl", hash = "sha256:i1"}]

[[package]]
name = "redis"
version = "8.1.0"
optional = false
groups = ["main"]
files = [{file = "redis.tar.gz", hash = "sha256:r1"}, {file = "redis.whl", hash = "sha256:r2"}]

[package.source]
type = "legacy"
url = "https://pypi.org/simple"
reference = "simple"

[[package]]
name = "tzdata"
version = "2026.6"
optional = false
groups = ["main", "dev"]
markers = {main = "sys_platform == 'win32'"}
files = [{file = "tzdata.whl", hash = "sha256:t1"}]

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "00"
"""
PDM = """
[metadata]
groups = ["default", "dev"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:00"

[[package]]
name = "celery"
version = "5.7.0"
groups = ["default"]
files = [{file = "celery.whl", hash = "sha256:c1"}]

[[package]]
name = "celery"
version = "5.7.0"
extras = ["redis"]
groups = ["default"]
dependencies = ["celery==5.7.0", "redis>=5"]
files = [{file = "celery.whl", hash = "sha256:c1"}]

[[package]]
name = "iniconfig"
version = "2.3.0"
groups = ["dev"]
files = [{file = "iniconfig.whl", hash = "sha256:i1"}]

[[package]]
name = "redis"
version = "8.1.0"
groups = ["default"]
files = [{file = "redis.tar.gz", hash = "sha256:r1"}, {file = "redis.whl", hash = "sha256:r2"}]

[[package]]
name = "tzdata"
version = "2026.6"
groups = ["default", "dev"]
marker = "sys_platform == 'win32'"
files = [{file = "tzdata.whl", hash = "sha256:t1"}]
"""
PIPENV = json.dumps({
    "_meta": {"pipfile-spec": 6},
    "default": {
        "celery": {"extras": ["redis"], "hashes": ["sha256:c1"], "index": "pypi", "version": "==5.7.0"},
        "redis": {"hashes": ["sha256:r1", "sha256:r2"], "version": "==8.1.0"},
        "tzdata": {"hashes": ["sha256:t1"], "markers": "sys_platform == 'win32'", "version": "==2026.6"},
    },
    "develop": {"iniconfig": {"hashes": ["sha256:i1"], "version": "==2.3.0"}},
})  # fmt: skip
TEXTS = {"uv.lock": UV, "poetry.lock": POETRY, "pdm.lock": PDM, "Pipfile.lock": PIPENV}


def parsed(text: str) -> tuple[str, str, str, frozenset[str]]:
    """Name, version, marker and hashes of a line, as pip takes it."""
    requirement, *hashes = text.split(" --hash=")
    one = Requirement(requirement)
    return one.name, str(one.specifier), str(one.marker or ""), frozenset(hashes)


@pytest.mark.parametrize("name", LOCKS)
def test_one_project_by_four_tools(name: str) -> None:
    """Each tool's lock of the same project says the same: exact versions with the hashes of all their files, extras and
    markers resolved, nothing that is for development only, and not the project itself."""
    assert {parsed(text) for _, text in locked(name, TEXTS[name])} == {
        ("celery", "==5.7.0", "", frozenset(["sha256:c1"])),
        ("redis", "==8.1.0", "", frozenset(["sha256:r1", "sha256:r2"])),
        ("tzdata", "==2026.6", 'sys_platform == "win32"', frozenset(["sha256:t1"])),
    }


MARKERS = ("sys_platform == 'linux'", "platform_machine == 'arm64'", "python_version < '3.12'")
ENVIRONMENTS = [
    {"sys_platform": system, "platform_machine": machine, "python_version": python}
    for system, machine, python in itertools.product(("linux", "win32"), ("arm64", "x86_64"), ("3.11", "3.13"))
]
EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6), st.sampled_from(["", *MARKERS])), max_size=14)


def lock_of(edges: list[tuple[int, int, str]]) -> str:
    """A lock of uv's of a graph whose root is 0."""
    packages = []
    for number in range(7):
        needs = ", ".join(
            f'{{ name = "p{to}"' + (f', marker = "{marker}"' if marker else "") + " }"
            for start, to, marker in edges if start == number
        )  # fmt: skip
        source = '{ virtual = "." }' if number == 0 else '{ registry = "https://pypi.org/simple" }'
        lines = [f'name = "p{number}"', 'version = "1"', f"source = {source}", f"dependencies = [{needs}]"]
        packages.append("\n".join(["[[package]]", *lines, 'wheels = [{ url = "u", hash = "sha256:00" }]']))
    return "\n".join(["version = 1", *packages])


def holds(marker: str, environment: dict[str, str]) -> bool:
    return not marker or Marker(marker).evaluate({**environment})


@given(EDGES)
def test_a_graph_for_all_machines(edges: list[tuple[int, int, str]]) -> None:
    """On any machine, what is installed is what can be reached there: over requirements whose markers hold, in circles,
    too."""
    rows = [parsed(text) for _, text in locked("uv.lock", lock_of(edges))]
    assert len({name for name, *_ in rows}) == len(rows)
    for environment in ENVIRONMENTS:
        there = {(start, to) for start, to, marker in edges if holds(marker, environment)}
        reached, size = {0}, 0
        while len(reached) > size:
            size = len(reached)
            reached |= {to for start, to in there if start in reached}
        installed = {name for name, _, marker, _ in rows if holds(marker, environment)}
        assert installed == {f"p{number}" for number in reached - {0}}


@pytest.mark.parametrize(("name", "old", "new", "told"), [
    ("uv.lock", 'redis"\nversion = "8.1.0"\nsource = { registry = "https://pypi.org/simple" }',
     'redis"\nversion = "8.1.0"\nsource = { git = "https://git.example/redis" }', "redis: does not come from an index"),
    ("uv.lock", 'virtual = "."', 'virtual = "other"', "does not contain the project of this folder"),
    ("poetry.lock", "groups = ", "old-groups = ", "does not say what is for development only.*poetry export"),
    ("pdm.lock", 'groups = ["default"]', 'other = ["default"]', "does not say which groups need what.*pdm export"),
    ("Pipfile.lock", '"version": "==8.1.0"', '"git": "https://git.example/redis"', "redis: does not come from an"),
    ("Pipfile.lock", "{", "[", "cannot be read"), ("uv.lock", "version = 1", "version = ", "cannot be read"),
    ("poetry.lock", "files = [{file", "other = [{file", "is not written as expected"),
])  # fmt: skip
def test_what_is_not_understood(name: str, old: str, new: str, told: str) -> None:
    """What no index has, and locks of other formats, are told with the package and with a command that helps."""
    assert old in TEXTS[name]
    with pytest.raises(StartError, match=told):
        list(locked(name, TEXTS[name].replace(old, new)))


def test_a_lock_is_staged(tmp_path: Path) -> None:
    """A list comes before a lock, a lock before pyproject.toml; a lock that lacks what the project requires by now is
    refused; pymacaron that a lock has from a folder comes as it is here."""
    text = UV.replace('"celery"', '"granian"')
    text = text.replace('[{ name = "granian", extra', '[{ name = "pymacaron" }, { name = "granian", extra')
    text += '\n[[package]]\nname = "pymacaron"\nversion = "3"\nsource = { editable = "../pymacaron" }\n'
    (tmp_path / "uv.lock").write_text(text)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["Granian>2", "pymacaron"]\n')
    assert stage_requirements(str(tmp_path), str(tmp_path / "t"), []) == "uv.lock"
    lines = (tmp_path / "t/requirements.txt").read_text("utf-8").splitlines()
    assert lines[0] == "granian==5.7.0 --hash=sha256:c1"
    assert "file:///requirements/wheels/pymacaron-" in (tmp_path / "t/pymacaron.txt").read_text("utf-8")
    old = text.replace('"3"\nsource = { editable = "../pymacaron" }', '"2.0.345"\nsource = { registry = "x" }')
    (tmp_path / "uv.lock").write_text(f'{old}wheels = [{{ url = "u", hash = "sha256:p1" }}]\n')
    with pytest.raises(
        StartError, match=r"uv.lock: has pymacaron 2.0.345, and 3.* builds this; require 'pymacaron>=3'"
    ):
        stage_requirements(str(tmp_path), str(tmp_path / "o"), [])
    (tmp_path / "uv.lock").write_text(text)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["granian", "Rich_Text[x]>=1"]\n')
    with pytest.raises(StartError, match=r"uv.lock: does not have rich-text.*`uv lock`"):
        stage_requirements(str(tmp_path), str(tmp_path / "u"), [])
    (tmp_path / "requirements.txt").write_text("rich\n")
    assert stage_requirements(str(tmp_path), str(tmp_path / "v"), [], pymacaron="index") == "requirements.txt"
