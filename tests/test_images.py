"""Images: what of a project is in one, what never is, and that it is the same each time."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from engines import BASE
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import ROOT

from pymacaron.config import Config
from pymacaron.exceptions import StartError
from pymacaron.images import Wish, staged
from pymacaron.images.context import digest_of, stage_files
from pymacaron.images.dockerfile import own_of
from pymacaron.images.ignoring import TESTS, USUAL, Rules, files_of
from pymacaron.images.leaks import Leaks
from pymacaron.images.requirements import stage_requirements
from pymacaron.images.versions import Revision, repository_of, version_of
from pymacaron.images.wheels import write_wheel

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBlVJzSEyVrTmJyBdGpKlmqCc7G3\n-----END EC PRIVATE KEY-----\n"
WORD = "wormwood-and-gall-4711"  # what env_secrets names in these tests


def written(folder: Path, **files: str) -> Path:
    """A folder with files; in their names, __ stands for /."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


# Which files


@pytest.mark.parametrize(
    ("patterns", "out", "stays"),
    [
        (["a"], ["a", "a/b", "a/b/c"], ["ab", "b/a"]),
        (["*.log"], ["x.log"], ["x/y.log", "xlog"]),
        (["**/*.log"], ["x.log", "x/y.log", "x/y/z.log"], ["log"]),
        (["/a/"], ["a/b"], ["b/a"]),
        (["a/**"], ["a/b", "a/b/c"], ["b"]),
        (["a?c"], ["abc"], ["ac", "a/c"]),
        (["[ab]x"], ["ax", "bx/y"], ["cx"]),
        (["*", "!keep"], ["a", "a/keep"], ["keep", "keep/b"]),
        (["a", "!a/b", "a/b/c"], ["a/x", "a/b/c"], ["a/b", "a/b/d"]),
        (["!a", "a"], ["a"], []),
        ([r"\*"], ["*"], ["a"]),
        (["d*/*", "!?"], ["d/a"], ["d"]),
        (["*", "!?"], ["ab/c"], ["d", "d/a"]),
    ],
)
def test_rules(patterns: list[str], out: list[str], stays: list[str]) -> None:
    """Of the patterns that fit a path or a folder above it, the last one counts, as in .dockerignore."""
    rules = Rules(patterns)
    assert [path for path in (*out, *stays) if rules(path)] == out


def test_only_what_belongs_there_is_sent(tmp_path: Path) -> None:
    """Hidden files, tests and what tools leave stay out; .dockerignore counts, both ways."""
    names = ("server", "api__a", "venv__x", "test__b", "testaccept__c", "Makefile", "notes__d", "data__e", "data__keep")
    written(tmp_path, **dict.fromkeys(names, ""))
    for name in (".env", ".git/config", ".well-known/x", "venv/pyvenv.cfg", "venv/y", "s.sqlite", "node_modules/z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("# ours\nnotes\ndata/*\n!data/keep\n!.well-known\n!.git\n", "utf-8")
    assert list(files_of(str(tmp_path))) == [".well-known/x", "api/a", "data/keep", "server"]
    assert "test/b" in files_of(str(tmp_path), with_tests=True)


def test_what_is_no_file_is_not_sent(tmp_path: Path) -> None:
    """Pipes and sockets stay out, and are not waited for; names that are no text are as good as others."""
    project, target = written(tmp_path / "project", a=""), tmp_path / "target"
    os.mkfifo(project / "pipe")
    odd = os.fsdecode(b"\xff.txt")
    (project / odd).touch()
    files = list(files_of(str(project)))
    assert files == ["a", odd]
    stage_files(str(project), str(target), files, Leaks({}), ())
    assert len(digest_of(str(target))) == 64


TREE = ("a", "b.log", "d/a", "d/b", "d/e/a", "d/e/b.log", "f/a", "f/d/a")
PIECES = st.sampled_from(["a", "b", "*", "?", "*.log", "**", "d", "e", "f", "[de]"])
PATTERNS = st.lists(
    st.builds(
        str.__add__, st.sampled_from(["", "", "!"]), st.lists(PIECES, min_size=1, max_size=3).map("/".join)
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("tree"), **{name.replace("/", "__"): "" for name in TREE})


@settings(max_examples=50)
@given(PATTERNS)
def test_folders_that_are_left_out_hold_nothing(tree: Path, patterns: list[str]) -> None:
    """Folders are looked into only where a rule may bring something back, and nothing is missed by that."""
    (tree / ".dockerignore").write_text("\n".join(patterns), "utf-8")
    rules = Rules([*USUAL, *TESTS, *patterns])
    assert list(files_of(str(tree))) == [name for name in sorted(TREE) if not rules(name)]


def test_links_stay_within(tmp_path: Path) -> None:
    """A link within the project stays a link; one that leads out of it is refused, by name."""
    project, target = written(tmp_path / "in", a="x"), tmp_path / "target"
    (project / "inner").symlink_to("a")
    stage_files(str(project), str(target), ["a", "inner"], Leaks({}), ())
    assert (target / "inner").is_symlink()
    (project / "outer").symlink_to("/etc/hostname")
    with pytest.raises(StartError, match=r"outer: is a symbolic link to a file outside the project; copy"):
        stage_files(str(project), str(target), ["outer"], Leaks({}), ())


# Secrets


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("keys.py", f"a\nb = '''{KEY}'''", "keys.py:2: looks like a private key"),
        ("google.json", json.dumps({"private_key": KEY}), "google.json:1: looks like a private key"),
        ("id_rsa", "x", "id_rsa: has a name that key files have"),
        ("store.p12", "x", "store.p12: has a name that key files have"),
        ("a.py", "\nAWS = 'AKIAJ7Q2X3Y4Z5A6B7C8'", "a.py:2: looks like an access key of AWS"),
        ("b.cfg", "index = https://me:hunter22@pypi.corp.io/", "b.cfg:1: looks like a password in a URL"),
        ("e.py", "U = 'postgres://shop:hunter22@db.corp/x'", "e.py:1: looks like a password in a URL"),
        ("Dockerfile.extra", f"ENV A=1\nRUN echo {WORD}", "Dockerfile.extra:2: holds the value of $WORD"),
        ("c.txt", f"\n\nx{WORD}y", "c.txt:3: holds the value of $WORD"),
        ("d.txt", "d29ybXdvb2QtYW5kLWdhbGwtNDcxMQ==", "d.txt:1: holds the value of $WORD"),
    ],
)
def test_secrets_stop_the_build(tmp_path: Path, name: str, text: str, told: str) -> None:
    """A key, or the value of a variable that env_secrets lists, is told with its place and not shown; nothing is built
    unless the file is named as harmless."""
    project = written(tmp_path, **{"server.py": "", "pym-config.yaml": "name: x\nlive_host: x\nenv_secrets: [WORD]\n"})
    written(project, **{name: text})
    wish = Wish(str(project), base=BASE)
    with pytest.raises(StartError) as refused, staged(wish, {"WORD": WORD}):
        pass
    assert told in str(refused.value)
    assert f"--allow {name}" in str(refused.value)
    assert WORD not in str(refused.value)
    with staged(wish._replace(allowed=(name,)), {"WORD": WORD}) as context:
        assert (Path(context.path) / name).exists() or name == "Dockerfile.extra"  # which goes into the Dockerfile


@pytest.mark.parametrize("text", [
    "-----BEGIN PRIVATE KEY----- is how they begin", "AKIAIOSFODNN7EXAMPLE", "https://user:pass@localhost/", "wormwood",
    "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n", "amqp://guest:guest@rabbit.corp//",
    "postgres://shop:password@db.corp/x", "redis://:$PASS@cache.corp/0", "http://[::1]:8080/@x",
])  # fmt: skip
def test_what_only_speaks_of_secrets_is_none(text: str) -> None:
    """Code and pages that write about keys are no keys."""
    assert list(Leaks({WORD: "$WORD"}).of("page.md", text.encode())) == []


@settings(max_examples=40)
@given(st.text(min_size=6), st.lists(st.sampled_from([b"\n", b"x", b"\xff"])), st.binary())
def test_a_value_is_found_wherever_it_stands(value: str, before: list[bytes], behind: bytes) -> None:
    """Whatever bytes are around it, the value is found, and its line is right."""
    data = b"".join(before) + value.encode(errors="surrogatepass") + behind
    found = [one for one in Leaks({value: "it"}).of("f", data) if "value of it" in one.fact]
    assert found
    assert int(found[0].place.split(":")[1]) == data.count(b"\n", 0, data.find(value.encode())) + 1


def test_a_secret_in_the_configuration_is_warned_of(tmp_path: Path) -> None:
    """A setting that is secret and written out is in the image: the build says so."""
    project = written(tmp_path, **{"server.py": "", "pym-config.yaml": "name: x\nlive_host: x\njwt_secret: abc def\n"})
    with staged(Wish(str(project), base=BASE), {}) as context:
        assert "pym-config.yaml: jwt_secret contains the secret itself" in context.warnings[0]


# What is installed


def requirements(tmp_path: Path, text: str, *, config: Config | None = None, more: str = "") -> list[str]:
    """What pip is given for a requirements.txt, beside which there is a more.txt."""
    project, target = written(tmp_path / "project", **{"requirements.txt": text, "more.txt": more}), tmp_path / "target"
    stage_requirements(str(project), str(target), [config or Config()], pymacaron="index")
    return (target / "requirements.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("flask>=3 # why\n\n# no\nrich", ["flask>=3", "rich", "pymacaron[granian]>=3"]),
        ("PyMacaron[async,test] ~= 3.1\n", ["pymacaron[async,granian,test]~= 3.1"]),
        ("pymacaron @ file:///home/me/pymacaron\n", ["pymacaron[granian]>=3"]),
        ("pymacaron-extras\n", ["pymacaron-extras", "pymacaron[granian]>=3"]),
        ("gunicorn==23.0\n", ["gunicorn==23.0", "pymacaron[gunicorn]>=3"]),
        ("a \\\n  ; python_version > '3'\n", ["a ; python_version > '3'", "pymacaron[granian]>=3"]),
        ("-r more.txt\n", ["deep", "pymacaron[granian]>=3"]),
    ],
)
def test_requirements(tmp_path: Path, text: str, installed: list[str]) -> None:
    """pip gets what the project asks for, files that are named in files too, and pymacaron with what serves."""
    assert requirements(tmp_path, text, more="deep") == installed


def test_settings_bring_what_they_need(tmp_path: Path) -> None:
    """Tasks bring celery, DynamoDB boto3, keys that are no shared secrets cryptography; `server` says what serves."""
    config = Config(with_async=True, store="dynamodb://eu-west-1", jwt_algorithm="RS256", server="gunicorn")
    assert requirements(tmp_path, "", config=config) == ["pymacaron[async,aws,crypto,gunicorn]>=3"]
    shutil.rmtree(tmp_path / "target")
    config = Config(metrics=True, opentelemetry="on", report_to=["sentry"], rate_limit_store="redis://cache")
    assert requirements(tmp_path, "", config=config) == ["pymacaron[async,granian,metrics,otel,sentry]>=3"]


def test_pyproject_counts_where_there_is_no_list(tmp_path: Path) -> None:
    """Without requirements.txt, the dependencies of pyproject.toml are installed."""
    project = written(tmp_path / "p", **{"pyproject.toml": '[project]\ndependencies = ["rich>=1"]\n'})
    assert stage_requirements(str(project), str(tmp_path / "t"), [], pymacaron="index") == "pyproject.toml"
    assert "rich>=1\n" in (tmp_path / "t/requirements.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"requirements.txt": "a\n-e ../lib"}, "requirements.txt:2: is a path on this machine"),
        ({"requirements.txt": "lib @ file:///home/me/lib"}, "requirements.txt:1: is a path on this machine"),
        ({"requirements.txt": "--index-url https://me:secret@corp/simple"}, "requirements.txt:1: contains a password"),
        ({"requirements.txt": "-r none.txt"}, "none.txt cannot be read"),
        ({"requirements.txt": "-r ./requirements.txt"}, "requirements.txt: includes itself by -r"),
        ({"requirements.lock": "a==1 --hash=sha256:00"}, "requirements.lock: has hashes, but none for granian"),
        (
            {"pyproject.toml": "", "uv.lock": ""},
            "uv.lock: is not written as expected (KeyError: 'package'); run `uv exp",
        ),
        ({"pyproject.toml": '[project]\ndynamic=["dependencies"]'}, "its dependencies are dynamic"),
        ({"pyproject.toml": "["}, "pyproject.toml: is not valid TOML"),
    ],
)
def test_what_an_image_cannot_install(tmp_path: Path, files: dict[str, str], told: str) -> None:
    """What is not there in an image is told with its line, before anything is built."""
    with pytest.raises(StartError) as refused:
        stage_requirements(str(written(tmp_path / "p", **files)), str(tmp_path / "t"), [], pymacaron="index")
    assert told in str(refused.value)


def test_hashes_are_kept(tmp_path: Path) -> None:
    """A lock with hashes is installed as it is; pymacaron, which is not in it, by itself."""
    lock = "granian==2.8 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n"
    project, target = written(tmp_path / "p", **{"requirements.lock": lock}), tmp_path / "t"
    stage_requirements(str(project), str(target), [])
    assert (target / "requirements.txt").read_text("utf-8") == "granian==2.8 --hash=sha256:ab --hash=sha256:cd\n"
    assert (
        (target / "pymacaron.txt").read_text("utf-8").startswith("pymacaron @ file:///requirements/wheels/pymacaron-")
    )


def test_the_wheel_is_this_pymacaron(tmp_path: Path) -> None:
    """The wheel has the files that run here, each with its checksum, and twice the same bytes."""
    (tmp_path / "again").mkdir()
    name = write_wheel(str(tmp_path))
    assert (tmp_path / name).read_bytes() == (tmp_path / "again" / write_wheel(str(tmp_path / "again"))).read_bytes()
    with zipfile.ZipFile(tmp_path / name) as wheel:
        record = next(one for one in wheel.namelist() if one.endswith("/RECORD"))
        listed = [line.split(",")[0] for line in wheel.read(record).decode().splitlines()]
        assert sorted(listed) == sorted(wheel.namelist())
        assert wheel.read("pymacaron/images/wheels.py") == (ROOT / "src/pymacaron/images/wheels.py").read_bytes()
        assert {"pymacaron_core/__init__.py", "pymacaron/py.typed"} <= set(listed)


# What it is called


@settings(max_examples=40)
@given(st.text())
def test_names_and_versions_fit_a_tag(text: str) -> None:
    """Whatever a service and its tags in git are called, container engines take the names."""
    assert re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", repository_of(text))
    version = version_of(Revision(text, "", None), "0123456789abcdef")
    assert re.fullmatch(r"\w[\w.-]{0,127}", version, re.ASCII)
    assert version.endswith("0123456789ab")


def test_the_digest_is_of_what_is_sent(tmp_path: Path) -> None:
    """The same files, whenever they were written, have the same digest; another byte, name or permission has not."""
    one = written(tmp_path / "one", a="1", b__c="2")
    other = written(tmp_path / "other", b__c="2", a="1")
    os.utime(other / "a", (1, 1))
    digests = [digest_of(str(one)), digest_of(str(other))]
    (other / "a").chmod(0o755)
    digests.append(digest_of(str(other)))
    (other / "a").write_text("3", "utf-8")
    digests.append(digest_of(str(other)))
    (other / "a").rename(other / "d")
    digests.append(digest_of(str(other)))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_own_lines_stay_in_their_stage(tmp_path: Path) -> None:
    """Lines for a stage that begin another one are refused, with their place."""
    written(tmp_path, **{"Dockerfile.extra": "RUN true\nfrom other\n"})
    with pytest.raises(StartError, match=r"Dockerfile\.extra:2: starts another stage; remove FROM"):
        own_of(str(tmp_path))


def test_a_folder_without_a_service(tmp_path: Path) -> None:
    """Where there is no service, that is said."""
    with (
        pytest.raises(StartError, match=r"there is no server\.py in .*; run this in the folder of a service"),
        staged(Wish(str(tmp_path)), {}),
    ):
        pass
