"""The assertions of acceptance tests: ask, and say what is wrong with the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from .asking import Asker
from .contracts import Contract
from .documents import contract_of
from .exchanges import Answer
from .expected import Expected
from .sending import credentials, encoded

Wanted: TypeAlias = Callable[[Answer], list[str]]
Statuses: TypeAlias = "int | Collection[int]"


class Service:
    """A service that is asked, and the contract that its answers are held against."""

    def __init__(self, asker: Asker, contract: Callable[[Asker], Contract] = contract_of) -> None:
        self.asker, self._contract = asker, contract

    @cached_property
    def contract(self) -> Contract:
        return self._contract(self.asker)


class Assertions:
    """What acceptance tests call. Every answer is held against the documents, too, whatever else is wanted of it.

    Arguments that all of them take:
        path: with its query, if it has one: "/v1/orders?status=paid".
        status: that is wanted; several, if any of them will do.
        auth: a token, or what a header Authorization holds; (user, password); a mapping of headers; True for the token
            of this run (`self.token`); None: no credential.
        data: a dict, list, number or model, sent as JSON; a text or bytes, sent as they are; None: no body.
        headers: more of them, as a mapping.
        query: more parameters for the query, as a mapping; a list sends one several times.
        form: the fields of a form, as a mapping. files: its files by field, each as bytes, (name, bytes) or
            (name, bytes, type).

    Raises:
        AssertionError: the answer is not what is wanted, or breaks the document, or there is none.
    """

    answer: Answer  # the last one; there is none before the first call
    _given: str | None = None

    @property
    def _service(self) -> Service:
        """What is asked."""
        raise NotImplementedError

    @property
    def token(self) -> str | None:
        """The token of this run: $PYM_JWT_TOKEN, or in process one that is signed with the key of the configuration. A
        test that has got another one may assign it."""
        return self._service.asker.token if self._given is None else self._given

    @token.setter
    def token(self, token: str | None) -> None:
        self._given = token

    # Any answer

    def call(self, method: str, path: str, data: Any = None, auth: Any = None, **more: Any) -> Answer:
        """The answer, whatever it is; all the same it must not break the document."""
        __tracebackhide__ = True
        return self._asked(lambda answer: [], method, path, data, auth, **more)

    def _asked(self, wanted: Wanted, method: str, path: str, data: Any = None, auth: Any = None, **more: Any) -> Answer:
        """
        Raises:
            AssertionError: with everything that is wrong.
        """
        __tracebackhide__ = True
        service = self._service
        auth = self._given if auth is True and self._given is not None else auth
        answer = self.answer = _ask(service.asker, method, path, data, auth, **more)
        answer.faults = service.contract.judge(answer)
        facts = wanted(answer) + answer.faults
        if facts:
            raise AssertionError(answer.told(facts))
        return answer

    # JSON

    def assertCallReturnJson(
        self, method: str, path: str, data: Any = None, auth: Any = None, status: Statuses = 200, **more: Any
    ) -> Any:  # fmt: skip
        """The JSON values of the answer."""
        __tracebackhide__ = True
        return self._asked(Expected(status).json, method, path, data, auth, **more).json

    def assertGetReturnJson(self, path: str, status: Statuses = 200, auth: Any = None, **more: Any) -> Any:
        """The JSON values of the answer."""
        __tracebackhide__ = True
        return self.assertCallReturnJson("GET", path, None, auth, status, **more)

    def assertPostReturnJson(
        self, path: str, data: Any = None, status: Statuses = 200, auth: Any = None, **more: Any
    ) -> Any:  # fmt: skip
        """The JSON values of the answer."""
        __tracebackhide__ = True
        return self.assertCallReturnJson("POST", path, data, auth, status, **more)

    def assertCallReturnDict(
        self, method: str, path: str, data: Any = None, auth: Any = None, status: Statuses = 200, **more: Any
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON object of the answer."""
        __tracebackhide__ = True
        value: dict[str, Any] = self._asked(Expected(status).json_object, method, path, data, auth, **more).json
        return value

    def assertGetReturnDict(
        self, path: str, status: Statuses = 200, auth: Any = None, **more: Any
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON object of the answer."""
        __tracebackhide__ = True
        return self.assertCallReturnDict("GET", path, None, auth, status, **more)

    def assertPostReturnDict(
        self, path: str, data: Any = None, status: Statuses = 200, auth: Any = None, **more: Any
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON object of the answer."""
        __tracebackhide__ = True
        return self.assertCallReturnDict("POST", path, data, auth, status, **more)

    # Success

    def assertCallReturnOk(self, method: str, path: str, data: Any = None, auth: Any = None, **more: Any) -> Any:
        """Any success: a status from 200 to 299. Gives the JSON values; None where there is no JSON."""
        __tracebackhide__ = True
        answer = self._asked(Expected(range(200, 300)).status, method, path, data, auth, **more)
        return answer.json if answer.body and answer.is_json else None

    def assertGetReturnOk(self, path: str, auth: Any = None, **more: Any) -> Any:
        """Any success; see assertCallReturnOk."""
        __tracebackhide__ = True
        return self.assertCallReturnOk("GET", path, None, auth, **more)

    def assertPostReturnOk(self, path: str, data: Any = None, auth: Any = None, **more: Any) -> Any:
        """Any success; see assertCallReturnOk."""
        __tracebackhide__ = True
        return self.assertCallReturnOk("POST", path, data, auth, **more)

    # Errors

    def assertCallReturnError(self, method: str, path: str, *wanted: Any, auth: Any = None, **more: Any) -> Any:
        """The JSON object of an error, which has a status and a code: `(method, path, status, code)`, or with a body
        `(method, path, data, status, code)`; by name, `data=`, `status=` and `code=`. A code that is None is any."""
        __tracebackhide__ = True
        data, status, code, auth = _failure(wanted, auth, more)
        return self._asked(Expected(status, code).error, method, path, data, auth, **more).json

    def assertGetReturnError(
        self, path: str, status: int, code: str | None = None, auth: Any = None, **more: Any
    ) -> Any:
        """The JSON object of an error."""
        __tracebackhide__ = True
        return self.assertCallReturnError("GET", path, status, code, auth=auth, **more)

    def assertPostReturnError(self, path: str, *wanted: Any, auth: Any = None, **more: Any) -> Any:
        """The JSON object of an error: `(path, data, status, code)`, or `(path, status, code, data=…)`."""
        __tracebackhide__ = True
        return self.assertCallReturnError("POST", path, *wanted, auth=auth, **more)

    # Other media types

    def assertCallReturnHtml(
        self, method: str, path: str, data: Any = None, auth: Any = None, status: Statuses = 200, **more: Any
    ) -> str:  # fmt: skip
        """The text of a page."""
        __tracebackhide__ = True
        return self._asked(Expected(status, media="text/html").text, method, path, data, auth, **more).text

    def assertCallReturnText(
        self, method: str, path: str, data: Any = None, auth: Any = None, status: Statuses = 200, **more: Any
    ) -> str:  # fmt: skip
        """The text of an answer whose type is text/plain, or any other text."""
        __tracebackhide__ = True
        return self._asked(Expected(status, media="text/").text, method, path, data, auth, **more).text

    def assertCallReturnRedirect(
        self, method: str, path: str, data: Any = None, auth: Any = None, status: Statuses = range(301, 309), *,
        location: str | None = None, **more: Any,
    ) -> str:  # fmt: skip
        """Where a redirect leads, as the header Location says; `location` is what that has to be."""
        __tracebackhide__ = True
        wanted = Expected(status, location=location).redirect
        return self._asked(wanted, method, path, data, auth, **more).headers["location"]

    # What every service answers

    def assertHasPing(self) -> None:
        """GET /ping answers {}."""
        __tracebackhide__ = True
        self._asked(Expected(200).nothing, "GET", "/ping")

    def assertHasVersion(self) -> dict[str, Any]:
        """GET /version tells the name, version, container and environment of the service."""
        __tracebackhide__ = True
        value: dict[str, Any] = self._asked(Expected(200).version, "GET", "/version").json
        return value

    def assertHasAuthVersion(self, auth: Any = True) -> dict[str, Any]:
        """GET /auth/version tells the same to who has a token, and nothing to others."""
        __tracebackhide__ = True
        self._asked(Expected(401).error, "GET", "/auth/version")
        value: dict[str, Any] = self._asked(Expected(200).version, "GET", "/auth/version", None, auth).json
        return value


def _ask(
    asker: Asker, method: str, path: str, data: Any, auth: Any, *, headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None, form: Mapping[str, Any] | None = None,
    files: Mapping[str, Any] | None = None,
) -> Answer:  # fmt: skip
    body, media = encoded(data, form, files)
    typed = {} if media is None else {"content-type": media}
    given = {
        name.lower(): text
        for name, text in {**credentials(auth, asker.token if auth is True else None), **(headers or {})}.items()
    }
    return asker.ask(method, path, {**typed, **given}, body, query)


def _failure(wanted: tuple[Any, ...], auth: Any, more: dict[str, Any]) -> tuple[Any, Any, str | None, Any]:
    """Body, status, code and credential of an error that is wanted: in the order (data, status, code, auth), or
    (status, code, auth) where there is no body.

    Raises:
        TypeError: there is no status.
    """
    given = list(wanted)
    has_body = len(given) > 1 and isinstance(given[1], int) and not isinstance(given[1], bool)
    data = given.pop(0) if has_body else None
    names = ("status", "code", "auth")
    said = dict(zip(names, given, strict=False)) | {name: more.pop(name) for name in ("status", "code") if name in more}
    if len(given) > len(names) or not isinstance(said.get("status"), int):
        raise TypeError("write (path, status, code), or (path, data, status, code)")
    return more.pop("data", data), said["status"], said.get("code"), said.get("auth") if auth is None else auth
