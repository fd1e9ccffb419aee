"""A stub HTTP and HTTPS endpoint: keeps every request and answers as it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from logging import LogRecord
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import plural, show

from ._endpoint import Endpoint
from ._faults import Line, check_times
from ._loss import Logged
from ._network.faults import How
from ._network.listener import Listener
from ._tls import TlsVerbs
from ._webhook.answer import Answer
from ._webhook.conversation import Arrived
from ._webhook.exchange import Exchange
from ._webhook.request import WebhookRequest, apart, line, request_of
from ._webhook.route import WebhookRoute
from ._webhook.rudeness import AnswerVerbs
from ._webhook.script import Place, Script, Service
from ._webhook.verbs import WebhookVerbs
from ._webhook.vocabulary import VOCABULARY, hint


class WebhookEndpoint(Endpoint[WebhookRequest], WebhookVerbs, AnswerVerbs, TlsVerbs):
    """A stub HTTP endpoint on 127.0.0.1, for ``HTTPHandler``, Slack-style webhooks and any HTTP shipper.

    Every request is kept, whatever its method and path, and answered 200 until the test says otherwise. What it is
    told takes effect with the next request, also on a connection that is kept alive. A request that is not HTTP is
    kept with its bytes and the reason, and answered 400. A body may have 64 MiB, a head 1 MiB. HTTPS is served at
    ``https_url`` as soon as it is asked for (extra ``tls``).

    ::

        with WebhookEndpoint() as endpoint:
            endpoint.answer(503, times=2)
            ship("card declined", url=endpoint.url)
            assert endpoint.wait_for("card declined", count=3)[0].json == {"text": "card declined"}

    What a request gets (``answer``, ``redirect``, ``stall``, ``answer_malformed``, ``answer_endlessly``, ``reset``,
    ``disconnect``, ``half_close``) stands in one order. ``after=`` and ``now=`` are of the connection: they strike
    whatever the requests get.
    """

    _who = "webhook_endpoint"

    def __init__(self) -> None:
        super().__init__(VOCABULARY, line, refresh=self._look, hint=hint)
        self._service = Service(self._keep, self._timeline.event)
        self._listener: Listener
        self._secure: Listener | None = None

    def _start(self) -> None:
        super()._start()
        self._listener = Listener(partial(Exchange, self._service, "tcp"), self._fault, faults=self._faults)
        self._address = self._listener.address
        self._defer(self._close, "its sockets are closed")

    def _close(self) -> None:
        with self._listener.held():
            self._listener.stop()
            if self._secure is not None:
                self._secure.stop()
            self._service.forget()

    def _look(self) -> None:
        """Fetch what the kernel holds, in the calling thread: some shippers wait for no answer."""
        if self._running:
            for each in self._lines():
                each.catch_up()

    def _keep(self, arrived: Arrived, connection: int, transport: str) -> WebhookRequest:
        request = request_of(arrived, self._age, connection, transport)
        self._inbox.put(request)
        return request

    def _keep_no_tls(self, reason: str, data: bytes) -> None:
        """Keep what came to the HTTPS port and was no TLS, or a handshake that failed."""
        self._keep(Arrived(raw=data, malformed=reason), 0, "tls")

    def _sections(self) -> list[tuple[str, str | None]]:
        sections = super()._sections()
        with self._listener.held():
            begun = self._service.pending()
        if begun:
            text = f"{plural(len(begun), 'request')} without an end yet, the first: {show(begun[0], 60)}"
            sections.append(("pending", text))
        return sections

    def _faults_in_force(self) -> str | None:
        with self._listener.held():
            queued = self._service.queued()
        return "; ".join(text for text in (super()._faults_in_force(), queued) if text) or None

    def _refused(self, item: WebhookRequest) -> str | None:
        return f"answered {item.status}" if item.status is not None and item.status >= 300 else None

    def _carried(self, item: WebhookRequest) -> str:
        return item.carried

    def _messages(self, logged: Sequence[Logged], carried: Sequence[str]) -> list[str]:
        whole = set(carried)
        messages = super()._messages(logged, carried)
        for index, record in enumerate(logged):
            # HTTPHandler sends template and arguments apart: str() of an exception cannot be made of its repr().
            if isinstance(record, LogRecord) and record.args and messages[index] not in whole:
                pieces = apart(record.msg, record.args)
                if pieces in whole:
                    messages[index] = pieces
        return messages

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``, without a slash at its end; whatever path is put behind it is served."""
        return f"http://{self.hostport}"

    @property
    def hostport(self) -> str:
        """``127.0.0.1:<port>``, as ``HTTPHandler(host=...)`` takes it."""
        return f"{self.host}:{self.port}"

    @property
    def https_url(self) -> str:
        """``https://127.0.0.1:<another port>``, served from the first time it is asked for.

        Its certificate is for ``127.0.0.1`` and ``localhost``; ``ca_file`` and ``client_context()`` trust it. Raises
        MissingExtraError without the extra ``tls``.
        """
        return f"https://{self.https_hostport}"

    @property
    def https_hostport(self) -> str:
        """``127.0.0.1:<port>`` of HTTPS, as ``HTTPHandler(host=..., secure=True, context=...)`` takes it."""
        self._require_running()
        if self._secure is None:
            make = self._secured(partial(Exchange, self._service, "tls"), self._keep_no_tls)
            self._secure = Listener(make, self._fault, faults=self._faults)
            with self._listener.held():
                if self._listener.refusing:
                    self._secure.refuse()
        host, port = self._secure.address
        return f"{host}:{port}"

    def route(self, path: str | re.Pattern[str], *, method: str | None = None) -> WebhookRoute:
        """Return the route for ``path``: its own answers, and what came for it. With the same arguments, the same one.

        ``path`` is the path without its query: whole, with ``*`` for anything in it (``/services/*``), or a compiled
        regex that is searched in it. With ``method`` only its requests. Where several routes fit a request, the one
        that was made last answers; where none has anything to say, the endpoint does.

        ::

            webhook_endpoint.route("/services/T000").answer(500, times=2)
        """
        self._require_running()
        if not isinstance(path, (str, re.Pattern)):
            raise ArgumentError(f"path={show(path)}: it is a str that begins with / (or *), or a compiled regex of str")
        if isinstance(path, re.Pattern) and not isinstance(path.pattern, str):
            raise ArgumentError(f"path={show(path)}: it is a str that begins with / (or *), or a compiled regex of str")
        if isinstance(path, str) and (path[:1] not in ("/", "*") or "?" in path):
            raise ArgumentError(f"path={show(path)}: a path begins with / (or *) and goes without its query")
        if method is not None and not isinstance(method, str):
            raise ArgumentError(f"method={show(method)}: it is a str like 'POST'")
        place = Place(path, None if method is None else method.upper())
        with self._listener.held():
            self._service.routes.setdefault(place, Script())
        return WebhookRoute(self, place)

    def recover(self) -> None:
        """Go back to normal: accept, read, answer 200, also on every route. Requests that wait get their answer now.

        What is being answered without an end is ended: its connection is closed.
        """
        super().recover()
        with self._listener.held():
            self._service.recover()

    def _lines(self) -> Sequence[Line]:
        return (self._listener,) if self._secure is None else (self._listener, self._secure)

    def _break(self, how: How, times: Any, after: Any, *, now: Any) -> None:
        if now or after is not None:
            super()._break(how, times, after, now=now)
        else:
            # In the order of the answers: both are what a whole request gets.
            self._next(Answer(how), times)

    def _next(self, answer: Answer, times: int | None) -> None:
        check_times(times)
        self._catch_up()
        with self._listener.held():
            self._service.script.set(answer, times)
            self._note(answer, times, "")

    def _schedule(self, place: Place, answer: Answer, times: int | None) -> None:
        """Put ``answer`` into the script of a route."""
        self._catch_up()
        with self._listener.held():
            self._service.routes[place].set(answer, times)
            self._note(answer, times, f" on route {place}")

    def _recover_route(self, place: Place) -> None:
        with self._listener.held():
            self._service.recover(self._service.routes[place])
            self._lasts_no_more(f"answers on route {place}")

    def _note(self, answer: Answer, times: int | None, where: str) -> None:
        """Have the timeline tell what was set."""
        if times is not None and not answer.strikes:
            return
        if times is not None:
            requests = "the next request" if times == 1 else f"each of the next {times:,} requests"
            self._timeline.event(f"{requests}{where} is to be {answer}")
        elif answer.strikes:
            self._lasts(f"answers{where}", f"each request{where} is {answer}")
        else:
            self._lasts_no_more(f"answers{where}")

    def _lasts_no_more(self, kind: str) -> None:
        if self._lasting.pop(kind, None) is not None:
            self._timeline.state("; ".join(self._lasting.values()) or "normal")
