"""One connection of the webhook endpoint: requests in, answers out, as the script says.

Everything here runs in the reactor's thread, or while the reactor is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_loghandlers.endpoints._network.link import Link
from pytest_loghandlers.endpoints._network.reactor import Timer

from .answer import NORMAL, Answer, pieces_of
from .conversation import Conversation
from .request import WebhookRequest
from .script import Script, Service

#: Pieces a second of an answer that is sent slowly.
TICKS: Final = 20
#: Octets of such a piece at most: so much waits for a client that does not read.
LARGEST: Final = 64 * 1024
#: Octets that are read ahead of a client that goes on sending while it is not answered.
AHEAD: Final = 1024 * 1024
#: What the conversation is told where nobody hears an answer any more.
_SILENT: Final = Answer("raw", close=True)


class Exchange:
    """One connection."""

    __slots__ = (
        *(
            "_ahead",
            "_answer",
            "_closing",
            "_conversation",
            "_link",
            "_mute",
            "_number",
            "_pieces",
            "_request",
            "_service",
        ),
        *("_timer", "_transport", "script"),
    )

    def __init__(self, service: Service, transport: str, link: Link) -> None:
        self._service = service
        self._transport = transport
        self._link = link
        self._conversation = Conversation()
        self._answer: Answer | None = None
        self._request: WebhookRequest | None = None
        #: What is left of an answer that is sent slowly.
        self._pieces: Iterator[bytes] | None = None
        self._timer: Timer | None = None
        #: Octets that have come while a request waits for its answer.
        self._ahead = 0
        #: Whether nothing can be answered any more, and requests are still kept.
        self._mute = False
        #: Whether it is closed as soon as everything written has been sent: nothing more is read.
        self._closing = False
        #: Who decided about the request that waits.
        self.script: Script | None = None
        service.connections += 1
        self._number = service.connections
        service.open_ones[self] = None

    @property
    def pending(self) -> bytes:
        """What has come of a request that is not complete."""
        return b"" if self in self._service.waiting else self._conversation.pending

    def data(self, data: bytes) -> None:
        """Take what has arrived, and answer the requests that are complete."""
        if self._closing:
            return
        self._conversation.feed(data)
        if self in self._service.waiting:
            self._ahead += len(data)
            if self._ahead > AHEAD:
                self._link.pause()
            return
        self._go_on()

    def eof(self) -> None:
        """Close, unless an answer is still to come: who has closed only its writing side can read it."""
        self._conversation.end()
        self._go_on()
        if self not in self._service.waiting:
            self._close()

    def lost(self) -> None:
        """Keep what there is of a request that was cut off."""
        self._service.open_ones.pop(self, None)
        if self in self._service.waiting:
            self._stop_waiting()
            return
        self._conversation.end()
        cut = self._conversation.next()
        if cut is not None:
            self._service.keep(cut, self._number, self._transport)

    def release(self) -> None:
        """Answer what waits: as was meant for it, or 200 when nothing was. What has no end is ended."""
        pieces = self._pieces
        answer = self._answer or NORMAL
        self._stop_waiting()
        if answer.kind == "endless":
            self._close()
        elif pieces is not None:
            self._link.write(b"".join(pieces))
            self._done(answer)
        else:
            self._reply(NORMAL if answer.kind == "stall" else answer, at_once=True)
        self._go_on()

    def _stop_waiting(self) -> None:
        self._service.waiting.discard(self)
        self._pieces = self.script = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ahead > AHEAD:
            self._link.resume()
        self._ahead = 0

    def _go_on(self) -> None:
        while not (self._link.gone or self._closing or self in self._service.waiting):
            arrived = self._conversation.next()
            self._link.write(self._conversation.outgoing())
            if arrived is None:
                if self._conversation.over and not self._mute:
                    self._close()
                return
            request = self._service.keep(arrived, self._number, self._transport)
            if arrived.malformed is not None:
                self._service.note(f"what is no HTTP was answered {arrived.status}: {arrived.malformed}")
                request._answers.append(arrived.status)  # noqa: SLF001 - what the test sees of it
                self._link.write(arrived.refusal)
                self._link.finish()
                return
            if self._mute:
                self._conversation.answer(_SILENT)
            else:
                self._act(request)

    def _act(self, request: WebhookRequest) -> None:
        answer, script = self._service.take(request)
        self._request = request
        if answer.kind in ("reset", "disconnect", "half_close"):
            self._service.tell(request, answer)
            self._mute = True
            self._conversation.answer(_SILENT)
            self._link.break_off(answer.kind)
        elif answer.kind == "stall":
            self._service.tell(request, answer)
            self._wait(answer, script)
        elif answer.delay:
            self._service.tell(request, f"made to wait {answer.delay:g} s for its answer")
            self._wait(answer, script)
            listener = self._link.owner
            self._timer = listener.reactor.call_later(answer.delay, self._due, listener.on_error)
        else:
            self.script = script
            self._reply(answer)

    def _wait(self, answer: Answer, script: Script | None) -> None:
        self._answer, self.script = answer, script
        self._service.waiting.add(self)

    def _due(self) -> None:
        answer = self._answer or NORMAL
        script = self.script
        self._stop_waiting()
        self.script = script
        self._reply(answer)
        self._go_on()

    def _reply(self, answer: Answer, *, at_once: bool = False) -> None:
        """Send the answer, or begin to send it slowly."""
        request = self._request
        if self._link.gone or request is None:
            return
        if answer.strikes:
            self._service.tell(request, answer)
        if answer.status is not None:
            request._answers.append(answer.status)  # noqa: SLF001 - what the test sees of it
        data = self._conversation.answer(answer)
        rate = None if at_once else answer.rate
        if rate is not None:
            size = min(LARGEST, max(1, int(rate / TICKS)))
            self._pieces = (answer.pieces or pieces_of(data))(size)
            self._wait(answer, self.script)
            self._send_on()
            return
        self._link.write(data)
        self._done(answer)

    def _send_on(self) -> None:
        """Send the next piece; when the client takes none, it waits."""
        answer = self._answer
        if self._pieces is None or answer is None or answer.rate is None:
            return
        sent = 0
        if not self._link.unsent:
            piece = next(self._pieces, None)
            if piece is None:
                self._stop_waiting()
                self._done(answer)
                self._go_on()
                return
            sent = len(piece)
            self._link.write(piece)
        if not self._link.gone:
            listener = self._link.owner
            pause = max(sent / answer.rate, 1 / TICKS if not sent else 0.0)
            self._timer = listener.reactor.call_later(pause, self._send_on, listener.on_error)

    def _done(self, answer: Answer) -> None:
        if answer.close or answer.cut is not None or self._conversation.over:
            self._close()

    def _close(self) -> None:
        self._closing = True
        self._link.close()
