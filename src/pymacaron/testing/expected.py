"""What a test wants of an answer, and in which ways an answer is something else."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .codes import code_of
from .exchanges import Answer

_VERSION = ("name", "version", "container", "pym_env")


class Expected(NamedTuple):
    """What is wanted. Each method tells what is not so; [] if all is.

    Attributes:
        wanted: the status, or several, any of which will do.
        code: of an error; None: any.
        media: what the media type begins with.
        location: of a redirect; None: any.
    """

    wanted: int | Collection[int]
    code: str | None = None
    media: str = ""
    location: str | None = None

    def status(self, answer: Answer) -> list[str]:
        if isinstance(self.wanted, int):
            return [] if answer.status == self.wanted else [f"expected the status {self.wanted}, got {answer.status}"]
        if answer.status in self.wanted:
            return []
        is_range = isinstance(self.wanted, range)
        several = f"{min(self.wanted)} to {max(self.wanted)}" if is_range else " or ".join(map(str, self.wanted))
        return [f"expected a status of {several}, got {answer.status}"]

    def json(self, answer: Answer) -> list[str]:
        facts = self.status(answer)
        if not answer.is_json:
            return [*facts, "expected JSON"]
        try:
            answer.json  # noqa: B018 - can it be read?
        except (ValueError, RecursionError):
            facts.append("expected JSON, but the body is not JSON, whatever its Content-Type says")
        return facts

    def json_object(self, answer: Answer) -> list[str]:
        facts = self.json(answer)
        if answer.is_json and not (facts and "expected JSON" in facts[-1]) and not isinstance(answer.json, dict):
            facts.append("expected a JSON object")
        return facts

    def error(self, answer: Answer) -> list[str]:
        facts = self.json_object(answer)
        code = code_of(answer)
        if self.code is not None and code != self.code:
            facts.append(f"expected the error {self.code}, got {code or 'none'}")
        elif code is None and not facts:
            facts.append("expected an error, with a code in 'error'")
        return facts

    def nothing(self, answer: Answer) -> list[str]:
        facts = self.json_object(answer)
        return facts if facts or answer.json == {} else ["expected {}"]

    def version(self, answer: Answer) -> list[str]:
        facts = self.json_object(answer)
        missing = [] if facts else [name for name in _VERSION if name not in answer.json]
        return facts + [f"expected {name!r} in it" for name in missing]

    def text(self, answer: Answer) -> list[str]:
        facts = self.status(answer)
        if not answer.media_type.startswith(self.media):
            facts.append(f"expected {self.media.rstrip('/')}{'' if self.media[-1] != '/' else ' of some kind'}")
        return facts

    def redirect(self, answer: Answer) -> list[str]:
        facts = self.status(answer)
        found = answer.headers.get("location")
        if found is None:
            facts.append("expected a header Location")
        elif self.location is not None and found != self.location:
            facts.append(f"expected a redirect to {self.location}, not to {found}")
        return facts
