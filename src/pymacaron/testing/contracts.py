"""Is an answer what the documents of its service promise?"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from pymacaron.answers import REPORT, ResponseCheck
from pymacaron.messages import Response
from pymacaron.operations import Operation
from pymacaron.publishing.additions import added_answers
from pymacaron.router import Router

from .exchanges import Answer, Asked
from .items import Touching, shared_places
from .ledger import Ledger

_SLASH = "\uf8ff"  # stands for one inside a value, and is of private use
# What HTTP itself answers to who asks on conditions or for a part (RFC 9110 sections 13.2 and 14.2), by the headers
# that ask so.
_CONDITIONAL = {304: "if-", 412: "if-", 206: "range", 416: "range"}


class Contract:
    """The operations of a service.

    Args:
        operations: that its documents declare; the tests are to touch them.
        resources: that it answers, too, and that no test needs to touch.
        ledger: is told what is touched.
    """

    def __init__(self, operations: Iterable[Operation], resources: Iterable[Operation], ledger: Ledger) -> None:
        listed = list(operations)
        self.operations = listed
        self._router = Router([*listed, *resources])  # of two that match, the first
        shared = shared_places(listed)
        self._touching = {operation: Touching(operation, shared) for operation in listed}
        self._checks: dict[Operation, ResponseCheck] = {}
        self._ledger = ledger
        ledger.declare(item for one in self._touching.values() for item in one.items)

    def judge(self, answer: Answer) -> list[str]:
        """How an answer breaks the documents; [] if it does not, or if they have nothing for such a request."""
        operation = self.operation_of(answer.asked)
        if operation is None:
            return []
        is_ours = _is_ours(operation, answer)
        touching = self._touching.get(operation)
        if touching is not None:
            declared = None if is_ours else operation.answer(answer.status)
            self._ledger.touch(*touching.touched(answer.asked, answer, declared))
        faults = [] if is_ours else self._faults(operation, answer)
        return [f"it breaks the document ({operation.title}): {fault}" for fault in faults]

    def operation_of(self, asked: Asked) -> Operation | None:
        """What a request calls."""
        path = "/".join(unquote(part).replace("/", _SLASH) for part in asked.path.split("/"))
        found = self._router.find(asked.method, path, asked.query, asked.headers)
        return None if isinstance(found, frozenset) else found[0]

    def _faults(self, operation: Operation, answer: Answer) -> list[str]:
        check = self._checks.get(operation)
        if check is None:
            check = self._checks[operation] = ResponseCheck(operation, REPORT)
        if answer.asked.method == "HEAD" != operation.method:  # it tells of another answer, without its body
            is_declared = not operation.answers or operation.answer(answer.status) is not None
            return [] if is_declared else [f"the status {answer.status} is not declared"]
        return check.faults(Response(answer.status, answer.header_list, answer.body))


def _is_ours(operation: Operation, answer: Answer) -> bool:
    """Is it an answer that need not be declared: one that pymacaron gives by itself, or HTTP asks for?"""
    if not operation.answers or str(answer.status) in operation.answers:
        return False
    if any(answer.status == added.status for added in added_answers(operation)):
        return True
    asking = _CONDITIONAL.get(answer.status)
    return asking is not None and any(name.startswith(asking) for name in answer.asked.headers)
