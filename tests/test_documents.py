"""Laws of the documents room: what a file's text means, and where in it each value stands."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pymacaron._types import Pointer
from pymacaron.documents import Cache, DocumentFault, Fault, FileFault, Files, findings, yaml_events
from pymacaron.documents import files as files_module
from pymacaron.documents import positions as positions_module
from pymacaron.documents.faults import DEEPEST, SourceError
from pymacaron.documents.findings import Lines
from pymacaron.documents.sources import parse
from pymacaron.documents.yaml_core import plain

KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff\u2028\u2029\x85"))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


def read_yaml(text: str) -> Any:
    return parse(text.encode(), named_json=False)[0]


def fault_of(text: str | bytes, *, named_json: bool = False) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), named_json=named_json)
    return caught.value


def findings_in(path: Path) -> list[str]:
    """What is said about one file, without the excerpts."""
    files = Files(Cache(None))
    try:
        files.open(path)
    except FileFault as error:
        return [str(finding._replace(excerpt=None)) for finding in findings([error.fault])]
    return [str(finding._replace(excerpt=None)) for finding in findings(files.warnings())]


# What a text means


CORE = {
    "~": None, "null": None, "Null": None, "NULL": None, "": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "0": 0, "-1": -1, "+12": 12, "017": 17, "0o17": 15, "0x1F": 31, "00": 0, "18446744073709551616": 2**64,
    "1.": 1.0, ".5": 0.5, "-0.0": 0.0, "1e3": 1000.0, "+1.5E-2": 0.015,
    ".inf": math.inf, "-.INF": -math.inf, "+.Inf": math.inf,
}  # fmt: skip
TEXTS = """no No NO yes on off y n nUll tRUE 2020-01-01 2001-12-14t21:59:43.10-05:00 1_000 0b101 -0o7 -0x1 12:30:45
    190:20 . .. + +. -. e3 1e .e3 1.2.3 0o8 0xG .Inff nan inf = v1 1,000 ½ ١ 1e3e3 0x""".split()  # noqa: SIM905 - as written


@pytest.mark.parametrize("text", CORE)
def test_core_types(text: str) -> None:
    """An unquoted scalar means what the core schema of YAML 1.2.2 says (section 10.3.2)."""
    value = read_yaml(f"a: {text}")["a"]
    assert value == CORE[text]
    assert type(value) is type(CORE[text])


@pytest.mark.parametrize("text", TEXTS)
def test_texts_stay_texts(text: str) -> None:
    """What other versions of YAML take for a boolean, a date or a number is a text."""
    assert read_yaml(f"a: {text}")["a"] == text


@given(st.text("0123456789+-.eExo_abfinINFau~ltrsTRUEFLS", max_size=8))
def test_core_types_are_of_python(text: str) -> None:
    """A scalar that is read as a number has the value that Python gives it, and everything else stays as it is."""
    value = plain(text)
    if type(value) is float and not math.isnan(value):
        assert value == float(text.replace(".inf", "inf").replace(".INF", "INF").replace(".Inf", "Inf"))
    elif type(value) is int:
        assert value == (int(text, 0) if text[:2] in {"0o", "0x"} else int(text, 10))
    elif type(value) is str:
        assert value == text


def test_nan() -> None:
    """The three spellings of not-a-number are one."""
    assert all(math.isnan(value) for value in read_yaml("[.nan, .NaN, .NAN]"))


@pytest.mark.parametrize("key", ["200", "on", "no", "1.0", "~", "null", "2020-01-01", "0x10", "/pets/{id}", ""])
def test_keys_are_texts(key: str) -> None:
    """A key is text, exactly as written."""
    assert read_yaml(f"{key}: x" if key else "? \n: x") == {key: "x"}


@given(VALUES)
def test_yaml_of_anything(value: Any) -> None:
    """What a YAML emitter writes is read back, quoted and tagged (`!!int "1"`) or plain."""
    assert read_yaml(yaml.safe_dump(value, default_style='"', allow_unicode=True)) == value
    keyed = {"k": [str(value)]}
    assert read_yaml(yaml.safe_dump(keyed, default_style="'", allow_unicode=True)) == keyed


@given(VALUES.map(lambda value: {"k": value}), st.sampled_from([None, 2]), st.booleans(), st.booleans())
def test_json_of_anything(value: Any, indent: int | None, ascii_only: bool, mark: bool) -> None:
    """JSON means the same by whatever name its file goes, with or without a byte order mark."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    raw = text.encode("utf-8-sig" if mark else "utf-8")
    assert parse(raw, named_json=True)[0] == parse(raw, named_json=False)[0] == value


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_encodings(tmp_path: Path, suffix: str) -> None:
    """UTF-8 with a byte order mark and UTF-16 are read too."""
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.{suffix}"
        path.write_bytes('{"a": "é"}'.encode(encoding))
        assert Files(Cache(None)).open(path).value == {"a": "é"}


MERGES = """
one: &one {a: 1, b: 1}
two: &two
  b: 2
  c: 2
list: &list [x, *one]
name: &name key
merged: {<<: *one, b: 9}
several: {<<: [*one, *two], d: 4}
nested: {<<: {<<: *two, e: 5}, b: 0}
*name : aliased key
"<<": no merge
redefined: &one {z: 0}
last: *one
"""


def test_anchors_and_merges() -> None:
    """Aliases stand for their anchor's last value, merged mappings give way to what is written and to those before."""
    value = read_yaml(MERGES)
    assert value["merged"] == {"a": 1, "b": 9}
    assert value["several"] == {"a": 1, "b": 1, "c": 2, "d": 4}
    assert value["nested"] == {"b": 0, "c": 2, "e": 5}
    assert value["list"] == ["x", {"a": 1, "b": 1}]
    assert (value["key"], value["<<"], value["last"]) == ("aliased key", "no merge", {"z": 0})


@pytest.mark.parametrize(
    "text", [MERGES, "a: [b, {c: d}]\n", "- !!str 1\n- ? k\n  : v\n- |\n  x\n", '{"a": "\\u00e9"}']
)
def test_without_libyaml(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, everything is read and placed as with it."""
    with_it = read_yaml(text), places(text)
    monkeypatch.setattr(yaml_events, "CParser", yaml_events.PythonParser)
    assert (read_yaml(text), places(text)) == with_it
    assert fault_of("a: [1\nb: ]]").fact


# Texts that are refused

REFUSED = {
    "a:\n\tb: 1": (3, "a tab"), "a: 1\nb: caf\udce9": (11, "0xe9"), "# nothing": (0, "empty"), "": (0, "empty"),
    "a: 1\n---\nb: 2": (5, "second document"), "%YAML 3.0\n--- 1": (0, "YAML"), "a: !mine 1": (3, "tag !mine"),
    "a: !!binary aGk=": (3, "!!binary"),
    "a: !!python/object:os.system x": (3, "tag"), "a: !!int x": (3, "!!int"), "a: !!map []": (3, "!!map"),
    "? [a]\n: 1": (2, "not text"), "{a: b}: 1": (0, "not text"), "a: *b": (3, "&b"), "a: &a [*a]": (7, "itself"),
    "<<: 1": (0, "<<"), "a: b: c": (4, "':'"), "a: @b": (3, "@"), "a: [1,\nb: 2": (3, "']'"),
    'a: [1,\n"b" "c"]': (11, "of line 1"), "a: [1, }": (7, "missing"), "a: - b": (3, "'-'"),
    'a: "b': (3, "quotes"),
    'a: "\\d"': (4, "backslash"), "a: 1\nb\nc: 2": (5, "':'"), "a: \x07": (3, "U+0007"),
    "a:\n  - b\n  c: d": (11, "item"), "a:\n  b: c\n d: e": (11, "key"),
}  # fmt: skip
REFUSED_JSON = {
    '{"a": 1,}': (8, "comma"), "": (0, "empty"), '{"a" 1}': (5, "':'"), '{"é": nil}': (6, "invalid"),
    '{"a": [1': (8, "early"),
    '{"a": NaN}': (6, "invalid"), '{"a": 1e999}': (6, "large"), '{"a": ' + "1" * 5000 + "}": (6, "large"),
    '["\\ud800"]': (2, "surrogate"), "// c\n{}": (0, "invalid"), '{"a": 1} x': (9, "trailing"), "a: 1": (0, "invalid"),
    '{"a": "\udcff"}': (7, "0xff"),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_refused_yaml(text: str) -> None:
    """What is no YAML document is refused where it goes wrong, and the fact says how."""
    error = fault_of(text.encode("utf-8", "surrogateescape"))
    assert (error.offset, REFUSED[text][1] in error.fact) == (REFUSED[text][0], True), error


@pytest.mark.parametrize("text", REFUSED_JSON)
def test_refused_json(text: str) -> None:
    """A file that is named .json and is none is refused likewise, and not tried as YAML."""
    error = fault_of(text.encode("utf-8", "surrogateescape"), named_json=True)
    assert (error.offset, REFUSED_JSON[text][1] in error.fact) == (REFUSED_JSON[text][0], True), error


@pytest.mark.parametrize("start", ["[", '{"a":', "- ", "[[], ", '{"]": [], "a":'])
@pytest.mark.parametrize("depth", [DEEPEST + 1, 100_000])
def test_bottomless(start: str, depth: int) -> None:
    """Nesting that could exhaust the stack is refused, in YAML and in JSON, however deep."""
    assert "nested deeper" in fault_of(start * depth).fact
    if start != "- ":
        whole = start * depth + "1" + "".join("]" if char == "[" else "}" for char in start[:1]) * depth
        assert "nested deeper" in fault_of(whole, named_json=True).fact


def test_deepest() -> None:
    """What is just as deep as allowed is read."""
    text = "[" * DEEPEST + "]" * DEEPEST
    assert parse(text.encode(), named_json=True)[0] == read_yaml(text)


def test_aliases_that_explode() -> None:
    """Aliases of aliases that stand for billions of values, or for a bottomless one, are refused."""
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(9)]
    assert "1,000,000" in fault_of("\n".join(laughs)).fact
    merges = ["a0: &a0 {k: [" + "x, " * 1000 + "]}"] + [f"a{i + 1}: {{<<: *a0}}" for i in range(2000)]
    assert "1,000,000" in fault_of("\n".join(merges)).fact
    long_text = ["a: &a " + "x" * 1_000_000] + [f"b{i}: *a" for i in range(1000)]
    assert "1,000,000" in fault_of("\n".join(long_text)).fact
    chain = ["a0: &a0 [x]"] + [f"a{i + 1}: &a{i + 1} [*a{i}]" for i in range(DEEPEST)]
    assert "nested deeper" in fault_of("\n".join(chain)).fact


@given(st.binary(max_size=60) | st.text("{}[]:,-?&*!|>'\"%@`# \n\t<~.a0\ufeff\x00\u2028é", max_size=60).map(str.encode))
@example(b"\xff\xfe\x00")
@example(b"? ")
@example(b"<<: *a")
def test_no_text_is_too_strange(raw: bytes) -> None:
    """Whatever the bytes: a value with a place for everything in it, or a fault at a place inside the text."""
    for named_json in (False, True):
        try:
            value, _ = parse(raw, named_json=named_json)
        except SourceError as error:
            offset = error.offset
        else:
            root, offset = positions_module.positions(raw, named_json=named_json).root, 0
            assert shape(root) == shape_of(value)
        assert 0 <= offset <= len(raw)


def shape(place: positions_module.Place) -> Any:
    return {key: shape(inner) for key, (_, inner) in place.inner.items()}


def shape_of(value: Any) -> Any:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {key: shape_of(item) for key, item in inner}


# Where everything stands


def places(text: str) -> Any:
    def tree(place: positions_module.Place) -> Any:
        return place.offset, {key: (offset, tree(inner)) for key, (offset, inner) in place.inner.items()}

    return tree(positions_module.positions(text.encode(), named_json=False).root)


SHAPES = st.recursive(st.none(), lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple))
TAILS = st.text("é😀日\tx: #'\"\\\u2028\x85", max_size=6)


class Marked:
    """Data in which each key and each scalar starts with a text that is nowhere else."""

    def __init__(self, shape: Any, tails: list[str]) -> None:
        self.tails = tails or [""]
        self.marks: dict[tuple[Pointer, bool], str] = {}  # pointer, at the key: the text that stands there
        self.data = self.fill(shape, ())

    def mark(self, pointer: Pointer, *, at_key: bool) -> str:
        mark = self.marks[pointer, at_key] = f"m{len(self.marks)}m"
        return mark + self.tails[len(self.marks) % len(self.tails)] + "."

    def fill(self, shape: Any, pointer: Pointer) -> Any:
        if isinstance(shape, list):
            return [self.fill(inner, (*pointer, index)) for index, inner in enumerate(shape)]
        if isinstance(shape, tuple):
            return dict(self.entry(inner, pointer) for inner in shape)
        return self.mark(pointer, at_key=False)

    def entry(self, shape: Any, pointer: Pointer) -> tuple[str, Any]:
        key = self.mark((), at_key=True)
        mark = self.marks.pop(((), True))
        self.marks[(*pointer, key), True] = mark
        return key, self.fill(shape, (*pointer, key))

    def check(self, text: str, *, named_json: bool) -> None:
        """Every mark stands where `positions` says, in the text as it is and with other ends of lines."""
        for written in (text, text.replace("\n", "\r\n"), "\ufeff" + text):
            root = positions_module.positions(written.encode(), named_json=named_json).root
            seen = written.removeprefix("\ufeff")
            for (pointer, at_key), mark in self.marks.items():
                offset = root.offset_of(pointer, at_key=at_key)
                assert seen[offset:].lstrip("'\"").startswith(mark), (pointer, seen[offset:])
                assert seen.index(mark) - offset in {0, 1}


@given(SHAPES, st.lists(TAILS), st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from([": ", ":", "\t:\n "]))
def test_positions_in_json(shape: Any, tails: list[str], indent: int | None, ascii_only: bool, colon: str) -> None:
    """Every value and every key of a JSON text is where its first character is."""
    marked = Marked(shape, tails)
    text = json.dumps(marked.data, indent=indent, ensure_ascii=ascii_only, separators=(",", colon))
    marked.check(text, named_json=True)


@given(
    SHAPES, st.lists(TAILS), st.sampled_from([True, False, None]), st.sampled_from([None, '"', "'"]),
    st.sampled_from([2, 3, 7]), st.sampled_from([9, 80, 10_000]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_positions_in_yaml(
    shape: Any, tails: list[str], flow: bool | None, style: str | None, indent: int, width: int, uni: bool, start: bool
) -> None:
    """Every value and every key of a YAML text is where its first character is, in every layout."""
    marked = Marked(shape, tails)
    text = yaml.safe_dump(
        marked.data, default_flow_style=flow, default_style=style, indent=indent, width=width, allow_unicode=uni,
        explicit_start=start, sort_keys=False,
    )  # fmt: skip
    assume(yaml.safe_load(text) == marked.data)  # the emitter breaks some texts where it breaks their lines
    marked.check(f"# é\n\n{text}", named_json=False)


def test_positions_of_collections() -> None:
    """A collection stands at its bracket, its first dash or its first key; an alias where it is written; what it stands
    for, and what is merged, where that is written; what is not there, at the key of what should hold it."""
    text = "a: &a\n  b: [1, {c: 2}]\nd:\n- x\ne: *a\nf: {<<: *a, g: 3}\n"
    root = positions_module.positions(text.encode(), named_json=False).root
    at = {
        (): "a: &a", ("a",): "&a", ("a", "b"): "[1", ("a", "b", 1): "{c", ("a", "b", 1, "c"): "2}", ("d",): "- x",
        ("d", 0): "x", ("e",): "*a\nf", ("e", "b", 0): "1,", ("f", "b", 0): "1,", ("f", "g"): "3}", ("d", 0, "no"): "x",
        ("f", "missing", "x"): "f: {",
    }  # fmt: skip
    for pointer, seen in at.items():
        assert text[root.offset_of(pointer) :].startswith(seen), pointer
    assert text[root.offset_of(("f", "b"), at_key=True) :].startswith("b: [1")


def test_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults become findings in the order of files and lines, each once, with the line and a mark below the place."""
    monkeypatch.chdir(tmp_path)
    Path("b.yaml").write_text("one:\n  日本: [1, é]\ntwo: x\n", "utf-8")
    Path("a.json").write_text('{"k": [{\t"日": 1}]}', "utf-8")
    files = Files(Cache(None))
    one, two = files.open("b.yaml").root, files.open("a.json").root
    wrong = one.at("one").at("日本").at(1).fault("wrong", "right it")
    faults = [one.at("two").fault("bad", at_key=True), wrong, two.at("k").at(0).at("日").fault("worse"), wrong]
    assert list(map(str, findings(faults))) == [
        'a.json:1:15: k[0].日: worse\n     1 | {"k": [{ "日": 1}]}\n       |                ^',
        "b.yaml:2:11: one.日本[1]: wrong; right it\n     2 |   日本: [1, é]\n       |             ^",
        "b.yaml:3:1: two: bad\n     3 | two: x\n       | ^",
    ]


@given(st.lists(st.text("aé😀\t\u2028\x0b", max_size=3)), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_lines(lines: list[str], end: str, data: st.DataObject) -> None:
    """Lines end where an editor ends them, and not at what else YAML 1.1 or Unicode has for that; columns are
    characters, and the mark below an excerpt stands below the character, however wide those before it are."""
    line = data.draw(st.integers(0, len(lines)))
    column = data.draw(st.integers(0, len([*lines, ""][line])))
    text = Lines(end.join([*lines, ""]))
    offset = sum(len(before) + len(end) for before in lines[:line]) + column
    assert text.at(offset) == (line + 1, column + 1)
    shown, mark = text.excerpt(line + 1, column + 1).split("\n")
    before = shown.partition(" | ")[2][:column]
    assert mark.partition(" | ")[2] == " " * (len(before) + before.count("😀")) + "^"


def test_excerpt_of_a_long_line(tmp_path: Path) -> None:
    """Of a long line the part around the place is shown, so that the mark stays under it; no control character is."""
    path = tmp_path / "long.json"
    path.write_text(json.dumps({"a": "x" * 5000, "b": "here", "c": "y" * 5000 + "\x1b"}, ensure_ascii=False), "utf-8")
    [finding] = findings([Fault(str(path), ("b",), "x")])
    line, mark = (finding.excerpt or "").split("\n")
    assert line[mark.index("^") :].startswith('"here"')
    assert len(line) < 120


def test_findings_without_a_file(tmp_path: Path) -> None:
    """A fault in a file that is gone, changed or remote is still told, without a line."""
    changed = tmp_path / "changed.yaml"
    changed.write_text("a: [")
    gone = str(tmp_path / "gone.yaml")
    faults = [
        Fault(path, ("a",), "wrong") for path in (gone, str(changed), "https://x.org/a.yaml", "a\0b", "/dev/zero")
    ]
    assert {finding.place for finding in findings(faults)} == {fault.file for fault in faults}


def test_duplicate_keys(tmp_path: Path) -> None:
    """A key that a mapping has twice is told with both lines, in YAML and JSON; the later value counts."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\nb:\n- c: 1\n  d: 2\n  c: 3\n")
    assert Files(Cache(None)).open(path).value == {"a": 1, "b": [{"c": 3, "d": 2}]}
    lost = "duplicate key 'c': what it has on line {} is ignored; remove one of the two"
    assert findings_in(path) == [f"{path}:5:3: b[0].c: {lost.format(3)}"]
    path = tmp_path / "a.json"
    path.write_text('{"a": 1, "b": [{"c": 1,\n "c": 3}]}')
    assert Files(Cache(None)).open(path).value == {"a": 1, "b": [{"c": 3}]}
    assert findings_in(path) == [f"{path}:2:2: b[0].c: {lost.format(1)}"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=5))
def test_duplicates_are_found_exactly(pairs: list[tuple[str, int]]) -> None:
    """YAML tells at once whether there are any, and the positions name each occurrence but the first."""
    text = "k: {" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
    value, duplicated = parse(text.encode(), named_json=False)
    found = positions_module.positions(text.encode(), named_json=False).duplicates
    assert len(found) == len(pairs) - len(value["k"])
    assert duplicated is (len(found) > 0)
    assert all(text[later] == pointer[-1] and earlier < later for pointer, earlier, later in found)


def test_unreadable(tmp_path: Path) -> None:
    """What is no file that can be read is a fault that says what it is, never a hang."""
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "orders.yaml").write_text("a: 1")
    said = {
        "folder.yaml": "is a folder", "pipe.yaml": "is not a regular file", "loop.yaml": "symbolic links",
        "order.yaml": "orders.yaml'?", "orders.yaml/x": "does not exist", "a\0b": "is not a path", "x" * 300: "long",
    }  # fmt: skip
    for name, fact in said.items():
        [finding] = findings_in(tmp_path / name)
        assert fact in finding
    files = Files(Cache(None))
    for _ in range(2):
        with pytest.raises(DocumentFault, match="is a folder"):
            files.open(tmp_path / "folder.yaml")


def test_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this user may not read is a fault with that fact."""

    def refuse(path: str) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(files_module, "read", refuse)
    assert "may not be read" in findings_in(tmp_path / "a.yaml")[0]
