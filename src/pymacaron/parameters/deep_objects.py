"""Style deepObject: filter[a]=1&filter[b][c]=2.

The standard defines it for objects of scalars only (OpenAPI 3.2.1, Style Values). Beyond that: objects inside objects
by further brackets; arrays by repeating the key, as Swagger UI does, or `key[]`, or `key[0]`; arrays of objects by
`key[0][a]`. All are read; what is written is said at `_write_array`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json
from pymacaron.messages import ABSENT

from .delimited import Read, WriteTexts, repeated
from .pairs import Naming, PairCodec, Pairs
from .texts import ANYTHING, TextFault, TextType, may_be_scalar, reads_null

MAX_DEPTH = 16  # brackets in one key; deeper ones are attacks
MAX_INDEX_DIGITS = 6


class Branch:
    """What came under one key: the texts of the key itself, and a branch for each text in the brackets after it."""

    __slots__ = ("branches", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.branches: dict[str, Branch] = {}


def deep_object(naming: Naming, type_: TextType) -> PairCodec:
    """The codec of a parameter of style deepObject."""
    name, tree = naming.name, Tree(naming)

    def claims(key: str) -> bool:
        return key == name or (key.startswith(name) and steps_of(key[len(name) :]) is not None)

    def read(source: Pairs) -> Json:
        root = grow(source, name)
        return tree.value(root, type_) if root.texts or root.branches else ABSENT

    def write(value: Json) -> list[str]:
        if value is None and not reads_null(type_):
            return []
        if isinstance(value, list | tuple):
            return tree.array_pairs(naming.written(name), value, type_, is_repeated=False)
        return tree.pairs(naming.written(name), value, type_)

    return PairCodec(read, write, claims)


def steps_of(brackets: str) -> list[str] | None:
    """What stands in "[a][b]"; None for text that is nothing but such brackets."""
    if len(brackets) < 2 or brackets[0] != "[" or brackets[-1] != "]":
        return None
    steps = brackets[1:-1].split("][")
    return None if any("[" in step or "]" in step for step in steps) else steps


def grow(source: Pairs, name: str) -> Branch:
    """All the keys of one parameter as a tree; raises TextFault where it gets too deep."""
    root = Branch()
    root.texts.extend(source.get(name, ()))
    for key, texts in source.items():
        steps = steps_of(key[len(name) :]) if key.startswith(name) else None
        if steps is None:
            continue
        check_depth(len(steps))
        branch = root
        for step in steps:
            branch = branch.branches.setdefault(step, Branch())
        branch.texts.extend(texts)
    return root


def check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TextFault("depth", f"at most {MAX_DEPTH} brackets in a key")


class Tree:
    """Branches ⇄ values, walked along a type that may contain itself: hence by need, not compiled."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self.leaves: dict[TextType, tuple[Read, WriteTexts]] = {}

    def leaf(self, type_: TextType) -> tuple[Read, WriteTexts]:
        if type_ not in self.leaves:
            self.leaves[type_] = repeated(type_, self.naming.escape)
        return self.leaves[type_]

    def value(self, branch: Branch, type_: TextType) -> Json:
        """The value of a branch; TextFault where a key is both a value and an object."""
        if not branch.branches:
            return self.leaf(type_)[0](branch.texts)
        if is_array(branch, type_):
            return list(self.items(branch, type_.items or ANYTHING))
        if branch.texts:
            raise TextFault("conflict", "either one value or properties in brackets, not both")
        return {name: self.value(inner, type_.property(name)) for name, inner in branch.branches.items()}

    def items(self, branch: Branch, type_: TextType) -> Iterator[Json]:
        """key=x first, then key[0]=x in the order of their numbers, then key[]=x."""
        read, _ = self.leaf(type_)
        yield from (read([text]) for text in branch.texts)
        for step in sorted(filter(None, branch.branches), key=int):
            yield self.value(branch.branches[step], type_)
        if last := branch.branches.get(""):
            yield from (read([text]) for text in last.texts)
            last.texts = []
            if last.branches:
                yield self.value(last, type_)

    def pairs(self, key: str, value: Json, type_: TextType, depth: int = 0) -> list[str]:
        check_depth(depth)
        if isinstance(value, dict):
            below = ((self.bracketed(key, name), item, type_.property(name)) for name, item in value.items())
            return [pair for inner, item, its in below for pair in self.pairs(inner, item, its, depth + 1)]
        if isinstance(value, list | tuple):
            is_repeated = not may_be_scalar(type_)
            return self.array_pairs(key, value, type_, depth, is_repeated=is_repeated)
        return [f"{key}={text}" for text in self.leaf(type_)[1](value)]

    def array_pairs(self, key: str, value: Json, type_: TextType, depth: int = 0, *, is_repeated: bool) -> list[str]:
        """key=a&key=b (`is_repeated`) or key[]=a&key[]=b for scalars, key[0][b]=c where an item has structure."""
        if any(isinstance(item, dict | list | tuple) for item in value):
            indexed = ((self.bracketed(key, str(index)), item) for index, item in enumerate(value))
            found = [self.pairs(inner, item, type_.items or ANYTHING, depth + 1) for inner, item in indexed]
            if not all(found):
                raise TextFault("empty", "no empty array or object inside an array")
            return [pair for pairs in found for pair in pairs]
        written = key if is_repeated or not value else self.bracketed(key, "")
        return [f"{written}={text}" for text in self.leaf(type_)[1](value)]

    def bracketed(self, key: str, name: str) -> str:
        if "[" in name or "]" in name:
            raise TextFault("name", "property names without brackets")
        return f"{key}%5B{self.naming.written(name)}%5D"


def is_array(branch: Branch, type_: TextType) -> bool:
    """Whether all keys are those of an array's items, and the type has arrays, or says nothing."""
    if type_.kinds and "array" not in type_.kinds:
        return False
    return all(not step or (len(step) <= MAX_INDEX_DIGITS and step.isdecimal()) for step in branch.branches)
