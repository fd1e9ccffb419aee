"""Who gets which answer, and when: the script of the webhook endpoint, and one connection that follows it.

Everything here runs in the reactor's thread, or while the reactor is held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import h11

from pytest_loghandlers.endpoints._network.connection import Connection
from pytest_loghandlers.endpoints._network.faults import How
from pytest_loghandlers.endpoints._network.reactor import Timer

from .conversation import Arrived, Conversation, response


@dataclass(frozen=True)
class Answer:
    """What a request gets: an answer after ``delay`` seconds, a broken connection, or nothing at all."""

    kind: Literal["answer", "stall"] | How = "answer"
    head: h11.Response | None = None
    body: bytes = b""
    delay: float = 0.0


NORMAL: Final = Answer(head=response(200, (), b""))


class Script:
    """What the next requests get. ``keep(arrived)`` is told of each before it is answered."""

    def __init__(self, keep: Callable[[Arrived], object]) -> None:
        self.keep = keep
        self.waiting: set[Exchange] = set()
        #: Every connection there is, in the order in which they came.
        self.open_ones: dict[Exchange, None] = {}
        self._standing = NORMAL
        self._queue: deque[Answer] = deque()

    def set(self, answer: Answer, times: int | None) -> None:
        """Give ``answer`` to the next ``times`` requests after those already provided for, or to all after them."""
        if times is None:
            self._standing = answer
        else:
            self._queue.extend([answer] * times)

    def take(self) -> Answer:
        """Return what the request that has just arrived gets."""
        try:
            return self._queue.popleft()
        except IndexError:
            return self._standing

    def recover(self) -> None:
        """Answer 200 from now on, and give those that wait their answer."""
        self._queue.clear()
        self._standing = NORMAL
        for exchange in tuple(self.waiting):
            exchange.release()

    def pending(self) -> tuple[bytes, ...]:
        """Return what has come of each request that is not complete."""
        return tuple(rest for exchange in tuple(self.open_ones) if (rest := exchange.pending))

    def forget(self) -> None:
        """Answer nobody any more."""
        for exchange in tuple(self.waiting):
            exchange.lost()


class Exchange:
    """One connection: requests in, answers out."""

    __slots__ = ("_answer", "_conversation", "_link", "_script", "_timer")

    def __init__(self, script: Script, link: Connection) -> None:
        self._script = script
        self._link = link
        self._conversation = Conversation()
        self._answer: Answer | None = None
        self._timer: Timer | None = None
        script.open_ones[self] = None

    @property
    def pending(self) -> bytes:
        """What has come of a request that is not complete."""
        return b"" if self in self._script.waiting else self._conversation.pending

    def data(self, data: bytes) -> None:
        """Take what has arrived, and answer the requests that are complete."""
        self._conversation.feed(data)
        self._go_on()

    def eof(self) -> None:
        """Close, unless an answer is still to come: who has closed only its writing side can read it."""
        self._conversation.end()
        self._go_on()
        if self not in self._script.waiting:
            self._link.close()

    def lost(self) -> None:
        """Keep what there is of a request that was cut off."""
        self._script.open_ones.pop(self, None)
        if self in self._script.waiting:
            self._script.waiting.discard(self)
            self._cancel()
            return
        self._conversation.end()
        cut = self._conversation.next()
        if cut is not None:
            self._script.keep(cut)

    def release(self) -> None:
        """Answer what waits: as was meant for it, or 200 when nothing was."""
        self._script.waiting.discard(self)
        self._cancel()
        answer = self._answer
        self._reply(answer if answer is not None and answer.head is not None else NORMAL)
        self._go_on()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self) -> None:
        while not self._link.gone and self not in self._script.waiting:
            arrived = self._conversation.next()
            self._link.write(self._conversation.outgoing())
            if arrived is None:
                if self._conversation.over:
                    self._link.close()
                return
            self._script.keep(arrived)
            if arrived.malformed is not None:
                self._link.write(arrived.refusal)
                self._link.finish()
                return
            self._act(self._script.take())

    def _act(self, answer: Answer) -> None:
        if answer.kind in ("reset", "disconnect", "half_close"):
            self._link.break_off(answer.kind)
        elif answer.kind == "answer" and not answer.delay:
            self._reply(answer)
        else:
            self._answer = answer
            self._script.waiting.add(self)
            if answer.kind == "answer":
                listener = self._link.owner
                self._timer = listener.reactor.call_later(answer.delay, self.release, listener.on_error)

    def _reply(self, answer: Answer) -> None:
        if answer.head is not None and not self._link.gone:
            self._link.write(self._conversation.answer(answer.head, answer.body))
            if self._conversation.over:
                self._link.close()
