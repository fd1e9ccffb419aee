"""What aiosmtpd's coroutines run on: an asyncio loop without a thread, a selector and a clock.

aiosmtpd is written for asyncio. Its protocol needs no more of a loop than futures, one task and "call this soon". With
those it runs in the reactor's thread, whenever something has arrived, on the same connections and under the same faults
as the other endpoints. asyncio's own loop would log which selector it uses, would be stopped by a frozen clock, and
could not be stepped while a test's own loop runs.

Rules of this file: nothing runs on its own. Whoever has given it something to do calls ``run``, with the reactor held.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any


class Task:
    """One coroutine on its way."""

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.done = False
        self._loop = loop
        self._coroutine = coroutine
        self._cancelled = False
        self._awaited: asyncio.Future[Any] | None = None
        loop.call_soon(self._step)

    def cancel(self) -> None:
        """Have CancelledError raised where the coroutine waits, or waits next."""
        if not self.done:
            self._cancelled = True
            if self._awaited is not None:
                self._awaited.cancel()

    def close(self) -> None:
        """End it here and now. Not from within itself."""
        self.done = True
        self._coroutine.close()

    def _step(self) -> None:
        if self.done:
            return
        try:
            if self._cancelled:
                self._cancelled = False
                awaited = self._coroutine.throw(asyncio.CancelledError())
            else:
                awaited = self._coroutine.send(None)
        except (StopIteration, asyncio.CancelledError, ConnectionError):
            self.done = True  # The conversation is over: the connection was lost.
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.done = True
            self._loop.on_error(error)
        else:
            if awaited is None:  # asyncio.sleep(0)
                self._loop.call_soon(self._step)
                return
            # The handshake between a future and its task, as in asyncio.tasks.
            awaited._asyncio_future_blocking = False  # noqa: SLF001 - it is between the two
            self._awaited = awaited
            awaited.add_done_callback(self._wake)
            if self._cancelled:
                awaited.cancel()

    def _wake(self, future: asyncio.Future[Any]) -> None:  # noqa: ARG002 - the coroutine asks it itself
        self._awaited = None
        self._step()


class Loop:
    """As much of an event loop as ``asyncio.Future``, the streams and aiosmtpd ask for."""

    def __init__(self, on_error: Callable[[Exception], object]) -> None:
        self.on_error = on_error
        self._due: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        #: Whether ``run`` is at work.
        self.runs = False

    def run(self) -> None:
        """Do what is due, and what that makes due. Within itself it does nothing: the outer one goes on."""
        if self.runs:
            return
        self.runs = True
        try:
            while self._due:
                action, arguments = self._due.popleft()
                action(*arguments)
        finally:
            self.runs = False

    def drop(self) -> None:
        """Forget what is due."""
        self._due.clear()

    def call_soon(self, action: Callable[..., object], *arguments: Any, context: Any = None) -> None:  # noqa: ARG002 - asyncio's signature
        """Have ``action`` called by ``run``."""
        self._due.append((action, arguments))

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)  # type: ignore[arg-type]  # it asks for no more than this

    def create_task(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """Begin ``coroutine`` with the next ``run``."""
        return Task(self, coroutine)

    def get_debug(self) -> bool:
        """Return False, whatever PYTHONASYNCIODEBUG says."""
        return False

    def is_closed(self) -> bool:
        """Return False: there is nothing to close."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what a future or a stream complains of; asyncio's own would log it."""
        error = context.get("exception")
        self.on_error(error if isinstance(error, Exception) else RuntimeError(str(context.get("message"))))
