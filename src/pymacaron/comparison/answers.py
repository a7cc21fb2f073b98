"""What an operation answers, compared: statuses, media types, headers."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.operations import Answer, Header, Operation
from pymacaron.schemas import RESPONSE

from .inputs import by_type, compare_contents
from .ledger import Difference, Ledger
from .schemas import Comparison


def compare_answers(ledger: Ledger, schemas: Comparison, old: Operation, new: Operation) -> None:
    """The declared responses of an operation in two documents."""
    for key in dict.fromkeys((*old.answers, *new.answers)):
        if key not in new.answers:
            ledger.note([_status(key, "removed", old.answers[key])], new.title)
        elif key not in old.answers:
            ledger.note([_status(key, "added", new.answers[key])], new.title)
        else:
            _compare_answer(ledger, schemas, old.answers[key], new.answers[key], title=new.title)


def _status(key: str, how: str, answer: Answer) -> Difference:
    kind = "default-response" if key == "default" else "success-status" if key[0] in "123" else "error-status"
    return Difference(f"{kind}-{how}", f"response {key} is {'gone' if how == 'removed' else 'new'}", answer.node)


def _compare_answer(ledger: Ledger, schemas: Comparison, old: Answer, new: Answer, *, title: str) -> None:
    where = f"response {new.key}"
    contents = by_type(old.contents), by_type(new.contents)
    compare_contents(ledger, schemas, contents, title, side=RESPONSE, where=where)
    left, right = ({header.name.lower(): header for header in answer.headers} for answer in (old, new))
    for name in dict.fromkeys((*left, *right)):
        ledger.note(_header(schemas, left.get(name), right.get(name), new), title, f"{where}, header {name}")


def _header(schemas: Comparison, old: Header | None, new: Header | None, answer: Answer) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not None:
            yield Difference("response-header-removed", "is gone", answer.node)
        elif new is not None:
            name = "required-response-header-added" if new.required else "response-header-added"
            yield Difference(name, "is new", new.schema.node)
        return
    if old.required != new.required:
        became = "required" if new.required else "optional"
        yield Difference(f"response-header-became-{became}", f"is {became}", new.schema.node)
    yield from schemas.of((old.schema.node,), (new.schema.node,), RESPONSE)
