"""The door of a rehearsal: one address for all of AWS. Elastic Beanstalk is answered here, other services by the server
behind; every call is recorded, and goes wrong if the script says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from . import elsewhere, protocol, recognition
from .account import Account
from .calls import CALLS
from .calls.catalogue import not_imitated
from .exchange import Answer, Asked
from .faults import Script, is_mutation
from .protocol import Refusal
from .record import Entry, Record, hidden

Answered = tuple[Answer, Any]  # with the result, as far as it is recorded


class Door:
    """Answers requests; None instead of an answer ends the connection. `behind` is the port of the server for services
    other than Elastic Beanstalk, 0 for none."""

    def __init__(self, account: Account, record: Record | None = None, behind: int = 0) -> None:
        self.account = account
        self.behind = behind
        self.registry = ""  # host:port of what stands for ECR
        self.tell_images: Callable[[], None] = lambda: None  # what was pushed there since
        self.script = Script()
        self.record = record or Record()
        self.lock = threading.RLock()

    def answer(self, asked: Asked) -> Answer | None:
        with self.lock:
            request_id = self.account.request_id()
        service = recognition.service_of(asked)
        if service in {"", protocol.SERVICE} or not self.behind:
            return self._beanstalk(asked, request_id)
        operation, params = recognition.call_of(service, asked)
        entry = self._entry(service, operation, params, request_id)

        def refuse(refusal: Refusal) -> Answer:
            return elsewhere.refused(service, refusal, request_id)

        return self._play(entry, lambda: (self._forwarded(service, asked), None), refuse)

    def _forwarded(self, service: str, asked: Asked) -> Answer:
        if service != "ecr" or not self.registry:
            return elsewhere.forwarded(self.behind, asked)
        self.tell_images()
        answer = elsewhere.forwarded(self.behind, asked)
        told = answer.body.replace(b"https://" + self.account.registry.encode(), b"http://" + self.registry.encode())
        body = told.replace(self.account.registry.encode(), self.registry.encode())
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Answer(answer.status, body, headers)

    def _beanstalk(self, asked: Asked, request_id: str) -> Answer | None:
        def refuse(refusal: Refusal) -> Answer:
            return _xml(refusal.status, protocol.write_error(refusal, request_id), request_id)

        try:
            protocol.check_scope(protocol.scope_of(asked.headers.get("authorization")), self.account.region)
            operation, params = protocol.read_call(asked.body)
        except Refusal as refusal:
            answer = refuse(refusal)
            entry = self._entry(protocol.SERVICE, "Unknown", {}, request_id)
            entry.code, entry.status = refusal.code, answer.status
            self.record.add(entry)
            return answer
        entry = self._entry(protocol.SERVICE, operation.name, hidden(operation.input_shape, params), request_id)

        def do() -> Answered:
            with self.lock:
                self.account.clock.tick()
                result = CALLS.get(operation.name, not_imitated)(self.account, params, request_id)
                entry.done = True
            if faults := protocol.faults_of_result(operation, result):
                raise Refusal("RehearsalFault", f"The rehearsal answers what is none: {'; '.join(faults)}", 500)
            answer = _xml(200, protocol.write_answer(operation, result, request_id), request_id)
            return answer, hidden(operation.output_shape, result)

        return self._play(entry, do, refuse)

    def _entry(self, service: str, operation: str, params: Any, request_id: str) -> Entry:
        at = self.account.clock.now().isoformat()
        return Entry(service, operation, params, mutation=is_mutation(operation), request_id=request_id, at=at)

    def _play(self, entry: Entry, do: Callable[[], Answered], refuse: Callable[[Refusal], Answer]) -> Answer | None:
        """The call, as far as the script lets it."""
        with self.lock:
            faults = self.script.faults(entry.service, entry.operation)
        entry.faults = [{name: value for name, value in asdict(fault).items() if value} for fault in faults]
        time.sleep(sum(fault.delay for fault in faults))
        drops = {fault.drop for fault in faults}
        refusals = [fault.refusal(self.account, entry.service, entry.operation) for fault in faults]
        answer = None if "before" in drops else _tried(entry, next(filter(None, refusals), None), do, refuse)
        if "after" in drops:
            answer = None
        entry.status = answer.status if answer else None
        self.record.add(entry)
        return answer


def _tried(
    entry: Entry, refusal: Refusal | None, do: Callable[[], Answered], refuse: Callable[[Refusal], Answer]
) -> Answer:
    try:
        if refusal:
            raise refusal
        answer, entry.result = do()
    except Refusal as e:
        entry.code = e.code
        return refuse(e)
    entry.done = answer.status < 400
    return answer


def _xml(status: int, body: bytes, request_id: str) -> Answer:
    return Answer(status, body, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id})
