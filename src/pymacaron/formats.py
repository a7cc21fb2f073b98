"""String formats as inverse pairs, open for registration.

A format says how text is checked, what Python value it becomes, and how that value is written again. `date` and
`date-time` are built into the conversion of models (shapes); this room holds the formats that users add, the
bounds of the integer formats, and the names that need no warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


class Format(NamedTuple):
    """A string format that you define.

    Attributes:
        name: the value of the `format` keyword.
        check: whether a text has this format. Raising ValueError or TypeError counts as False.
        to_python: makes the Python value from a text that was checked. Default: the text itself.
        to_wire: makes the text from such a value. Default: str().
    """

    name: str
    check: Callable[[str], bool]
    to_python: Callable[[str], Any] = str
    to_wire: Callable[[Any], str] = str


class Formats:
    """The formats that one API's documents may use, by name."""

    __slots__ = ("checks", "custom")

    def __init__(self, custom: Iterable[Any] = ()) -> None:
        self.custom: dict[str, Format] = {}
        for given in custom:
            made = given if isinstance(given, Format) else _from_1x(given)
            self.custom[made.name] = made
        self.checks: dict[str, Callable[[str], bool]] = {name: _quiet(made.check) for name, made in self.custom.items()}

    def knows(self, name: str) -> bool:
        return name in self.custom or name in KNOWN


def _from_1x(given: Any) -> Format:
    """Users of pymacaron 1.x pass objects with `format`, `validate`, `to_python` and `to_wire`."""
    try:
        return Format(given.format, given.validate, given.to_python, given.to_wire)
    except AttributeError:
        raise TypeError(
            f"API(formats=[...]) takes pymacaron.formats.Format(name, check, to_python, to_wire), got {given!r}"
        ) from None


def _quiet(check: Callable[[str], Any]) -> Callable[[str], bool]:
    """A check in which raising means "no", and returning None means "yes" (those of pymacaron 1.x return nothing)."""

    def checked(text: str) -> bool:
        try:
            return check(text) is not False
        except (ValueError, TypeError):
            return False

    return checked


# The OpenAPI Initiative's format registry: integer formats are a range.
INTEGER_BOUNDS: Mapping[str, tuple[int, int]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}

# Formats that a pattern decides: `byte` is base64 (OpenAPI 3.0 section 4.4, RFC 4648 section 4), the URL-safe
# alphabet is section 5. A pattern runs inside the validator, several times faster than a Python function.
PATTERNS: Mapping[str, str] = {
    "byte": r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "base64url": r"^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$",
}
# Draft 4 does not know `uuid` (RFC 9562 section 4), `duration` and `time`. What documents of its age mean by the latter
# two is not RFC 3339 to the letter, as in 2020-12, but ISO 8601: seconds with fractions, times without an offset.
_TIME_OF_DURATION = "T(?:[0-9]+H(?:[0-9]+M)?(?:{0})?|[0-9]+M(?:{0})?|{0})".format(r"[0-9]+(?:\.[0-9]+)?S")
_DATE_OF_DURATION = "(?:[0-9]+Y(?:[0-9]+M)?(?:[0-9]+D)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
PATTERNS_OF_DRAFT4: Mapping[str, str] = {
    **PATTERNS,
    "duration": f"^P(?:[0-9]+W|{_DATE_OF_DURATION}(?:{_TIME_OF_DURATION})?|{_TIME_OF_DURATION})$",
    "time": r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?$",
    "uuid": r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
}

# Formats that the validator knows in 2020-12 but not in draft 4, where OpenAPI 3.0 documents use them all the same.
LATER_THAN_DRAFT4 = (
    "uri-reference", "iri", "iri-reference", "json-pointer", "relative-json-pointer", "uri-template",
    "idn-hostname",
)  # fmt: skip

# Names that need no warning: JSON Schema 2020-12 section 7.3 and the OpenAPI Initiative's format registry.
KNOWN = frozenset((
    *PATTERNS, *INTEGER_BOUNDS, "date", "date-time", "time", "duration", "email", "idn-email", "hostname",
    "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template",
    "json-pointer", "relative-json-pointer", "regex", "float", "double", "double-int", "decimal", "decimal128",
    "binary", "password", "char", "commonmark", "html", "http-date", "media-range", "date-time-local", "time-local",
    "unixtime", "sf-binary", "sf-boolean", "sf-decimal", "sf-integer", "sf-string", "sf-token", "file", "url",
    "uri-ref", "phone",
))  # fmt: skip
