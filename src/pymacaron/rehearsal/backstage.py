"""What a rehearsal itself is told, under /_rehearsal/ of its address: its script, its clock; its record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .calls.environments import described
from .door import Door
from .exchange import Answer, Asked, json_answer
from .faults import Mistaken, tell

PREFIX = "/_rehearsal/"


def answer(door: Door, asked: Asked, address: Callable[[str], str]) -> Answer:
    name = asked.target.partition("?")[0].removeprefix(PREFIX)
    if name.startswith("logs/") and asked.method == "GET":
        return _logs(door, name)
    if name.startswith("address/") and asked.method == "GET":
        return json_answer(200, {"address": address(name.removeprefix("address/"))})
    ways = {f"{method} {name}": way for method, name, way in _WAYS}
    if f"{asked.method} {name}" not in ways:
        return json_answer(404, {"error": f"there are {', '.join(ways)}"})
    try:
        told = json.loads(asked.body) if asked.body.strip() else None
    except ValueError:
        return json_answer(400, {"error": "the body is no JSON"})
    try:
        with door.lock:
            given = ways[f"{asked.method} {name}"](door, told)
    except Mistaken as e:
        return json_answer(400, {"error": str(e)})
    return given if isinstance(given, Answer) else json_answer(200, given)


def _logs(door: Door, name: str) -> Answer:
    """What RetrieveEnvironmentInfo gives the address of."""
    _, id_, kind = [*name.split("/"), "", ""][:3]
    for environment in door.account.environments:
        if environment.id == id_ and environment.information.get(kind):
            text = environment.information[kind][-1][1]
            return Answer(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
    return json_answer(404, {"error": "there are no logs of that kind"})


def _script(door: Door, told: Any) -> Any:
    tell(door.account, door.script, told)
    return {"rules": len(door.script.rules)}


def _cleared(door: Door, _: Any) -> Any:
    door.script.clear()
    door.account.outcomes.clear()
    return {"rules": 0}


def _record(door: Door, _: Any) -> Any:
    body = "".join(f"{line}\n" for line in door.record.lines())
    return Answer(200, body.encode(), {"Content-Type": "application/x-ndjson"})


def _clock(door: Door, told: Any) -> Any:
    seconds = told.get("advance") if isinstance(told, dict) else None
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 1e8:
        raise Mistaken('write {"advance": seconds}')
    door.account.clock.advance(seconds)
    return {"now": door.account.clock.now()}


def _health(door: Door, told: Any) -> Any:
    """The health that an environment has from now on."""
    words = {"Green": "Ok", "Yellow": "Warning", "Red": "Severe", "Grey": "Unknown"}
    if not isinstance(told, dict) or told.get("health") not in words:
        raise Mistaken(f'write {{"environment": name, "health": …}}, with one of {", ".join(words)}')
    for environment in door.account.there():
        if environment.name == told.get("environment"):
            environment.turn(told["health"], words[told["health"]], *([told["cause"]] if "cause" in told else []))
            return {"environment": environment.name}
    raise Mistaken("no environment has that name")


def _state(door: Door, _: Any) -> Any:
    account = door.account
    return {
        "now": account.clock.now(),
        "applications": {name: list(found.versions) for name, found in account.applications.items()},
        "environments": [described(account, environment) for environment in account.environments],
    }


_WAYS: list[tuple[str, str, Callable[[Door, Any], Any]]] = [
    ("POST", "script", _script),
    ("DELETE", "script", _cleared),
    ("GET", "record", _record),
    ("POST", "clock", _clock),
    ("POST", "health", _health),
    ("GET", "state", _state),
]
