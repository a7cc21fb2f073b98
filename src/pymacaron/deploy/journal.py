"""The journal of a deployment: what was about to be done, before it was; what came of it, after. It survives the
process, and holds no secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron._version import __version__
from pymacaron.exceptions import DeployError

from .exit_codes import ATTENTION, DONE, GREEN_FAILED, ROLLED_BACK, STOPPED
from .resources import Wanted
from .steps import ApiCall, Plan

FOLDER = os.path.join(".pym", "deploys")
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9]{4}")
# Points at which a copy is made, beside calls whose doing has to be known: what is done otherwise shows, or is done
# again without harm.
_MIRRORED = frozenset(("given", "failed", "resume", "end"))


class Journal:
    """Lines of JSON, each of which is on the disk before anybody acts on it.

    Attributes:
        mirror: is given the file, and whether this was the last line, where others have to know what came before.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mirror: Callable[[Path, bool], object] = lambda path, is_last: None
        self._is_new = True
        self._is_first = True  # of the lines that this process writes

    @classmethod
    def begun(cls, folder: Path, plan: Plan, wanted: Wanted, at: float) -> Journal:
        """The journal of a new deployment: its first line has the whole plan."""
        journal = cls(folder / f"{plan.deploy_id}.jsonl")
        journal.write(at, "begin", pymacaron=__version__, plan=plan.to_json(), wanted=asdict(wanted))
        (folder / ".gitignore").write_text("*\n", "utf-8")  # it is no change of the project
        return journal

    def write(self, at: float, event: str, **more: Any) -> None:
        """
        Raises:
            DeployError: it cannot be written, and so what it would tell may not be done.
        """
        try:
            self._append(json.dumps({"at": round(at, 3), "event": event, **more}, sort_keys=True))
        except OSError as error:
            code = STOPPED if event == "begin" else ATTENTION
            cure = "make room or give the right to write, then go on: `pymacaron deploy --resume`"
            raise DeployError(f"{self.path} cannot be written: {error.strerror}; {cure}", exit_code=code) from error
        is_telling = event == "intent" and (self._is_new or not more["operation"].startswith("s3."))
        if event in _MIRRORED or is_telling:
            self._is_new = False
            self.mirror(self.path, event == "end")

    def _append(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n" if self._has_half_a_line() else f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def _has_half_a_line(self) -> bool:
        """Has another process ended while it wrote? What it has written stays alone on its line."""
        if not self._is_first:
            return False
        self._is_first = False
        return bool(self.path.stat().st_size) and not self.path.read_bytes().endswith(b"\n")

    def intent(self, at: float, step: str, call: ApiCall) -> None:
        """A call is about to be made."""
        self.write(at, "intent", step=step, operation=call.operation, parameters=call.shown())

    def result(self, at: float, step: str, operation: str, *, said: str, request_id: str = "") -> None:
        """A call was made; `said` is "done", or what AWS refused it with, or why nobody knows."""
        self.write(at, "result", step=step, operation=operation, said=said, request_id=request_id)


@dataclass
class Story:
    """What a journal tells.

    Attributes:
        given: values that steps have given to later ones.
        done: names of steps.
        road: "steps", or the steps that a failure has led to: "if_green_fails", "if_live_fails".
        code: the exit code of a deployment that has ended; None of one that has not.
    """

    plan: Plan
    wanted: Wanted
    given: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    intents: list[str] = field(default_factory=list)
    road: str = "steps"
    why: str = ""
    code: int | None = None


def read(path: Path) -> Story:
    """What has happened, as far as it was written.

    Raises:
        DeployError: that is no journal.
    """
    story: Story | None = None
    for said in _lines(path):
        try:
            if said["event"] == "begin":
                story = _begun(said)
            elif story is not None:
                _tell(story, said)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise strange(path, why, str(said.get("pymacaron", ""))) from error
    if story is None:
        cure = "move it away; `pymacaron deploy --resume ID` then fetches the copy in the bucket, if there is one"
        raise DeployError(f"{path} is no journal of a deployment; {cure}", exit_code=STOPPED)
    return story


def _begun(said: dict[str, Any]) -> Story:
    """
    Raises:
        KeyError, TypeError, ValueError: another version wrote it.
    """
    plan = Plan.from_json(said["plan"])
    if not is_id(plan.deploy_id):
        raise ValueError("that is no ID of a deployment")
    return Story(plan, wanted_from(said["wanted"]))


def strange(path: Path, why: str, writer: str = "") -> DeployError:
    """What is told of a journal that this version cannot go on with."""
    whose = f"pymacaron {writer}" if writer not in {"", __version__} else "another version"
    text = f"cannot resume from {path} ({why}): it is damaged, or {whose} wrote it"
    cure = (
        "resume with that version; or see `pymacaron status`, run `pymacaron deploy unlock --force`, and deploy again"
    )
    return DeployError(f"{text}; {cure}", exit_code=STOPPED)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Its lines, but for those that a process has not ended, having ended itself."""
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and "event" in said:
            yield said


def _tell(story: Story, said: dict[str, Any]) -> None:
    match said["event"]:
        case "given":
            story.given.update(said["values"])
        case "done":
            story.done.add(said["step"])
        case "intent":
            story.intents.append(said["step"])
        case "failed":
            story.road, story.why = said["road"], said["why"]
        case "end":
            story.code = said["code"]
        case "resume":
            story.code = None


def wanted_from(said: JsonObject) -> Wanted:
    """What was wanted, from its JSON."""
    values: dict[str, Any] = {name: _tupled(value) for name, value in said.items()}
    return Wanted(**values)


def _tupled(value: Json) -> Any:
    return tuple(_tupled(one) for one in value) if isinstance(value, list) else value


def is_id(text: str) -> bool:
    """Can this be the name of a deployment?"""
    return _ID.fullmatch(text) is not None


def find(folder: Path, deploy_id: str = "") -> Path:
    """The journal of a deployment; without an id, of the last one that has not ended well.

    Raises:
        DeployError: there is none.
    """
    if deploy_id:
        path = folder / f"{deploy_id}.jsonl"
        if _ID.fullmatch(deploy_id) and path.exists():
            return path
        known = ", ".join(one.stem for one in _journals(folder)[-3:]) or "none"
        raise DeployError(f"there is no journal {path}; the last ones are {known}", exit_code=STOPPED)
    open_one: Path | None = None
    for path in _journals(folder):
        code = read(path).code
        if code == DONE:
            open_one = None
        elif code not in {GREEN_FAILED, ROLLED_BACK}:  # they were not in the way of one before
            open_one = path
    if open_one is None:
        text = f"there is no interrupted deployment in {folder}; start one: `pymacaron deploy`"
        raise DeployError(text, exit_code=STOPPED)
    return open_one


def _journals(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.jsonl") if _ID.fullmatch(path.stem))
