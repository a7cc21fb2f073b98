"""What the mailer remembers, and where: the mails of the last month, in the store."""

from __future__ import annotations

from contextlib import suppress
from time import time
from typing import Any

from pymacaron.exceptions import ServiceUnavailableError
from pymacaron.stores import Attribute, Put, Table, get_store
from pymacaron.stores.tables import EXPIRES

_MAILS = Table("mailer-mails", Attribute("box"), Attribute("at"))  # each mail is in two boxes
_ALL = "all"
_KEPT = 30 * 86400  # seconds


def keep(mail: Any) -> None:
    item = {"at": f"{mail.sent_at.isoformat()} {mail.id}", "mail": mail.to_json(), EXPIRES: int(time()) + _KEPT}
    get_store().transact([Put(_MAILS, {**item, "box": box}) for box in (_ALL, mail.to.lower())])


def latest(to: str | None, limit: int) -> list[Any]:
    """The latest mails, those to one address only if one is given, in JSON."""
    box = _ALL if to is None else to.lower()
    return [item["mail"] for item in get_store().query(_MAILS, box, descending=True, limit=limit)]


def prepare() -> None:
    """Make what the store lacks. A store that does not answer is no reason not to start: it may come back."""
    with suppress(ServiceUnavailableError):
        get_store().create_table(_MAILS)
