"""Forms as representations: an object of fields, files among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pymacaron._types import ReadableStream
from pymacaron.bodies import MULTIPART, MediaType, Upload, read_all, write_multipart
from pymacaron.exceptions import ValidationError
from pymacaron.forms import FieldFault, Form
from pymacaron.inputs import plain
from pymacaron.schemas import REQUEST, SchemaProblem
from pymacaron.structs import fields_of, is_model

from .representation import Representation, Written, in_body, with_boundary


class FormBody(Representation):
    """An urlencoded or multipart body."""

    @cached_property
    def form(self) -> Form:  # type: ignore[override]  # made when it is asked for, and never None
        assert self.content is not None
        return Form(self.content, self._shapes, multipart=self.kind == MULTIPART, view=self._side.view)

    def prepare(self) -> None:
        super().prepare()
        self.form  # noqa: B018 - makes it

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        source = body if self.kind == MULTIPART else read_all(body, limit, size)
        try:
            values = self.form.read(source, media.parameters.get("boundary"), limit)
        except FieldFault as fault:
            raise _refused(fault.problems) from None
        problems = self.form.problems(values)
        if problems:
            raise _refused(problems)
        return self.converted(values)

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict) or is_model(value)

    def label(self, value: Any) -> tuple[str, MediaType]:
        if self.kind != MULTIPART:
            return super().label(value)
        return with_boundary(self.media)

    def write(self, value: Any, media: MediaType) -> Written:
        fields = fields_of(value) if is_model(value) else value
        if self._side.view == REQUEST:
            self._check(fields)
        try:
            if self.kind == MULTIPART:
                return write_multipart(self.form.write(fields), media.parameters["boundary"])
            return "&".join(self.form.write_pairs(fields)).encode()
        except FieldFault as fault:
            raise _refused(fault.problems) from None

    def _check(self, fields: Mapping[str, Any]) -> None:
        """What the other side would refuse, is refused here; files are not looked into."""
        files = self.form.files
        shown = {
            name: _shown(value) if name in files or isinstance(value, Upload) else plain(value)
            for name, value in fields.items()
        }
        problems = self.form.problems(shown)
        if problems:
            raise _refused(problems)


def _shown(value: Any) -> Any:
    return [""] * len(value) if isinstance(value, (list, tuple)) else ""


def _refused(problems: list[SchemaProblem]) -> ValidationError:
    return ValidationError(problems=[in_body(problem) for problem in problems])
