"""Bytes of bodies: JSON, text and multipart, read and written. What a service makes of them is in test_uploads.py,
test_streams.py and test_bad_input.py."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import pytest
from drawn import VALUES
from hypothesis import example, given
from hypothesis import strategies as st

from pymacaron._types import MOST_LEVELS
from pymacaron.bodies import Part, Upload, read_json, read_multipart, read_text, write_json, write_multipart
from pymacaron.exceptions import BadRequestError, InvalidJsonError, UnsupportedMediaTypeError

# JSON


@given(VALUES)
def test_json_comes_back(value: Any) -> None:
    assert read_json(write_json(value)) == value


def refused(name: str) -> Any:
    raise ValueError(name)


def number(text: str) -> float:
    return float(text) if isfinite(float(text)) else refused(text)


def is_json(raw: bytes) -> bool:
    """Does Python's own parser take it, without what it adds to JSON?"""
    try:
        json.loads(raw.decode(), parse_constant=refused, parse_float=number)
    except (ValueError, RecursionError):
        return False
    return True


@given(
    st.binary(max_size=12)
    | st.text('[]{}:,"\\ tfnu0123456789eE+-./alsrue\n\0', max_size=16).map(str.encode)
    | VALUES.map(lambda value: json.dumps(value).encode())
)
@example(b"NaN")
@example(b"[1,]")
@example(b"01")
@example(b'"\x00"')
@example(b'{"a": 1, "a": 2}')
@example(b"\xef\xbb\xbf1")
@example(b"-0")
@example(b"1e400")
def test_what_json_is(raw: bytes) -> None:
    """The same texts are JSON for us as for Python, and mean the same; numbers have to have a value."""
    text = raw.removeprefix(b"\xef\xbb\xbf")
    if is_json(text):
        assert read_json(raw) == json.loads(text)
        return
    with pytest.raises(InvalidJsonError) as caught:
        read_json(raw)
    assert caught.value.offset is None or 0 <= caught.value.offset <= len(raw)


@pytest.mark.parametrize("exact", [10**30, -(2**63) - 1, 2**64, 10**4000, 0.1, 1e308, -0.0, 5e-324])
def test_numbers_are_exact(exact: float) -> None:
    assert read_json(write_json([exact])) == [exact]


_NAMED = [Decimal("sNaN"), Decimal("-Infinity"), "NaN", "-Infinity", nan, inf]
_DECIMALS = st.decimals(places=2) | st.sampled_from(_NAMED)
_WITH_DECIMALS = st.recursive(
    _DECIMALS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def nulled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: nulled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nulled(item) for item in value]
    return None if isinstance(value, float | Decimal) and not Decimal(value).is_finite() else value


@given(_WITH_DECIMALS)
def test_what_is_no_number_is_null(value: Any) -> None:
    """Floats and decimals that are NaN or infinite are null, wherever they are; texts that say so are texts, and all
    other decimals keep their digits."""
    assert json.loads(write_json(value), parse_float=Decimal, parse_constant=refused) == nulled(value)


@given(VALUES, st.sampled_from(["utf-8", "UTF8", "utf-16", "utf-16le", "utf-32", "us-ascii", "iso-8859-1", "cp1252"]))
def test_charsets_of_json(value: Any, charset: str) -> None:
    """JSON is UTF-8; where somebody sends another charset and says so, it is read."""
    assert read_json(json.dumps(value).encode(charset), charset) == value


@pytest.mark.parametrize("charset", ["rot13", "zip", "unicode_escape", "idna", "punycode", "none", ""])
def test_charsets_that_are_none(charset: str) -> None:
    for read in (read_json, read_text):
        with pytest.raises(UnsupportedMediaTypeError):
            read(b'"a"', charset or "?")


@pytest.mark.parametrize(("raw", "charset"), [(b"\xff", "utf-16"), (b"\xe4", None), (b"\x00\xd8", "utf-16le")])
def test_bytes_that_are_no_text(raw: bytes, charset: str | None) -> None:
    with pytest.raises(InvalidJsonError):
        read_json(raw, charset)
    with pytest.raises(BadRequestError):
        read_text(raw, charset)


@pytest.mark.parametrize("unit", ["[]", '{"a": }'])
def test_deep_json(unit: str) -> None:
    """Two hundred levels of arrays and objects are read; more of them are the caller's fault."""
    begin, end = (unit[:-1] + " ", unit[-1])
    inner = read_json((begin * MOST_LEVELS + "1" + end * MOST_LEVELS).encode())
    for _ in range(MOST_LEVELS):
        (inner,) = inner if isinstance(inner, list) else inner.values()
    assert inner == 1
    deeper = MOST_LEVELS + 1
    for raw in (begin * deeper + "1" + end * deeper, begin * 1_000_000, begin * 1_000_000 + "1" + end * 1_000_000):
        with pytest.raises(InvalidJsonError, match="too deeply"):
            read_json(raw.encode())


@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32be"]))
def test_text_comes_back(text: str, charset: str) -> None:
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert read_text(text.encode(charset), charset) == text


# Multipart


# what browsers leave as it is; they write a line break as %0D%0A, which nobody undoes
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), min_size=1, max_size=8)
BOUNDARY = "b0undary"


@given(st.lists(st.tuples(NAMES, st.binary(max_size=40), NAMES | st.none()), max_size=5))
@example([("größe", b"\r\n--b0undary", None), ("größe", b"\r\n", "größe.txt"), ("a;b", b"", "x y.txt")])
@example([("a", b"--b0undary--\r\n"[2:], None), (" a ", b"\n\n", "a")])
def test_parts_come_back(parts: list[tuple[str, bytes, str | None]]) -> None:
    """Names, file names and bytes arrive as they were sent."""
    parts = [part for part in parts if BOUNDARY.encode() not in part[1]]
    sent = [
        Part(name, None, data, None)
        if filename is None
        else Part(name, None, None, Upload(io.BytesIO(data), filename, "x/y", name))
        for name, data, filename in parts
    ]
    written = write_multipart(sent, BOUNDARY)
    assert isinstance(written, bytes)
    found = read_multipart(io.BytesIO(written), BOUNDARY, None)
    assert [
        (part.name, part.upload.read() if part.upload else part.text, part.upload and part.upload.filename)
        for part in found
    ] == parts


@given(st.binary(max_size=120))
def test_any_bytes_as_multipart(raw: bytes) -> None:
    """They are parts, or refused."""
    body = b"--b\r\nContent-Disposition: form-data; name=a\r\n" + raw
    for data in (raw, body, body + b"\r\n--b--\r\n"):
        try:
            parts = read_multipart(io.BytesIO(data), "b", None)
        except BadRequestError:
            continue
        assert all(isinstance(part, Part) for part in parts)


def test_names_that_break_out() -> None:
    """Quotes and line breaks in names are written as browsers do: nothing of them ends the header."""
    sent = [Part('a"; filename="x\r\nX-Own: 1', None, b"1", None)]
    written = write_multipart(sent, "b")
    assert isinstance(written, bytes)
    assert written.partition(b"\r\n\r\n")[0].count(b"\r\n") == 1
    (part,) = read_multipart(io.BytesIO(written), "b", None)
    assert (part.upload, part.headers) == (None, {})
    with pytest.raises(ValueError, match="line break"):
        write_multipart([Part("a", "text/plain\r\nX-Own: 1", b"1", None)], "b")


def test_files_on_disk_are_read_when_they_are_sent(tmp_path: Path) -> None:
    """A stream stands in for a body that holds them; its end is that of the body."""
    (tmp_path / "large").write_bytes(b"x" * 300_000)
    with (tmp_path / "large").open("rb") as file:
        body = write_multipart([Part("f", None, None, Upload(file, "large", "x/y", "f"))], "b")
        assert not isinstance(body, bytes)
        (part,) = read_multipart(body, "b", None)
        assert part.upload is not None
        assert part.upload.read() == b"x" * 300_000
