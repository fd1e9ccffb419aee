"""One route of a webhook endpoint: the requests for some paths, with answers of their own."""

from __future__ import annotations

from typing import Any, Final, Protocol

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.judge import Judge
from pytest_loghandlers._base.match import Field, Matcher
from pytest_loghandlers.endpoints._faults import check_times
from pytest_loghandlers.endpoints._network.faults import How

from .answer import Answer
from .request import WebhookRequest
from .rudeness import AnswerVerbs
from .script import Place
from .verbs import WebhookVerbs
from .vocabulary import VOCABULARY


def _said(value: Any) -> str:
    return f"{value.method} {value.path!r}" if isinstance(value, WebhookRequest) else str(value)


#: That a request is for the route: the first condition of each of its judgements.
ROUTE: Final = Field[WebhookRequest](
    "route",
    lambda request: request,
    agree=lambda place, request: bool(place.fits(request)),
    say=_said,
    brief=lambda place: f"on route {place}",
)


class Host(Protocol):
    """What a route needs of its endpoint."""

    _judge: Judge
    _inbox: Inbox[WebhookRequest]

    @property
    def url(self) -> str:
        """Where it is."""

    def _require_running(self) -> None: ...

    def _schedule(self, place: Place, answer: Answer, times: int | None) -> None: ...

    def _recover_route(self, place: Place) -> None: ...


class WebhookRoute(WebhookVerbs, AnswerVerbs):
    """The requests for one path, or some, of a ``WebhookEndpoint``: what they get, and what came. Made by ``route``.

    As long as it has nothing to say (nothing was set, or all with ``times=`` is used up), another route that fits
    answers, and then the endpoint.
    """

    def __init__(self, host: Host, place: Place) -> None:
        self._host = host
        self._place = place

    def __repr__(self) -> str:
        return f"<route {self._place}>"

    @property
    def url(self) -> str:
        """Where its requests are sent to: the endpoint's ``url`` and the path, which must be exactly one."""
        self._require_running()
        if not self._place.is_exact:
            raise ArgumentError(f"route {self._place} has no url of its own: it is for many paths")
        return f"{self._host.url}{self._place.path}"

    @property
    def received(self) -> tuple[WebhookRequest, ...]:
        """The requests for it that have arrived so far, oldest first."""
        self._require_running()
        return tuple(request for request in self._host._inbox.snapshot() if self._place.fits(request))  # noqa: SLF001 - they are one thing

    def reset(self, *, times: int | None = None) -> None:
        """Break the connection of each request with a RST when it has been received and kept."""
        self._break("reset", times)

    def disconnect(self, *, times: int | None = None) -> None:
        """Close the connection of each request when it has been received and kept, without an answer."""
        self._break("disconnect", times)

    def half_close(self, *, times: int | None = None) -> None:
        """Close the endpoint's writing side, without an answer, and go on reading. Else as ``disconnect``."""
        self._break("half_close", times)

    def recover(self) -> None:
        """Forget what was set for this route; requests that wait for it get their answer now."""
        self._require_running()
        self._host._recover_route(self._place)  # noqa: SLF001 - they are one thing

    def _break(self, how: How, times: int | None) -> None:
        self._next(Answer(how), times)

    def _next(self, answer: Answer, times: int | None) -> None:
        check_times(times)
        self._require_running()
        self._host._schedule(self._place, answer, times)  # noqa: SLF001 - they are one thing

    def _require_running(self) -> None:
        self._host._require_running()  # noqa: SLF001 - they are one thing

    def _matcher(self, text: Any, count: int | None, wanted: dict[str, Any]) -> Matcher[WebhookRequest]:
        self._require_running()
        matcher = VOCABULARY.matcher(text, count=count, **wanted)
        return Matcher(VOCABULARY, matcher.text, count, [(ROUTE, self._place), *matcher.conditions])

    def _wait_for(self, text: Any, count: int | None, timeout: float, wanted: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        matcher = self._matcher(text, count, wanted)
        return self._host._judge.awaited(matcher, self._host._inbox, timeout)  # noqa: SLF001 - they are one thing

    def _assert_received(self, text: Any, count: int | None, wanted: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        matcher = self._matcher(text, count, wanted)
        return self._host._judge.present(matcher, self._host._inbox.snapshot())  # noqa: SLF001 - they are one thing

    def _assert_not_received(self, text: Any, wanted: dict[str, Any]) -> None:
        __tracebackhide__ = True
        matcher = self._matcher(text, None, wanted)
        self._host._judge.absent(matcher, self._host._inbox.snapshot())  # noqa: SLF001 - they are one thing
