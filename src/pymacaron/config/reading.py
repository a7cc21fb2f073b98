"""What pym-config.yaml says: values with their places (YAML 1.2, core schema), and secrets from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

import yaml

from pymacaron._types import Environment, Json
from pymacaron.exceptions import Finding

from .secret import STARS, Secret, remember
from .settings import ALGORITHMS, ALIASES, RESERVED, SETTINGS, TEXT, TEXT_OR_TEXTS, nearest, read_setting, wrong_value

# A path into the file, keys and list indexes; and a place in it, line and column from 0.
Path = tuple[str | int, ...]
Place = tuple[int, int]

_SHELL = re.compile(r"\$\{([A-Za-z_]\w*)\}|^\$([A-Z_][A-Z0-9_]*)$")  # what a shell would replace
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,}")  # what looks like the name of an environment variable


class _TooMuchError(Exception):
    """There are more values in the file than anyone means."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class Reading:
    """What one file says: `values` by key, `findings` that stop a start, `warnings` that do not."""

    def __init__(self, file: str, environment: Environment) -> None:
        self.file = file
        self.environment = environment
        self.values: dict[str, Json] = {}
        self.warnings: list[str] = []
        self._places: dict[Path, Place] = {(): (0, 0)}
        self._found: list[tuple[Place, Finding]] = []
        top = self._top()
        if top is not None:
            self._fill_in(top)
        self.findings = [finding for _, finding in sorted(self._found, key=itemgetter(0))]

    def _find(self, path: Path, fact: str, cure: str) -> None:
        finding = Finding(self._place_of(path), ".".join(map(str, path)), fact, cure)
        self._found.append((self._places[path], finding))

    def _place_of(self, path: Path) -> str:
        line, column = self._places[path]
        near = os.path.relpath(self.file)
        return f"{self.file if near.startswith(os.pardir) else near}:{line + 1}:{column + 1}"

    # From bytes to values

    def _top(self) -> dict[str, Json] | None:
        """The mapping that the file is, as it stands there; None after a finding that leaves nothing to say."""
        try:
            with open(self.file, "rb") as stream:
                text = stream.read().decode("utf-8-sig")
            node = _compose(text)
            top = {} if node is None else self._value(node, (), ())
        except OSError as error:
            self._find((), f"cannot be read: {error.strerror}", "let the user that runs the service read it")
        except RecursionError:
            self._find((), f"is nested more than {_DEEPEST} deep", "make it flatter")
        except _TooMuchError as error:
            self._find(error.path, f"aliases stand for more than {_MOST:,} values", "write fewer of them")
        except UnicodeDecodeError as error:
            self._find((), f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
        except yaml.YAMLError as error:
            self._not_yaml(error)
        else:
            if isinstance(top, dict):
                return top
            self._find((), "holds no settings", "write lines such as 'name: shop'")
        return None

    def _not_yaml(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None)
        if mark is not None:
            self._places[()] = mark.line, mark.column
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        cure = "indent with blanks, and put quotes around texts with : # { } [ ] in them"
        self._find((), f"is not YAML: {what}", cure)

    def _value(self, node: yaml.Node, path: Path, outer: tuple[yaml.Node, ...]) -> Json:
        """The value of a node; `outer` are those around it, since an alias may lead back to one of them."""
        self._places[path] = node.start_mark.line, node.start_mark.column
        if len(self._places) > _MOST:
            raise _TooMuchError(path)
        if isinstance(node, yaml.MappingNode):
            return None if self._circular(node, path, outer) else self._mapping(node, path, (*outer, node))
        if isinstance(node, yaml.SequenceNode):
            if self._circular(node, path, outer):
                return None
            return [self._value(item, (*path, at), (*outer, node)) for at, item in enumerate(node.value)]
        return plain(node.value) if node.tag == _PLAIN else node.value

    def _circular(self, node: yaml.Node, path: Path, outer: tuple[yaml.Node, ...]) -> bool:
        if not any(node is other for other in outer):
            return False
        self._find(path, "contains itself", "remove the alias")
        return True

    def _mapping(self, node: yaml.MappingNode, path: Path, outer: tuple[yaml.Node, ...]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key_node, value_node in node.value:
            key = (*path, str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?")
            self._places[key] = key_node.start_mark.line, key_node.start_mark.column
            if not isinstance(key_node, yaml.ScalarNode):
                self._find(key, "is no text", "write a plain key")
            elif key[-1] in found:
                self._find(key, "is written twice", "remove one of the two")
            elif not path:
                self._check_name(key_node.value)
            found[str(key[-1])] = self._value(value_node, key, outer)
        return found

    def _check_name(self, key: str) -> None:
        if key in RESERVED:
            self._find((key,), "is a name that the configuration has for itself", "choose another")
        near = None if key in SETTINGS or key in ALIASES else nearest(key, [*SETTINGS, *ALIASES])
        if near:
            place = self._place_of((key,))
            self.warnings.append(f"{place}: no setting is called '{key}', it is kept as yours; did you mean '{near}'?")

    # From values to settings

    def _fill_in(self, top: dict[str, Json]) -> None:
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
                example = {"name": "name: shop", "live_host": "live_host: api.example.com"}[setting.name]
                self._find((), f"{setting.name} is missing", f"add a line such as '{example}'")

    def _check_secrets(self, top: dict[str, Json], listed: list[Json]) -> None:
        """Warn of names that no value is, and of values that a shell would replace and we do not."""
        used = set()
        for key, written in top.items():
            for path, text in _texts(written, (key,)) if key != "env_secrets" else ():
                used.add(text)
                self._check_variable(path, text)
        for at, name in enumerate(listed):
            if _is_text(name) and name not in used:
                place, cure = self._place_of(("env_secrets", at)), "write it where its content is wanted, or remove it"
                self.warnings.append(f"{place}: env_secrets.{at}: no value is {name}, so it is not read; {cure}")

    def _check_variable(self, path: Path, text: str) -> None:
        found = _SHELL.search(text)
        if found:
            name = found[1] or found[2]
            cure = f"list {name} under env_secrets and write {name}" + (
                "" if found[0] == text else ", with the whole text in the variable"
            )
            place = f"{self._place_of(path)}: {'.'.join(map(str, path))}"
            self.warnings.append(f"{place}: {found[0]} is not replaced, it stays as it is; {cure}")

    def _set(self, key: str, value: Json) -> None:
        name = ALIASES.get(key, key)
        if name in self.values and self.values[name] != value:
            self._find((key,), f"says otherwise than {name}, which means the same", "remove one of the two")
            return
        setting = SETTINGS.get(name)
        if setting is not None and value is None:
            return
        try:
            self.values[name] = read_setting(setting, value) if setting else value
        except ValueError as cure:
            finding = wrong_value(self._place_of((key,)), SETTINGS[name], value, cure)
            self._found.append((self._places[key,], finding))

    def _substituted(self, value: Json, path: Path, secrets: set[str]) -> Json:
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

    def _of_environment(self, variable: str, path: Path, kind: type[str]) -> Json:
        text = self.environment.get(variable)
        if not text:
            self._find(path, f"the environment variable {variable} is not set", _cure(variable, kind))
            return None
        setting = SETTINGS.get(str(path[0]))
        is_text = setting is None or setting.kind in (TEXT, TEXT_OR_TEXTS)
        return kind(text) if is_text else plain(text)


def _texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, step))


def _cure(variable: str, kind: type[str]) -> str:
    otherwise = "" if kind is Secret else ", or write the value otherwise than in capitals only"
    return f"set it, as in 'export {variable}=...'{otherwise}"


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


# YAML

_PLAIN = "plain"  # the tag that our loader gives to scalars without quotes and without a tag of their own
_NUMBERS: list[tuple[re.Pattern[str], Callable[[str], Json]]] = [
    (re.compile(r"[-+]?[0-9]{1,4000}"), int),  # Python refuses to read much longer ones
    (re.compile(r"0o[0-7]{1,4000}|0x[0-9a-fA-F]{1,4000}"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
]
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def plain(text: str) -> Json:
    """What an unquoted scalar means (YAML 1.2.2 section 10.3.2; infinities and NaN stay text)."""
    if text in _WORDS:
        return _WORDS[text]
    return next((read(text) for pattern, read in _NUMBERS if pattern.fullmatch(text)), text)


_MOST = 100_000  # values in a file, aliases counted as what they stand for
_DEEPEST = 100  # libyaml's composer recurses in C, and ends the process where Python's would raise


def _compose(text: str) -> yaml.Node | None:
    """The document as nodes with their places.

    Raises:
        RecursionError: nested deeper than anyone means.
        yaml.YAMLError: not YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError
    return yaml.compose(text, Loader=_Loader)


# libyaml where PyYAML was built with it, several times faster
_BaseLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Loader(_BaseLoader):  # type: ignore[misc]
    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        return _PLAIN if kind is yaml.ScalarNode and implicit[0] else str(super().resolve(kind, value, implicit))


def _write_stars(dumper: Any, _secret: Secret) -> yaml.Node:
    node: yaml.Node = dumper.represent_str(STARS)
    return node


yaml.representer.SafeRepresenter.add_representer(Secret, _write_stars)
yaml.representer.Representer.add_representer(Secret, _write_stars)
