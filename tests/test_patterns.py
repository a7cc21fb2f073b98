"""What a pattern may cost, and on how long a text it is run therefore."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from drawn import SEEDS
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pymacaron.formats import PATTERNS_OF_DRAFT4, Formats
from pymacaron.patterns import MOST_READ, MOST_SEARCHED, meant, usable_pattern
from pymacaron.patterns.bounding import rebound
from pymacaron.patterns.positions import Automaton, TooLarge, places, reversed_of
from pymacaron.patterns.reading import Chars, Tree, read
from pymacaron.schemas import OPENAPI_30, OPENAPI_31, Checker


def usable(pattern: str) -> str:
    found = usable_pattern(pattern, draft4=False)
    assert found is not None
    return found


# Drawn patterns: whatever repeats, chooses and looks around, one inside the other

_COUNTS = ["*", "+", "?", "{1,3}", "{2}", "{0,20}", "{5,}", "{1,200}", "*?", "{1,50}?"]


def _more(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    return (
        st.lists(inner, min_size=2, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
        | st.tuples(inner, st.sampled_from(_COUNTS)).map(lambda both: f"({both[0]}){both[1]}")
    )


def _with_looks(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    return _more(inner) | st.tuples(st.sampled_from(["(?={})", "(?!{})", "({})\\1"]), inner).map(
        lambda both: both[0].format(both[1])
    )


_PLAIN = st.sampled_from(["a", "b", "[ab]", "[^x]", ".", "é"])
_ATOMS = st.sampled_from(["a", "b", "[ab]", "[^x]", r"\w", ".", r"\d", r"[\s!]", r"[^\Wb]", r"[[a]", r"\S", r"\x62"])
LINEAR = st.recursive(_ATOMS, _more, max_leaves=6)
ANY = st.recursive(_PLAIN, _with_looks, max_leaves=6)
WHERE = st.sampled_from(["{}", "^{}", "{}$", "^{}$", "^{}x"])
SHORT = st.text("abx!\né\xa05٣", max_size=12)


# Readings


def _finds(tree: Tree, text: str) -> bool:
    """Does the automaton find the expression in a text, which it has no edges for?"""
    automaton = Automaton(tree)
    whole = automaton.whole
    current, found = set(whole.first), whole.is_empty
    for char in text:
        at = {p for p in current if any(low <= ord(char) <= high for low, high in automaton.chars[p].ranges)}
        found = found or any(whole.last >> place & 1 for place in at)
        current = {after for place in at for after in automaton.follow[place]} | set(whole.first)
    return found


@given(LINEAR, SHORT)
def test_readings_mean_what_the_engine_does(pattern: str, text: str) -> None:
    """The places of a pattern, followed through a text, find it where the engine does; backwards, too."""
    tree = read(pattern)
    assume(places(tree) <= 1000)
    try:
        expected = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)
        assert _finds(tree, text) == _finds(reversed_of(tree), text[::-1]) == expected
    except (TooLarge, ValueError):  # too much for the engine, or to be followed
        assume(False)


@pytest.mark.parametrize(
    ("text", "chars"),
    [
        (r"[]a]", "]a"), (r"[\w-.]", "a_-."), (r"[^\d\s]", "a-"), (r"\u0041", "A"), (r"\x41", "A"), (r"\cA", "\x01"),
        (r"[a-c\-]", "abc-"), (r"\u{1F600}", "😀"), ("(?i)a", "aA"), (r"\W", "-é"), (".", "aé"), ("[[a]", "[a"),
    ],
)  # fmt: skip
def test_characters(text: str, chars: str) -> None:
    """What stands for a character stands for those that the engine takes it for."""
    tree = read(text)
    assert isinstance(tree, Chars)
    for char in [*chars, *"ab]-_. 0A\n"]:
        if usable_pattern(text, draft4=False) == text:
            expected = jsonschema_rs.Draft202012Validator({"pattern": f"^(?:{text})$"}).is_valid(char)
            assert any(low <= ord(char) <= high for low, high in tree.ranges) == expected, char
        assert char not in chars or any(low <= ord(char) <= high for low, high in tree.ranges)


# Which are bound

FREE = [
    *PATTERNS_OF_DRAFT4.values(), "^$", "^/v1/files", "[a-z]", "^[A-Z]{2}[0-9a-f]{32}$", "^[a-z]{1,60000}$",
    r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}", "[a-z]{1,100}x",
    r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:\d{2})?)?$", r"\b(foo|bar)\b", "(a+)+$", "(x+x+)+y",
    r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$", r"^[^@\s]+@[^@\s]+\.[^@\s]+$", r"(?i)^(get|put)$", r"[0-9a-f]{7,}?",
    r"arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}(-gov)?-[a-z]+-\d{1}:\d{12}:function:[a-zA-Z0-9-_]+",
]  # fmt: skip
BOUND = [
    "^(a{1,500}){1,50}$", r"^(\w{1,200} ?){1,50}$", "[a-z]{1,2000}x", "[ab]*a[ab]{200}[xy]", "[^x]{1,50}\\b[xy]",
    "|".join(f"a{{{n}}}b" for n in range(1, 200)), "(?=x)(a{1,500}){1,50}", "^(?=(?:(?=(?:(?=a*)a)*)a)*)b", "a(?=.*c)",
    r"(a+)\1b", "(?:[abc]{0,20}[ab][abc]ba)+[xy]", "(((a?){50}){50})!", "^(?:^|$|a){900}x", "^(?:(a+)+(?=b))+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", FREE)
def test_ordinary_patterns_are_not_bound(pattern: str) -> None:
    """What documents usually ask for runs on any text, just as it was written."""
    assert usable(pattern) == pattern


@pytest.mark.parametrize("pattern", BOUND)
def test_costly_patterns_are_bound(pattern: str) -> None:
    """What may take long is searched for in texts of at most 2,000 characters, and means what it says."""
    found, most = meant(usable(pattern))
    assert found == pattern
    assert usable(pattern) == usable_pattern(pattern, draft4=True)
    assert most is not None
    assert 2 <= most <= MOST_SEARCHED
    assert meant(rebound(usable(pattern), 7)) == (pattern, 7)


@pytest.mark.parametrize("pattern", [r"^(?!aws:)[a-z ]+$", r"^(?=.*\d)(?=.*[a-z]).{8,4000}$", r"^(?!\s)(?!.*\s$).*$"])
def test_look_around_with_nothing_to_go_back_to(pattern: str) -> None:
    """Look-ahead at the start, and then something that takes linear time: all but very long texts are searched."""
    assert meant(usable(pattern)) == (pattern, MOST_READ)
    checker = Checker({"pattern": usable(pattern)}, OPENAPI_31, Formats())
    assert checker.is_valid(("ab 1" if "d" in pattern else "ab c") * 999 + "z")
    assert not checker.is_valid("\n" * 3000)
    assert longest_time(pattern, "items", [(1, 1_000_000), (9, MOST_READ), (1000, 1000), (20_000, 20)]) < 8


def test_what_stands_beside_a_bound_pattern() -> None:
    """The engine of bound patterns runs the others of a schema, too, and finds edges of words by going back."""
    beside = {"items": {"allOf": [{"pattern": usable(r"[a-z]+\b!x")}, {"pattern": usable("^(?!b)")}]}}
    start = time.process_time()
    assert not Checker(beside, OPENAPI_31, Formats()).is_valid(["a " * 100_000])
    assert time.process_time() - start < 4
    assert Checker(beside, OPENAPI_31, Formats()).is_valid(["see a!xyz"])


@given(LINEAR | ANY, WHERE, SHORT)
def test_bounds_change_nothing_else(drawn: str, where: str, text: str) -> None:
    """Of a short text, a bound pattern says what the pattern itself does."""
    pattern = where.format(drawn)
    try:
        expected = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)
        bound = rebound(usable(pattern), 100)
    except (AssertionError, ValueError):  # too large for the engine
        assume(False)
    assert Checker({"pattern": bound}, OPENAPI_31, Formats()).is_valid(text) == expected


@pytest.mark.parametrize("escape", ["d", "w", "s", "D", "W", "S"])
@pytest.mark.parametrize("inside", ["\\{}", "[\\{}]", "[^\\{}]", "[a\\{}-]"])
def test_classes_are_those_of_ecma(escape: str, inside: str) -> None:
    """`\\d`, `\\w` and `\\s` stand for the same characters, whether or not there is look-around beside them."""
    alone, beside = (f"^{look}{inside.format(escape)}$" for look in ("", "(?!xx)"))
    for char in "a_5 -\n\v\x85\xa0\ufeff\u180eé٣中😀":
        expected = Checker({"pattern": usable(alone)}, OPENAPI_31, Formats()).is_valid(char)
        assert Checker({"pattern": usable(beside)}, OPENAPI_31, Formats()).is_valid(char) == expected, char


# How long they take

KINDS: dict[str, tuple[Callable[[str], Any], Callable[[list[str]], Any]]] = {
    "items": (lambda pattern: {"items": {"pattern": pattern}}, list),
    "names": (lambda pattern: {"propertyNames": {"pattern": pattern}}, dict.fromkeys),
    "named": (lambda pattern: {"patternProperties": {pattern: {}}, "additionalProperties": False}, dict.fromkeys),
    "alternatives": (lambda pattern: {"items": {"anyOf": [{"pattern": pattern}, {"maxLength": 1}]}}, list),
    "shorter": (lambda pattern: {"items": {"pattern": pattern, "maxLength": 30}}, list),
}
SIZES = ((1, 1_000_000), (1, MOST_SEARCHED), (15, MOST_SEARCHED), (15, 150), (500, MOST_SEARCHED), (20_000, 20))


def texts(count: int, size: int) -> Iterator[list[str]]:
    """So many texts of such a size, of kinds that keep patterns busy; each one different."""
    random = Random(count)
    for text in ("a" * size, "ab" * (size // 2), "".join(random.choices("ab", k=size)), "a" * (size - 1) + "!"):
        yield [f"{text[: size - len(str(number))]}{number}" for number in range(count)]


def longest_time(pattern: str, kind: str, sizes: Any = SIZES) -> float:
    """Of all answers about hostile values, in seconds of the processor."""
    made, valued = KINDS[kind]
    checker = Checker(made(usable(pattern)), OPENAPI_31 if "name" in kind else OPENAPI_30, Formats())
    slowest = 0.0
    for value in (valued(several) for size in sizes for several in texts(*size)):
        start = time.process_time()
        assert checker.is_valid(value) or checker.problems(value)
        slowest = max(slowest, time.process_time() - start)
    return slowest


@pytest.mark.heavy
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pattern", [*BOUND, *FREE])
def test_no_pattern_takes_long_anywhere(pattern: str, kind: str) -> None:
    """Whatever is sent, in whatever number and size, and wherever the pattern stands: the answer takes a moment."""
    assert longest_time(pattern, kind) < 8


@pytest.mark.heavy
@given(ANY, WHERE, SEEDS)
def test_no_drawn_pattern_takes_long(drawn: str, where: str, seed: int) -> None:
    """Nor does any other pattern, when the document is read or when something is sent."""
    start = time.process_time()
    assume(usable_pattern(where.format(drawn), draft4=False) is not None)
    assert time.process_time() - start < 2
    assert longest_time(where.format(drawn), Random(seed).choice([*KINDS])) < 8


@pytest.mark.parametrize(("pattern", "kind"), [*zip(BOUND[:8], [*KINDS, *KINDS], strict=False)])
def test_no_pattern_takes_long(pattern: str, kind: str) -> None:
    """An answer takes a moment, where it would take minutes."""
    assert longest_time(pattern, kind, SIZES[:3]) < 8


def test_what_is_short_is_searched() -> None:
    """Texts of an ordinary size are searched, in however large a value: it is the long ones that are not."""
    checker = Checker({"items": {"pattern": usable(r"^\S{1,100}@\S{1,100}$")}}, OPENAPI_31, Formats())
    addresses = [f"customer-{number}@example.com" for number in range(2000)]
    assert checker.is_valid(addresses)
    assert not checker.is_valid([*addresses, "a@ b"])
    (problem,) = checker.problems([*addresses[:9], "@" * (MOST_SEARCHED + 1)])
    assert problem.path == (9,)
    assert problem.expected == rf"text of at most {MOST_SEARCHED} characters that matches ^\S{{1,100}}@\S{{1,100}}$"


def test_a_shorter_length_is_told() -> None:
    """Where `maxLength` stands beside a pattern that is bound, callers are told of both."""
    pattern = "^(a{1,500}){1,50}$"
    checker = Checker({"pattern": usable(pattern), "maxLength": 30}, OPENAPI_31, Formats())
    assert checker.is_valid("a" * 30)
    assert [problem.code for problem in checker.problems("a" * 31)] == ["maxLength"]
    assert sorted(problem.code for problem in checker.problems("a" * 5000)) == ["maxLength", "pattern"]


def test_what_cannot_be_read_is_bound() -> None:
    """A pattern that only the engine understands is taken for a costly one."""
    assert re.fullmatch(r".*\(\?x\) a b.*", usable("(?x) a b"))
    assert meant(usable("(?x) a b"))[1] is not None
    assert Checker({"pattern": usable("(?x) a b")}, OPENAPI_31, Formats()).is_valid("ab")
