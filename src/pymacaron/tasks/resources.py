"""The functions behind the resources of operations that take long: builtin_apis/operations.yaml."""

from __future__ import annotations

from typing import Any

from .long import the_service


def get_operation(operation_id: str) -> Any:
    return the_service().status(operation_id)


def cancel_operation(operation_id: str) -> Any:
    return the_service().cancel(operation_id)


def get_operation_result(operation_id: str) -> Any:
    return the_service().result(operation_id)
