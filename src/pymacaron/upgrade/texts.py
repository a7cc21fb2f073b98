"""The text of a document ⇄ values that remember how they were written: order, comments, quotes, indentation."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from io import StringIO
from typing import Any

from pymacaron.documents.sources import decode, looks_like_json
from pymacaron.exceptions import DocumentError, Finding

_NEEDED = "install it: pip install 'pymacaron[tools]'"


class Text:
    """A document as text, and the value in it, which may be changed in place. `told`: what was lost in reading it.

    Raises:
        DocumentError: it cannot be read so that it could be written again.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        self.path, self.told = path, list[str]()
        self.before = decode(raw)
        self._is_json = path.endswith(".json") or looks_like_json(raw)
        self._yaml: Any = None
        self.value: Any = json.loads(self.before) if self._is_json else self._read_yaml()

    def _read_yaml(self) -> Any:
        try:
            from .round_trip import MarkedYAMLError, round_trip  # an extra
        except ImportError:
            raise DocumentError(
                [Finding(self.path, "", "comments are kept by the library ruamel.yaml", _NEEDED)]
            ) from None
        self._yaml = round_trip(self.told, _indent(self.before))
        try:
            return self._yaml.load(self.before)
        except MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"{self.path}:{mark.line + 1}:{mark.column + 1}" if mark else self.path
            raise DocumentError([Finding(place, "", f"not YAML: {error.problem}")]) from None

    def after(self) -> str:
        """The text of the value as it is now."""
        if self._is_json:
            found = re.search(r"\n([ \t]+)\S", self.before)
            indent: Any = found[1] if found else None
            text = json.dumps(self.value, indent=indent, ensure_ascii=False)
            return text + "\n" if self.before.endswith("\n") else text
        stream = StringIO()
        self._yaml.dump(self.value, stream)
        return stream.getvalue()


def _indent(text: str) -> dict[str, int]:
    """How far what is inside stands to the right in a text; lists may stand right below their key."""
    found = re.search(r"^( *)[^\s#-][^\n]*:[ ]*\n(?:\s*#[^\n]*\n)*( *)- ", text, re.MULTILINE)
    offset = len(found[2]) - len(found[1]) if found else 0
    first = re.search(r"^[^\s#][^\n]*:[ ]*\n(?:\s*#[^\n]*\n)*( +)[^\s#-]", text, re.MULTILINE)
    return {"mapping": len(first[1]) if first else 2, "sequence": offset + 2, "offset": offset}


def put(holder: Any, key: Any, entries: list[tuple[Any, Any]]) -> None:
    """Let other entries stand where a key of a mapping stands; what is said of it in a comment stays there."""
    comments = getattr(holder, "ca", None)
    kept = dict(comments.items) if comments is not None else {}
    rows = [row for old, value in holder.items() for row in (entries if old == key else [(old, value)])]
    heirs = [name for name, _ in entries]
    heir = key if key in heirs or not heirs else heirs[0]
    for old in list(holder):
        del holder[old]
    for name, value in rows:
        holder[name] = value
    if comments is not None:
        comments.items.clear()
        comments.items.update({(heir if old == key else old): said for old, said in kept.items()})


def rename(holder: Any, key: Any, name: Any) -> None:
    """Call an entry of a mapping something else, in its place."""
    if key in holder and key != name:
        put(holder, key, [(name, holder[key])])


def take(holder: Any, *keys: str) -> dict[str, Any]:
    """Take entries out of a mapping."""
    return {key: holder.pop(key) for key in keys if key in holder}


def graft(old: Any, new: Any) -> Any:
    """A value as `new` has it, in the words of `old` wherever the two agree; `old` is changed in place. Of what is
    no text, the two differ in spelling only."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = {_name_of(key): key for key in old}
        for name in keys.keys() - new.keys():
            del old[keys[name]]
        for name, value in new.items():
            _set(old, keys.get(name, name), graft(old[keys[name]], value) if name in keys else deepcopy(value))
        return old
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, value in enumerate(new):
            _set(old, index, graft(old[index], value))
        return old
    is_other = isinstance(old, dict | list) or isinstance(new, dict | list) or (isinstance(old, str) and old != new)
    return deepcopy(new) if is_other else old


def _set(holder: Any, key: Any, value: Any) -> None:
    """Nothing is touched that is there already, lest its comments go."""
    if (isinstance(holder, dict) and key not in holder) or holder[key] is not value:
        holder[key] = value


def _name_of(key: Any) -> str:
    """How a key of YAML is called in JSON."""
    return str(key).lower() if key is None or isinstance(key, bool) else str(key)
