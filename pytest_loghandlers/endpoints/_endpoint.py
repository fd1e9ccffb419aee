"""What every fake server has: an address, what it received, and the verbs to judge it."""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from pytest_loghandlers._base.deadline import RealClock, both_clocks
from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.judge import Judge
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary
from pytest_loghandlers._base.report import cut, listing, plural, show

from ._delivery import compare
from ._faults import FaultVerbs
from ._loss import Logged, Loss, checked, message_of
from ._timeline import Timeline

T = TypeVar("T")

HOST = "127.0.0.1"
#: Seconds that ``wait_for`` waits when it is not told.
WAIT = 5.0


def malformed_field() -> Field[Any]:
    """Return the field every endpoint's things have: ``malformed`` is None, or why it could not be parsed."""
    return Field(
        "malformed",
        lambda item: item.malformed is not None,
        accept=_accept_flag,
        brief=lambda wanted: "as malformed" if wanted else "well formed",
        clause=lambda wanted: "that could not be parsed" if wanted else "that could be parsed",
    )


def _accept_flag(wanted: Any) -> Any:
    if isinstance(wanted, bool):
        return wanted
    raise ArgumentError(f"malformed={show(wanted)}: it is True or False")


def _out_of_files(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


class Endpoint(Lifetime, FaultVerbs, Generic[T]):
    """The base of the fake servers.

    A subclass names itself (``_who``), says what can be asked of its things (``vocabulary``) and how one is shown in
    a line (``line``), opens its sockets in ``_start`` (after ``super()._start()``), sets ``_address`` there and puts
    what arrives into ``_inbox``. An error in the server's own code goes to ``_fault``: it shows in every failure and
    is raised when the endpoint stops.
    """

    def __init__(
        self,
        vocabulary: Vocabulary[T],
        line: Callable[[T], str],
        *,
        refresh: Callable[[], object] | None = None,
        hint: Callable[[Matcher[Any], Sequence[Any]], str | None] | None = None,
    ) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._inbox: Inbox[T] = Inbox(refresh)
        self._judge = Judge(self._who, line, hint=hint, extra=lambda _: self._sections())
        self._errors: list[Exception] = []
        self._address: tuple[str, int] = (HOST, 0)
        self._began = 0.0
        self._began_at = 0.0
        #: What the network did, for the explanation of a loss.
        self._timeline = Timeline(lambda: self._age)

    def _start(self) -> None:
        self._began, self._began_at = both_clocks()
        self._defer(self._raise_errors, "its own server code had failed")
        self._defer(self._inbox.close, "its waiters are let go")

    @property
    def _age(self) -> float:
        """Real seconds since the start: the ``arrival`` of what comes now."""
        return RealClock.monotonic() - self._began

    @property
    def host(self) -> str:
        """The address of the loopback interface it listens on."""
        self._require_running()
        return self._address[0]

    @property
    def port(self) -> int:
        """The port the system chose for it."""
        self._require_running()
        return self._address[1]

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)``, as handlers take it."""
        self._require_running()
        return self._address

    @property
    def received(self) -> tuple[T, ...]:
        """What has arrived so far, oldest first: immutable, safe to read while more arrives."""
        self._require_running()
        return self._inbox.snapshot()

    def clear(self) -> None:
        """Forget what has arrived so far."""
        self._require_running()
        self._inbox.clear()

    def assert_delivered(self, records: Iterable[logging.LogRecord | str], *, in_order: bool = True) -> tuple[T, ...]:
        """Judge that what was logged has arrived: each record once, in the order in which they were logged.

        ``records`` are log records (``capture_handler.records``) or messages; a record is recognised by its message
        in what arrived. Other things may have arrived besides; what the endpoint answered with an error was not
        delivered. Returns what carries each record, in their order.

        The failure says for each missing record what the handlers did with it (when ``handler_spy`` is used in the
        test), and what the network was doing then. It does not wait. Records logged by several threads at once have
        no order: ``in_order=False``. Raises ArgumentError when there are no records.
        """
        __tracebackhide__ = True
        self._require_running()
        logged = checked(records)
        items = self._inbox.snapshot()
        refusals = {index: why for index, item in enumerate(items) if (why := self._refused(item)) is not None}
        carried = [self._carried(item) for item in items]
        delivery = compare(self._messages(logged, carried), carried, refusals)
        if delivery.missing or delivery.twice or (in_order and delivery.early):
            loss = Loss(self._who, logged, delivery, self._timeline, self._age_of, self._age)
            raise AssertionError(
                loss.text(items, self._judge.line, self._vocabulary.noun, self._sections(), in_order=in_order)
            )
        return tuple(items[place] for place in delivery.places if place is not None)

    def _refused(self, item: T) -> str | None:  # noqa: ARG002 - a subclass looks at it
        """Return why what arrived was not taken (``answered 500``): then its records are not delivered. Else None."""
        return None

    def _carried(self, item: T) -> str:
        """Return the text of ``item`` in which the messages of records are recognised, each once."""
        return self._vocabulary.text(item)

    def _messages(self, logged: Sequence[Logged], carried: Sequence[str]) -> list[str]:  # noqa: ARG002 - as above
        """Return by which text each record is recognised in what was ``carried``."""
        return [message_of(each) for each in logged]

    def _age_of(self, record: logging.LogRecord) -> float | None:
        """Return the endpoint's age when ``record`` was made; None when it was made by another clock."""
        age = record.created - self._began_at
        return age if -0.001 <= age <= self._age + 0.001 else None

    def _wait_for(self, text: Any, count: int | None, timeout: float, wanted: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        self._require_running()
        return self._judge.awaited(self._vocabulary.matcher(text, count=count, **wanted), self._inbox, timeout)

    def _assert_received(self, text: Any, count: int | None, wanted: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        self._require_running()
        return self._judge.present(self._vocabulary.matcher(text, count=count, **wanted), self._inbox.snapshot())

    def _assert_not_received(self, text: Any, wanted: dict[str, Any]) -> None:
        __tracebackhide__ = True
        self._require_running()
        self._judge.absent(self._vocabulary.matcher(text, **wanted), self._inbox.snapshot())

    def _fault(self, error: Exception) -> None:
        """Keep what the server's own code raised. From any thread."""
        if _out_of_files(error) and self._errors and _out_of_files(self._errors[-1]):
            return  # The listener tries again and again until there is one.
        self._errors.append(error)

    def _raise_errors(self) -> None:
        errors, self._errors = self._errors, []
        for error in errors:
            if _out_of_files(error):
                error.add_note(f"{self._who} could not accept a connection: the process has no file descriptor left")
            else:
                error.add_note(f"raised in the server code of {self._who}, not in your test: please report it")
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup(f"the server code of {self._who} failed {len(errors)} times", errors)

    def _sections(self) -> list[tuple[str, str | None]]:
        """Return what every failure text says besides: labelled sections; a subclass may add to them."""
        in_force = self._faults_in_force() if self._running else None
        sections: list[tuple[str, str | None]] = [("network", in_force)] if in_force else []
        errors = tuple(self._errors)
        if errors:
            last = errors[-1]
            where = traceback.extract_tb(last.__traceback__)
            place = f" (line {where[-1].lineno} of {where[-1].name})" if where else ""
            text = f"{plural(len(errors), 'error')} in the endpoint's own code, the last: {type(last).__name__}: {last}"
            sections.append(("fault", cut(text.replace("\n", " "), 200) + place))
        return sections

    def _report(self) -> str:
        """Return what arrived, for the report of a failed test; empty when nothing did."""
        items = self._inbox.snapshot()
        parts = [listing(items, self._judge.line, self._vocabulary.noun)] if items else []
        parts += [f"{label}: {text}" for label, text in self._sections() if text]
        return "\n".join(parts)
