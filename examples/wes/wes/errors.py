"""What this service refuses."""

from __future__ import annotations

from pymacaron.exceptions import BadRequestError, add_error

RunNotFound = add_error("RunNotFound", code="RUN_NOT_FOUND", status=404)


class BadWorkflow(BadRequestError):
    code = "BAD_WORKFLOW"


class BadAttachment(BadRequestError):
    code = "BAD_ATTACHMENT"


class BadPage(BadRequestError):
    code = "BAD_PAGE"
