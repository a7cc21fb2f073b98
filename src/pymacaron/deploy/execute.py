"""A plan carried out, in one process or several: every step looks first whether it is done."""

from __future__ import annotations

from pymacaron.config import redact
from pymacaron.exceptions import DeployError

from .aws import Refused, Uncertain
from .deeds import DEEDS
from .exit_codes import ATTENTION, DONE, GREEN_FAILED, ROLLED_BACK, STOPPED
from .last_words import last_words
from .lock import LockLost
from .run import Run, StepFailed, Unclear
from .steps import Step

_CODES = {"if_green_fails": GREEN_FAILED, "if_live_fails": ROLLED_BACK}


class Execution:
    """The steps of a plan, and those that a failure leads to.

    Args:
        done: names of steps that another process has done.
        road: which steps it was at.
    """

    def __init__(self, run: Run, *, done: set[str] | None = None, road: str = "steps", why: str = "") -> None:
        self._run, self._done, self._road, self._why = run, set(done or ()), road, why
        self._last_words = ""

    def __call__(self) -> int:
        """Do what is left; DONE.

        Raises:
            DeployError: it has failed; `exit_code` says how things stand.
        """
        try:
            if self._has_lock():  # another process had it
                self._run.take_lock()
            if self._road == "steps":
                self._walk()
            if self._road == "steps":
                return self._ended(DONE)
            self._go_back()
        except (Unclear, Refused, Uncertain) as error:
            raise self._unclear(error) from error
        except DeployError as error:
            self._ended(error.exit_code)
            raise
        code = _CODES[self._road]
        self._ended(code)
        raise DeployError(self._sentence(code), exit_code=code)

    def _walk(self) -> None:
        for step in self._run.plan.steps:
            try:
                self._do(step)
            except StepFailed as error:
                self._fail(step, str(error))
                return
            except LockLost as error:
                if self._is_live():
                    raise Unclear(str(error)) from error  # going back is not for those who have no lock
                self._fail(step, str(error))
                return

    def _do(self, step: Step) -> None:
        run = self._run
        if step.name in self._done:
            return
        started = run.aws.clock.time()
        run.step = step.name
        run.tell("begin", step.title)
        DEEDS[step.kind](run, step)
        self._done.add(step.name)
        run.journal.write(run.aws.clock.time(), "done", step=step.name)
        run.tell("done", f"{step.title} ({run.aws.clock.time() - started:.0f} s)")

    def _fail(self, step: Step, why: str) -> None:
        """Choose the way back."""
        run, why = self._run, redact(why)
        run.tell("failed", f"{step.title}: {why}")
        if not self._is_done("lock"):
            raise self._stopped(f"{step.title}: {why}")
        if self._is_done("record"):
            raise Unclear(
                f"{step.title}: {why}; the new version is live and healthy, but the steps after this one were not done"
            )
        self._road = "if_live_fails" if self._is_live() else "if_green_fails"
        self._why = f"{step.title}: {why}"
        run.journal.write(run.aws.clock.time(), "failed", step=step.name, why=self._why, road=self._road)

    def _is_live(self) -> bool:
        """Do callers, some of them at least, meet the new version?"""
        return self._is_done("swap") or self._is_done("canary")

    def _is_done(self, kind: str) -> bool:
        return any(one.kind == kind and one.name in self._done for one in self._run.plan.steps)

    def _has_lock(self) -> bool:
        return self._is_done("lock") and "unlock" not in self._done

    def _stopped(self, why: str) -> DeployError:
        self._ended(STOPPED, why)
        return DeployError(f"{why}\nnothing that is live was changed", exit_code=STOPPED)

    def _go_back(self) -> None:
        for step in getattr(self._run.plan, self._road):
            if step.kind == "end_green":
                self._hear()
            try:
                self._do(step)
            except (StepFailed, LockLost) as error:
                raise Unclear(f"{step.title}: {error}; before that: {self._why}") from error
        self._hear()

    def _hear(self) -> None:
        """What the new environment has to say: behind a swap back, since callers come first, and before its end."""
        self._last_words = self._last_words or last_words(self._run.aws, self._run.plan.green)

    def _sentence(self, code: int) -> str:
        live = "the previous version is live again" if code == ROLLED_BACK else "the live version was not changed"
        failed = "the canary did not start" if self._run.plan.is_canary else "the new environment has failed"
        title = "THE DEPLOYMENT WAS ROLLED BACK" if code == ROLLED_BACK else failed
        return f"{title}: {live}\n{self._why}\n{self._last_words}\nthe journal: {self._run.journal.path}"

    def _unclear(self, error: Exception) -> DeployError:
        text = self._run.advice(error) if isinstance(error, Refused) else str(error)
        if not self._is_done("lock"):
            return self._stopped(redact(text))
        self._ended(ATTENTION, text)
        resume = f"pymacaron deploy --resume {self._run.plan.deploy_id}"
        return DeployError(
            f"manual attention is needed: {redact(text)}\nsee `pymacaron status`, then continue with `{resume}`",
            exit_code=ATTENTION,
        )

    def _ended(self, code: int, why: str = "") -> int:
        more = {"why": redact(why)} if why else {}
        self._run.journal.write(self._run.aws.clock.time(), "end", code=code, **more)
        return code
