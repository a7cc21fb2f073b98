"""What is installed in an image: the requirements that a project writes down, and pymacaron as it is here."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pymacaron._version import __version__
from pymacaron.config import Config
from pymacaron.exceptions import Finding, StartError

from .locks import LOCKS, check_fresh, locked, normal
from .wheels import from_index, write_wheel

FILES = ("requirements.lock", "requirements.txt", *LOCKS)  # the first that there is; else pyproject.toml
WHEELS = "wheels"
INDEX = "index"  # in place of a wheel: pymacaron comes from the index
_PROJECT = "pyproject.toml"
_OURS = re.compile(
    r"pymacaron\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?P<rest>(?:[@=<>~!;(\s].*)?)", re.IGNORECASE | re.DOTALL
)
_OTHERS = re.compile(r"(?:(?P<more>-r|--requirement)|-c|--constraint)[\s=]*(?P<path>\S.*)")
_PATH = re.compile(r"(?:-e\b|--editable\b|\.{0,2}/|file:|\S+\s*@\s*file:|\.$)")
_DISTRIBUTIONS = {  # what an extra brings
    "granian": "granian", "gunicorn": "gunicorn", "async": "celery", "aws": "boto3", "crypto": "cryptography",
    "sentry": "sentry-sdk", "metrics": "prometheus-client", "otel": "opentelemetry-sdk",
}  # fmt: skip


class Requirement(NamedTuple):
    """One requirement, its continued lines joined, and where it stands."""

    place: str
    text: str


def stage_requirements(
    folder: str, target: str, configs: Iterable[Config], *, file: str | None = None, pymacaron: str | None = None
) -> str:
    """Write what is to be installed into `target`, with the wheels that it needs; the file that says so, if any.

    The file `requirements.txt` there holds what pip installs; wheels lie in `wheels`, of which that of pymacaron is
    installed by itself, without its requirements, where the others are checked by their hashes: `pymacaron.txt`.

    Args:
        configs: of all environments that the image is for.
        file: the project's requirements; None: the first of the usual ones.
        pymacaron: a wheel, or "index"; None: it is installed as it was here.

    Raises:
        StartError: a requirement cannot be met in an image.
    """
    os.makedirs(os.path.join(target, WHEELS))
    name = file or next((name for name in (*FILES, _PROJECT) if os.path.isfile(os.path.join(folder, name))), "")
    wanted = list(_read(folder, name))
    ours = [found for one in wanted if (found := _OURS.fullmatch(one.text))]
    hashed = any("--hash=" in one.text for one in wanted)
    is_locked = hashed and any("--hash=" in found["rest"] for found in ours)
    others = [_staged(one, folder, target) for one in wanted if is_locked or not _OURS.fullmatch(one.text)]
    extras = {extra.strip() for found in ours for extra in (found["extras"] or "").split(",") if extra.strip()}
    needed = {extra for config in configs for extra in _needed(config)} | set(_serving(configs, others))
    if is_locked:
        _check_ours(name, [found["rest"] for found in ours])
    if hashed:
        _check_locked(name, needed, others)
    own = None if is_locked else _own(target, extras | needed, [found["rest"] for found in ours], pymacaron)
    _write(target, "requirements.txt", [*others, *([own] if own and not hashed else [])])
    _write(target, "pymacaron.txt", [re.sub(r"\[.*?\]", "", own, count=1)] if own and hashed else [])
    return name


def _serving(configs: Iterable[Config], others: Iterable[str]) -> Iterator[str]:
    """The extras of what serves: as the settings say, else what is required anyway."""
    named = {normal(one) for one in others}
    usual = "gunicorn" if "gunicorn" in named and "granian" not in named else "granian"
    said = [config.get("server") for config in configs]
    yield from (one or usual for one in said or [None])


def _needed(config: Config) -> Iterator[str]:
    """The extras of pymacaron that the other settings ask for."""
    if config.with_async or _is_set(config, "rate_limit_store"):
        yield "async"
    if (config.store or "").startswith("dynamodb:"):
        yield "aws"
    if (
        (config.jwt_algorithm or "HS256")[:2] != "HS"
        or _is_set(config, "jwt_jwks")
        or _is_set(config, "jwt_public_key")
    ):
        yield "crypto"
    if "sentry" in config.report_to:
        yield "sentry"
    if config.metrics:
        yield "metrics"
    if config.opentelemetry == "on":
        yield "otel"


def _is_set(config: Config, key: str) -> bool:
    """Does the file say something, if only the name of a variable that is not set here?"""
    return key in config or any(finding.path == key for finding in config.config_findings)


def _check_locked(name: str, needed: Iterable[str], others: Iterable[str]) -> None:
    """
    Raises:
        StartError: what the settings need is not among what is locked.
    """
    there = {normal(one) for one in others}
    missing = sorted(extra for extra in needed if _DISTRIBUTIONS[extra] not in there)
    if missing:
        names = ", ".join(_DISTRIBUTIONS[extra] for extra in missing)
        cure = f"lock pymacaron[{','.join(missing)}] with the rest"
        raise StartError([Finding(name, "", f"has hashes, but none for {names}, which this service needs", cure)])


def _check_ours(name: str, said: Iterable[str]) -> None:
    """
    Raises:
        StartError: the lock has another pymacaron than the one that the service is written for.
    """
    ours = __version__.partition(".")[0]
    for rest in said:
        found = re.match(r"\s*={2,3}\s*v?((\d+)[\w.]*)", rest)
        if found and found[2] != ours:
            fact = f"has pymacaron {found[1]}, and {__version__} builds this"
            cure = f"require 'pymacaron>={ours}', from a wheel of yours where no index has it, and lock again"
            raise StartError([Finding(name, "", fact, cure)])


def _own(target: str, extras: set[str], said: list[str], given: str | None) -> str:
    """The requirement of pymacaron itself: a wheel in the image's context, or a version on the index."""
    named = f"pymacaron[{','.join(sorted(extras))}]" if extras else "pymacaron"
    version = from_index()
    if given == INDEX or (given is None and version is not None):
        wanted = next((rest.strip() for rest in said if rest.strip() and not rest.lstrip().startswith("@")), "")
        return f"{named}{wanted or (f'=={version}' if version else '>=3')}"
    if given is not None:
        return f"{named} @ file:///requirements/{WHEELS}/{_copied(given, target)}"
    return f"{named} @ file:///requirements/{WHEELS}/{write_wheel(os.path.join(target, WHEELS))}"


# Reading


def _read(folder: str, name: str, above: tuple[str, ...] = ()) -> Iterator[Requirement]:
    """
    Args:
        above: the files that name this one.

    Raises:
        StartError: it cannot be read, or is not what pip takes.
    """
    if name in above:
        raise StartError([Finding(name, "", "includes itself by -r", "remove that line")])
    if name in {"", _PROJECT}:
        yield from _of_project(folder)
        return
    if os.path.basename(name) in LOCKS:
        yield from _of_lock(folder, name)
        return
    lines = iter(enumerate(_text(folder, name).splitlines(), 1))
    for number, line in lines:
        text = line
        while text.endswith("\\"):
            text = text[:-1] + next(lines, (0, ""))[1].strip()
        text = re.sub(r"(^|\s)#.*", "", text).strip()
        other = _OTHERS.fullmatch(text)
        if other and other["more"]:
            path = os.path.normpath(os.path.join(os.path.dirname(name), other["path"].strip()))
            yield from _read(folder, path, (*above, name))
        elif text:
            yield Requirement(f"{name}:{number}", text)


def _of_lock(folder: str, name: str) -> Iterator[Requirement]:
    """What a lock file of another tool asks for, if the project beside it asks for no more than that."""
    found = [Requirement(*one) for one in locked(name, _text(folder, name))]
    beside = os.path.join(folder, os.path.dirname(name))
    if os.path.isfile(os.path.join(beside, _PROJECT)):
        check_fresh(name, (one.text for one in _of_project(beside)), (one.text for one in found))
    yield from found


def _of_project(folder: str) -> Iterator[Requirement]:
    if not os.path.isfile(os.path.join(folder, _PROJECT)):
        return
    try:
        project = tomllib.loads(_text(folder, _PROJECT)).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise StartError([Finding(_PROJECT, "", f"is not valid TOML: {error}", "mend it")]) from None
    if "dependencies" in project.get("dynamic", ()):
        cure = "write them into requirements.txt"
        raise StartError([Finding(_PROJECT, "project.dynamic", "its dependencies are dynamic", cure)])
    for at, one in enumerate(project.get("dependencies", ())):
        yield Requirement(f"{_PROJECT}: project.dependencies.{at}", str(one))


def _text(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise StartError(f"{name} cannot be read: {error.strerror}; name another file: --requirements") from None
    except UnicodeDecodeError:
        raise StartError(f"{name} is not UTF-8; save it as UTF-8") from None


# Staging


def _staged(one: Requirement, folder: str, target: str) -> str:
    """The requirement as it is in the image.

    Raises:
        StartError: it is a path of this machine, or a credential.
    """
    constraint = _OTHERS.fullmatch(one.text)
    if constraint:
        name = f"constraints-{len(os.listdir(target))}.txt"
        _write(target, name, [found.text for found in _read(folder, constraint["path"].strip())])
        return f"--constraint {name}"
    if re.search(r"://[^/\s@]+:[^/\s@]+@", one.text):
        cure = "fetch its wheels into a folder (pip download), and name that: --wheels"
        raise StartError([Finding(one.place, "", "contains a password, which would stay in the image", cure)])
    if not _PATH.match(one.text):
        return one.text
    path = os.path.join(folder, one.text)
    if one.text.endswith(".whl") and os.path.isfile(path):
        return f"/requirements/{WHEELS}/{_copied(path, target)}"
    cure = "build a wheel of it into the project and name that (./wheels/name.whl), or publish it"
    raise StartError([Finding(one.place, "", "is a path on this machine, which does not exist in the image", cure)])


def stage_wheels(given: str, target: str) -> None:
    """Copy the wheels of a folder, for pip to take before it asks the index.

    Raises:
        StartError: there are none.
    """
    names = sorted(name for name in os.listdir(given) if name.endswith(".whl")) if os.path.isdir(given) else []
    if not names:
        raise StartError(
            f"there are no wheels in {given}; fetch them: `pip download --dest {given} -r requirements.txt`"
        )
    for name in names:
        _copied(os.path.join(given, name), target)


def _copied(path: str, target: str) -> str:
    try:
        shutil.copyfile(path, os.path.join(target, WHEELS, os.path.basename(path)))
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror}; name a wheel") from None
    return os.path.basename(path)


def _write(target: str, name: str, lines: Iterable[str]) -> None:
    with open(os.path.join(target, name), "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
