"""Who gets which answer: the script of the endpoint, those of its routes, and the connections that wait.

Everything here runs in the reactor's thread, or while the reactor is held.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pytest_loghandlers._base.report import cut, plural

from .answer import NORMAL, Answer
from .conversation import Arrived
from .request import WebhookRequest

if TYPE_CHECKING:
    from .exchange import Exchange

#: Characters of a path that the timeline shows.
_SHOWN: Final = 60


class Script:
    """What the next requests get."""

    def __init__(self) -> None:
        self._standing: Answer | None = None
        self._queue: deque[Answer] = deque()

    def set(self, answer: Answer, times: int | None) -> None:
        """Give ``answer`` to the next ``times`` requests after those already provided for, or to all after them."""
        if times is None:
            self._standing = answer
        else:
            self._queue.extend([answer] * times)

    def take(self) -> Answer | None:
        """Return what the request that has just arrived gets; None when nothing was set."""
        try:
            return self._queue.popleft()
        except IndexError:
            return self._standing

    def clear(self) -> None:
        """Forget what was set."""
        self._queue.clear()
        self._standing = None

    def __str__(self) -> str:
        """Return what is queued: ``2 times answered 503, then once left without an answer``; empty for nothing."""
        parts = []
        for answer, same in groupby(tuple(self._queue)):
            count = len(list(same))
            parts.append(f"{'once' if count == 1 else plural(count, 'time')} {answer}")
        return ", then ".join(parts)


@dataclass(frozen=True)
class Place:
    """Which requests a route is for: a path (exact, a glob, or a regex that is searched), and a method or all."""

    path: str | re.Pattern[str]
    method: str | None = None
    _glob: re.Pattern[str] | None = field(default=None, init=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.path, str) and "*" in self.path:
            # Of a glob's signs only the star: the others may stand in a path.
            parts = (re.escape(part) for part in self.path.split("*"))
            object.__setattr__(self, "_glob", re.compile(rf"(?s){'.*'.join(parts)}\Z"))

    @property
    def is_exact(self) -> bool:
        """Whether it is one path."""
        return isinstance(self.path, str) and self._glob is None

    def fits(self, request: WebhookRequest) -> bool:
        """Return whether the request is for it."""
        if self.method is not None and request.method != self.method:
            return False
        if isinstance(self.path, re.Pattern):
            return self.path.search(request.path) is not None
        if self._glob is not None:
            return self._glob.match(request.path) is not None
        return request.path == self.path

    def __str__(self) -> str:
        path = repr(self.path) if isinstance(self.path, str) else f"/{cut(self.path.pattern)}/"
        return path if self.method is None else f"{self.method} {path}"


class Service:
    """What all connections of an endpoint share.

    ``keep(arrived, connection, transport)`` is told of each request before it is answered, and returns what the test
    sees of it; ``note(text)`` is told of each strike.
    """

    def __init__(self, keep: Callable[[Arrived, int, str], WebhookRequest], note: Callable[[str], object]) -> None:
        self.keep = keep
        self.note = note
        self.script = Script()
        #: In the order in which they were made; the last that fits and has something to say is asked.
        self.routes: dict[Place, Script] = {}
        self.waiting: set[Exchange] = set()
        #: Every connection there is, in the order in which they came.
        self.open_ones: dict[Exchange, None] = {}
        #: Connections so far.
        self.connections = 0

    def take(self, request: WebhookRequest) -> tuple[Answer, Script]:
        """Return what ``request`` gets, and who says so."""
        for place, script in reversed(self.routes.items()) if self.routes else ():
            if place.fits(request):
                answer = script.take()
                if answer is not None:
                    return answer, script
        return self.script.take() or NORMAL, self.script

    def recover(self, script: Script | None = None) -> None:
        """Forget what was set (of one route, or everything), and give those that wait for it their answer."""
        for each in (self.script, *self.routes.values()) if script is None else (script,):
            each.clear()
        for exchange in tuple(self.waiting):
            if script is None or exchange.script is script:
                exchange.release()

    def pending(self) -> tuple[bytes, ...]:
        """Return what has come of each request that is not complete."""
        return tuple(rest for exchange in tuple(self.open_ones) if (rest := exchange.pending))

    def queued(self) -> str:
        """Return what was set with ``times=`` and is still to come; empty for nothing."""
        parts = [("", self.script), *((f" on route {place}", script) for place, script in self.routes.items())]
        return "; ".join(f"to come{where}: {text}" for where, script in parts if (text := str(script)))

    def forget(self) -> None:
        """Answer nobody any more."""
        for exchange in tuple(self.waiting):
            exchange.lost()

    def tell(self, request: WebhookRequest, what: object) -> None:
        """Note what was done to ``request``."""
        self.note(f"{request.method} {cut(request.path, _SHOWN)} was {what}")
