"""A stub HTTP endpoint: keeps every request and answers as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import plural, show

from ._endpoint import WAIT, Endpoint
from ._faults import FaultVerbs, Line, check_times
from ._network.faults import How
from ._network.listener import Listener
from ._webhook.conversation import Arrived, response
from ._webhook.exchange import Answer, Exchange, Script
from ._webhook.request import VOCABULARY, WebhookRequest, hint, line, request_of


class WebhookEndpoint(Endpoint[WebhookRequest], FaultVerbs):
    """A stub HTTP endpoint on 127.0.0.1, for ``HTTPHandler``, Slack-style webhooks and any HTTP shipper.

    Every request is kept, whatever its method and path, and answered 200 until the test says otherwise. What it is
    told takes effect with the next request, also on a connection that is kept alive. A request that is not HTTP is
    kept with its bytes and the reason, and answered 400. A body may have 64 MiB, a head 1 MiB.

    ::

        with WebhookEndpoint() as endpoint:
            endpoint.answer(503, times=2)
            ship("card declined", url=endpoint.url)
            assert endpoint.wait_for("card declined", count=3)[0].json == {"text": "card declined"}
    """

    _who = "webhook_endpoint"

    def __init__(self) -> None:
        super().__init__(VOCABULARY, line, hint=hint)
        self._script = Script(self._keep)
        self._listener: Listener

    def _start(self) -> None:
        super()._start()
        self._listener = Listener(partial(Exchange, self._script), self._fault)
        self._address = self._listener.address
        self._defer(self._close, "its sockets are closed")

    def _close(self) -> None:
        with self._listener.held():
            self._listener.stop()
            self._script.forget()

    def _keep(self, arrived: Arrived) -> None:
        self._inbox.put(request_of(arrived, self._age))

    def _sections(self) -> list[tuple[str, str | None]]:
        sections = super()._sections()
        with self._listener.held():
            begun = self._script.pending()
        if begun:
            text = f"{plural(len(begun), 'request')} without an end yet, the first: {show(begun[0], 60)}"
            sections.append(("pending", text))
        return sections

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``, without a slash at its end; whatever path is put behind it is served."""
        return f"http://{self.hostport}"

    @property
    def hostport(self) -> str:
        """``127.0.0.1:<port>``, as ``HTTPHandler(host=...)`` takes it."""
        return f"{self.host}:{self.port}"

    def answer(
        self,
        status: int = 200,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        delay: float = 0.0,
        times: int | None = None,
    ) -> None:
        """Answer with this from now on; with ``times=n`` only the next n requests, before what else is set.

        What is set with ``times=`` is used up in the order it was set; the answer without it comes after them.
        ``delay`` is in seconds; other clients are served meanwhile. ``body`` as str is sent in UTF-8. Content-Length
        is set by the endpoint. Raises ArgumentError for what HTTP cannot carry.
        """
        if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 999:
            raise ArgumentError(f"status={show(status)}: an answer has a status of 200 to 999")
        if not isinstance(headers, Mapping | None):
            raise ArgumentError(f"headers={show(headers)}: it is a mapping of names to values")
        try:
            sent = body.encode() if isinstance(body, str) else bytes(memoryview(body))
        except (TypeError, UnicodeEncodeError):
            raise ArgumentError(f"body={show(body)}: a body is bytes, or a str that is sent in UTF-8") from None
        if not isinstance(delay, (int, float)) or isinstance(delay, bool) or not 0 <= delay < float("inf"):
            raise ArgumentError(f"delay={show(delay)}: it is a finite number of seconds, 0 or more")
        head = response(status, tuple((headers or {}).items()), sent)
        self._next(Answer("answer", head, sent, float(delay)), times)

    def stall(self, *, times: int | None = None) -> None:
        """Read each request and keep it, and never answer; with ``times=n`` the next n.

        The clients wait until ``recover``, ``refuse`` or the end of the test, or until they give up.
        """
        self._next(Answer("stall"), times)

    def recover(self) -> None:
        """Go back to normal: accept, read, answer 200. Requests that still wait get their answer now."""
        super().recover()
        with self._listener.held():
            self._script.recover()

    def _lines(self) -> Sequence[Line]:
        return (self._listener,)

    def _break(self, how: How, times: Any, after: Any, *, now: Any) -> None:
        if now or after is not None:
            super()._break(how, times, after, now=now)
        else:
            # In the order of the answers: both are what a whole request gets.
            self._next(Answer(how), times)

    def _next(self, answer: Answer, times: int | None) -> None:
        self._require_running()
        check_times(times)
        self._script.set(answer, times)

    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        method: Text | None = None,
        path: Text | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        malformed: bool | None = None,
        count: None = None,
        timeout: float = WAIT,
    ) -> WebhookRequest: ...
    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        method: Text | None = None,
        path: Text | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        malformed: bool | None = None,
        count: int,
        timeout: float = WAIT,
    ) -> tuple[WebhookRequest, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a request, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained (a compiled regex: found) in the body, in a string of its JSON, or in what its form or
        query decodes to. ``method``, ``path`` and ``json`` are equal; ``form`` and ``headers`` have at least the
        fields given. Everywhere a compiled regex is searched instead. Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        return self._wait_for(text, count, timeout, wanted)

    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        method: Text | None = None,
        path: Text | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        malformed: bool | None = None,
        count: None = None,
    ) -> WebhookRequest: ...
    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        method: Text | None = None,
        path: Text | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        malformed: bool | None = None,
        count: int,
    ) -> tuple[WebhookRequest, ...]: ...
    def assert_received(self, text: Text | None = None, *, count: int | None = None, **wanted: Any) -> Any:
        """Return the first request that matches (with ``count=n`` all, exactly n), or raise AssertionError.

        It does not wait; the arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        return self._assert_received(text, count, wanted)

    def assert_not_received(
        self,
        text: Text | None = None,
        *,
        method: Text | None = None,
        path: Text | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        malformed: bool | None = None,
    ) -> None:
        """Raise AssertionError when a request matches. It does not wait; the arguments are those of ``wait_for``."""
        __tracebackhide__ = True
        self._assert_not_received(
            text,
            {"method": method, "path": path, "json": json, "form": form, "headers": headers, "malformed": malformed},
        )
