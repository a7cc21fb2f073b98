"""What pym-config.yaml says: values with their places, and secrets from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from pymacaron._types import Environment, Json, Pointer
from pymacaron.documents.faults import SourceError
from pymacaron.documents.findings import Lines
from pymacaron.documents.positions import Place, positions
from pymacaron.documents.sources import decode, read
from pymacaron.exceptions import Finding

from .kinds import ALGORITHMS, nearest
from .secret import STARS, Secret, remember
from .settings import ALIASES, RESERVED, SETTINGS, read_setting, takes_text, wrong_value

_SHELL = re.compile(r"\$\{([A-Za-z_]\w*)\}|^\$([A-Z_][A-Z0-9_]*)$")  # what a shell would replace
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,}")  # what looks like the name of an environment variable
_UNSET = "the environment variable"  # how findings on those begin that are not set
_NOTHING = re.compile(r"\s*(?:#[^\n]*(?:\n\s*|\Z))*")  # no more than comments
# Lines as "name: shop" and nothing else. Such a file is read without the YAML library, which takes 8 ms to import.
_WORD_LINES = re.compile(r"(?:(?:[a-z]\w*: [A-Za-z][\w./-]*|#[ -~]*|)(?:\n|\Z))*", re.ASCII)
_NO_TEXTS = frozenset(("null", "true", "false"))  # in any spelling of capitals: YAML has some of them


def is_not_set(finding: Finding) -> bool:
    """Is it that a variable of the environment is not set, which the file names?"""
    return finding.fact.startswith(_UNSET)


class Reading:
    """What one file says: `values` by key, `findings` that stop a start, `warnings` that do not."""

    def __init__(self, file: str, environment: Environment) -> None:
        self.file = file
        self.environment = environment
        self.values: dict[str, Json] = {}
        self.warnings: list[str] = []
        self._lines = Lines("")
        self._root = Place(0)
        self._unplaced: bytes | None = None  # what has places that nobody has asked for
        self._found: list[tuple[tuple[int, int], Finding]] = []  # with line and column, to be sorted by
        top = self._top()
        if top is not None:
            self._fill_in(top)
        self.findings = [finding for _, finding in sorted(self._found, key=itemgetter(0))]

    def _find(self, path: Pointer, fact: str, cure: str, *, at_key: bool = False) -> None:
        finding = Finding(self._place_of(path, at_key=at_key), ".".join(map(str, path)), fact, cure)
        self._found.append((self._at(path, at_key=at_key), finding))

    def _place_of(self, path: Pointer, *, at_key: bool = False) -> str:
        line, column = self._at(path, at_key=at_key)
        near = os.path.relpath(self.file)
        return f"{self.file if near.startswith(os.pardir) else near}:{line}:{column}"

    def _at(self, path: Pointer, *, at_key: bool = False) -> tuple[int, int]:
        if self._unplaced is not None:
            self._root, self._unplaced = positions(self._unplaced, named_json=False).root, None
        return self._lines.at(self._root.offset_of(path, at_key=at_key))

    # From bytes to values

    def _top(self) -> dict[str, Json] | None:
        """The mapping that the file is, as it stands there; None after a finding that leaves nothing to say."""
        try:
            top = self._parsed(read(self.file))
        except OSError as error:
            self._find((), f"cannot be read: {error.strerror}", "allow the user that runs the service to read it")
        except SourceError as error:
            self._root = Place(error.offset)
            self._find((), error.fact, error.cure or "write valid YAML 1.2")
        else:
            if isinstance(top, dict):
                return top
            self._find((), "holds no settings", "write lines such as 'name: shop'")
        return None

    def _parsed(self, raw: bytes) -> Json:
        self._lines = Lines(decode(raw, "replace"))
        text = decode(raw)
        if _NOTHING.fullmatch(text):
            return {}
        words = words_in(text)
        if words is not None:
            self._unplaced = raw
            return dict[str, Json](words)
        from pymacaron.documents.yaml_core import parse_yaml  # imports yaml

        _teach_yaml()
        value = parse_yaml(text).value
        self._root, duplicates = positions(raw, named_json=False)
        for duplicate in duplicates:
            self._find(duplicate.pointer, "is written twice", "remove one of the two", at_key=True)
        return value

    def _check_name(self, key: str) -> None:
        if key in RESERVED:
            self._find((key,), "is a reserved name", "choose another", at_key=True)
        near = None if key in SETTINGS or key in ALIASES else nearest(key, [*SETTINGS, *ALIASES])
        if near:
            place = self._place_of((key,), at_key=True)
            self.warnings.append(
                f"{place}: no setting is called '{key}', it is kept as your own; did you mean '{near}'?"
            )

    # From values to settings

    def _fill_in(self, top: dict[str, Json]) -> None:
        for key in top:
            self._check_name(key)
        listed = top.get("env_secrets")
        secrets = set(filter(_is_text, listed)) if isinstance(listed, list) else set()
        self._check_secrets(top, listed if isinstance(listed, list) else [])
        for variable in secrets:
            remember(self.environment.get(variable, ""))
        for key, written in top.items():
            faults = len(self._found)
            value = written if key == "env_secrets" else self._substituted(written, (key,), secrets)
            is_known = ALIASES.get(key, key) in SETTINGS
            if key not in RESERVED and not (is_known and len(self._found) > faults):
                self._set(key, value)
        for setting in SETTINGS.values():
            missing = setting.needed == "file" and top.get(setting.name) is None
            if missing:
                self._find((), f"{setting.name} is missing", _cure_of_missing(setting.name, top))

    def _check_secrets(self, top: dict[str, Json], listed: list[Json]) -> None:
        """Warn of names that no value is, and of values that a shell would replace and we do not."""
        used = set()
        for key, written in top.items():
            for path, text in _texts(written, (key,)) if key != "env_secrets" else ():
                used.add(text)
                self._check_variable(path, text)
                if path[0] == "clients" and "credentials" in path and text not in listed:
                    self._check_credential(path, text)
        for at, name in enumerate(listed):
            if _is_text(name) and name not in used:
                place, cure = (
                    self._place_of(("env_secrets", at)),
                    "write the name as the value of a setting, or remove it",
                )
                self.warnings.append(f"{place}: env_secrets.{at}: no setting uses {name}, so it is not read; {cure}")

    def _check_variable(self, path: Pointer, text: str) -> None:
        found = _SHELL.search(text)
        if found:
            name = found[1] or found[2]
            cure = f"list {name} under env_secrets and write {name}" + (
                "" if found[0] == text else ", with the whole text in the variable"
            )
            place = f"{self._place_of(path)}: {'.'.join(map(str, path))}"
            self.warnings.append(f"{place}: {found[0]} is not replaced by the variable; {cure}")

    def _check_credential(self, path: Pointer, text: str) -> None:
        """Warn of one that is sent as the name of a variable, which it was hardly meant to be."""
        if self.environment.get(text):
            place = f"{self._place_of(path)}: {'.'.join(map(str, path))}"
            self.warnings.append(f"{place}: {text} is not replaced by the variable; list it under env_secrets")

    def _set(self, key: str, value: Json) -> None:
        name = ALIASES.get(key, key)
        if name in self.values and self.values[name] != value:
            self._find((key,), f"differs from {name}, which is the same setting", "remove one of the two")
            return
        setting = SETTINGS.get(name)
        if setting is not None and value is None:
            return
        try:
            self.values[name] = read_setting(setting, value) if setting else value
        except ValueError as cure:
            finding = wrong_value(self._place_of((key,)), SETTINGS[name], value, cure)
            self._found.append((self._at((key,)), finding))

    def _substituted(self, value: Json, path: Pointer, secrets: set[str]) -> Json:
        """The value with environment variables in place of their names; None for what is not set."""
        if isinstance(value, dict):
            return {key: self._substituted(item, (*path, key), secrets) for key, item in value.items()}
        if isinstance(value, list):
            return [self._substituted(item, (*path, at), secrets) for at, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        if value in secrets:
            return self._of_environment(value, path, Secret)
        is_variable = self._names_variable(str(path[0]), value)
        return self._of_environment(value, path, str) if is_variable else value

    def _names_variable(self, key: str, value: str) -> bool:
        """Whether the value of a jwt_ key is, or looks like, the name of an environment variable."""
        if not key.startswith("jwt_"):
            return False
        looks_like_one = _VARIABLE.fullmatch(value) and value not in ALGORITHMS  # HS256 looks like one too
        return bool(looks_like_one or self.environment.get(value))

    def _of_environment(self, variable: str, path: Pointer, kind: type[str]) -> Json:
        text = self.environment.get(variable)
        if not text:
            self._find(path, f"{_UNSET} {variable} is not set", _cure(variable, kind))
            return None
        if takes_text(path):
            return kind(text)
        from pymacaron.documents.yaml_core import plain  # imports yaml

        return plain(text)


def words_in(text: str) -> dict[str, str] | None:
    """The keys and values of a file that has one word for each key; None of all others, for YAML to say, and where one
    of them is secret."""
    if not _WORD_LINES.fullmatch(text):
        return None
    pairs = [line.split(": ") for line in text.split("\n") if line and line[0] != "#"]
    words = {key: word for key, word in pairs if _is_word(key) and _is_word(word)}
    is_open = not any(ALIASES.get(key, key) in SETTINGS and SETTINGS[ALIASES.get(key, key)].secret for key in words)
    return words if len(words) == len(pairs) and is_open else None


def _is_word(text: str) -> bool:
    return text.lower() not in _NO_TEXTS


def _texts(value: Json, path: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Every text in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, step))


def _cure(variable: str, kind: type[str]) -> str:
    otherwise = "" if kind is Secret else ", or do not write the value in capitals only"
    return f"set it, as in 'export {variable}=...'{otherwise}"


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _write_stars(dumper: Any, _secret: Secret) -> Any:
    return dumper.represent_str(STARS)


def _teach_yaml() -> None:
    """Let whoever writes a secret as YAML write stars."""
    import yaml.representer  # 8 ms that a process with plain settings does without

    yaml.representer.SafeRepresenter.add_representer(Secret, _write_stars)
    yaml.representer.Representer.add_representer(Secret, _write_stars)


def _cure_of_missing(name: str, top: dict[str, Json]) -> str:
    example = {"name": "name: shop", "live_host": "live_host: api.example.com"}[name]
    meant = nearest(name, [key for key in top if key not in SETTINGS])
    return f"is '{meant}' a misspelling of it?" if meant is not None else f"add a line such as '{example}'"
