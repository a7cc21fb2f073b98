"""The swap of the live address, and the look at who has it."""

from __future__ import annotations

from .aws import Refused, Throttled, Uncertain
from .observe import environments_of, live_among
from .run import Run, StepFailed, Unclear
from .steps import Step

_SWAP, _ANSWER = 5 * 60.0, 3 * 60.0  # seconds
_SETTLE = 60.0  # seconds in which a swap shows whose answer was lost


def swap(run: Run, step: Step) -> None:
    """Compared before and after, and never made again for want of an answer: a second one would undo the first."""
    call = step.calls[0]
    before = step.name in run.intents
    ids = _ids(run, step)
    for attempt in range(1, 6):
        if _has_it(run, ids[1], settle=_SETTLE if before else 0.0):
            return
        if not _has_it(run, ids[0], settle=0.0):
            raise StepFailed(f"{run.wanted.cname} has moved to another environment since; see `pymacaron releases`")
        run.lock.beat(now=True)  # whoever has lost it must not swap
        try:
            run.change(step, call)
        except Throttled:
            run.aws.pause(attempt)
            before = False
        except Refused as error:
            raise StepFailed(run.advice(error)) from error
        except Uncertain as error:
            if _has_it(run, ids[1], settle=_SETTLE):
                return
            raise Unclear(f"the answer to the swap was lost ({error}), and the swap does not show yet") from error
        else:
            if not _has_it(run, ids[1], settle=_SWAP):
                raise Unclear("the swap was started but has not finished")
            return
    raise StepFailed("AWS throttled the swap every time; deploy again")


def _ids(run: Run, step: Step) -> tuple[str, str]:
    said = step.calls[0].parameters
    source, destination = said["SourceEnvironmentId"], said["DestinationEnvironmentId"]
    return (
        source if isinstance(source, str) else run.given["green.id"],
        destination if isinstance(destination, str) else run.given["green.id"],
    )


def _has_it(run: Run, ident: str, *, settle: float) -> bool:
    """Has an environment the live address? Asked for so many seconds, and as long as a swap is under way."""
    until, most = run.aws.clock.time() + settle, run.aws.clock.time() + _SWAP
    while True:
        there = {one.id: one for one in environments_of(run.aws, run.wanted)}
        live = live_among(there.values(), run.wanted)
        busy = [one for one in (there.get(ident), live) if one is None or not one.is_ready]
        if live is not None and live.id == ident and not busy:
            return True
        if ident not in there:
            raise StepFailed("the environment that should go live no longer exists")
        now = run.aws.clock.time()
        if (now >= until and not busy) or now >= most:
            if busy:
                raise Unclear("the environments are still updating and do not become Ready")
            return False
        run.lock.beat()
        run.aws.clock.sleep(5)


def verify(run: Run, step: Step) -> None:
    found = run.environment(step.about)
    if found is None or found.cname.lower() != run.wanted.cname:
        raise StepFailed(f"{run.wanted.cname} does not lead to {step.about}")
    until = run.aws.clock.time() + _ANSWER
    while True:
        try:
            said = run.workshop.container(run.live_door())
        except StepFailed as error:
            said, why = "", str(error)
        else:
            why = f"it answers as {said or 'nobody'}"
        if said == found.label:
            return
        if run.aws.clock.time() >= until:
            raise StepFailed(f"{run.wanted.cname} does not answer with {found.label}: {why}")
        run.lock.beat()
        run.aws.clock.sleep(5)
