"""The verbs with which a test judges what a record endpoint received."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import layout, plural, show
from pytest_loghandlers.endpoints._endpoint import WAIT, Endpoint

from .numbering import Gaps, described, judge, numbered
from .received import ReceivedRecord
from .vocabulary import VOCABULARY


class RecordVerbs(Endpoint[ReceivedRecord]):
    """``wait_for``, the assertions and ``gaps`` of ``RecordEndpoint``."""

    @property
    def dropped(self) -> int | None:
        """How many datagrams the kernel dropped for want of room; None where the system does not count them."""
        raise NotImplementedError

    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        level: int | str | None = None,
        logger: str | logging.Logger | Text | None = None,
        extra: Mapping[str, Any] | None = None,
        exc_info: type[BaseException] | Text | bool | None = None,
        transport: str | None = None,
        connection: int | None = None,
        malformed: bool | Text | None = None,
        refused: bool | Text | None = None,
        count: None = None,
        timeout: float = WAIT,
    ) -> ReceivedRecord: ...
    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        level: int | str | None = None,
        logger: str | logging.Logger | Text | None = None,
        extra: Mapping[str, Any] | None = None,
        exc_info: type[BaseException] | Text | bool | None = None,
        transport: str | None = None,
        connection: int | None = None,
        malformed: bool | Text | None = None,
        refused: bool | Text | None = None,
        count: int,
        timeout: float = WAIT,
    ) -> tuple[ReceivedRecord, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a record, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained (a compiled regex: found) in the message. ``level`` is exactly this one; ``logger`` this
        one or below it; ``extra`` has at least these attributes. ``exc_info`` is True, False, a text of the traceback,
        or the exception's class (that one: only its name is sent). ``malformed`` and ``refused`` are True, False, or
        contained in the reason. Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        return self._wait_for(text, count, timeout, wanted)

    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        level: int | str | None = None,
        logger: str | logging.Logger | Text | None = None,
        extra: Mapping[str, Any] | None = None,
        exc_info: type[BaseException] | Text | bool | None = None,
        transport: str | None = None,
        connection: int | None = None,
        malformed: bool | Text | None = None,
        refused: bool | Text | None = None,
        count: None = None,
    ) -> ReceivedRecord: ...
    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        level: int | str | None = None,
        logger: str | logging.Logger | Text | None = None,
        extra: Mapping[str, Any] | None = None,
        exc_info: type[BaseException] | Text | bool | None = None,
        transport: str | None = None,
        connection: int | None = None,
        malformed: bool | Text | None = None,
        refused: bool | Text | None = None,
        count: int,
    ) -> tuple[ReceivedRecord, ...]: ...
    def assert_received(self, text: Text | None = None, *, count: int | None = None, **wanted: Any) -> Any:
        """Return the first record that matches (with ``count=n`` all, exactly n), or raise AssertionError.

        It does not wait: it judges what has reached the sockets. The arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        return self._assert_received(text, count, wanted)

    def assert_not_received(
        self,
        text: Text | None = None,
        *,
        level: int | str | None = None,
        logger: str | logging.Logger | Text | None = None,
        extra: Mapping[str, Any] | None = None,
        exc_info: type[BaseException] | Text | bool | None = None,
        transport: str | None = None,
        connection: int | None = None,
        malformed: bool | Text | None = None,
        refused: bool | Text | None = None,
    ) -> None:
        """Raise AssertionError when a record matches, or when that cannot be told: the kernel dropped some.

        It does not wait. The arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        wanted: dict[str, Any] = {"level": level, "logger": logger, "extra": extra, "exc_info": exc_info}
        wanted |= {"transport": transport, "connection": connection, "malformed": malformed, "refused": refused}
        self._assert_not_received(text, wanted)
        if self.dropped and transport in (None, "udp") and connection is None:
            matcher = VOCABULARY.matcher(text, **wanted)
            raise AssertionError(
                layout(
                    f"{self._who} cannot tell whether {matcher.brief} was sent",
                    ("wanted", f"no record {matcher.clauses}".rstrip()),
                    *self._sections(),
                )
            )

    def gaps(self, key: str = "seq", *, per: str | None = "process") -> tuple[Gaps, ...]:
        """Return what is wrong with a number that the sender counts up in each record, for each sender with a fault.

        ``key`` is the attribute that holds it (``extra={"seq": n}``, or a filter's work); ``per`` the attribute that
        tells senders apart, None for one sender. Before the first number that came and behind the last, nothing is
        known to be missing.
        """
        _check_names(key, per)
        self._require_running()
        return judge(numbered(self._inbox.snapshot(), key, per)[0])

    def assert_no_gaps(
        self, key: str = "seq", *, per: str | None = "process", first: int | None = None, last: int | None = None
    ) -> tuple[ReceivedRecord, ...]:
        """Judge that no number is missing, came twice, or came after a higher one; return the numbered records.

        ``first`` and ``last`` are the numbers expected of each sender; without them, only what lies between the lowest
        and the highest that came can be missed. It does not wait. ``key`` and ``per`` are those of ``gaps``.
        """
        __tracebackhide__ = True
        _check_names(key, per)
        for name, bound in (("first", first), ("last", last)):
            if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
                raise ArgumentError(f"{name}={show(bound)}: it is a whole number")
        self._require_running()
        items = self._inbox.snapshot()
        senders, marked, odd = numbered(items, key, per)
        found = judge(senders, first, last)
        if marked and not found and not odd:
            return tuple(marked)
        spoilt = sum(item.record is None for item in items)
        if not marked:
            headline = f"{self._who} received no record that is numbered by {key}"
        elif found:
            lost = sum(each.lost for each in found)
            twice, late = (sum(len(getattr(each, name)) for each in found) for name in ("duplicated", "reordered"))
            amounts = ((lost, "missing"), (twice, "twice"), (late, "out of order"))
            what = ", ".join(f"{amount:,} {word}" for amount, word in amounts if amount)
            headline = f"{self._who} received {plural(len(marked), 'record')} numbered by {key}, of them {what}"
            headline = headline.replace("of them", "with") if lost else headline
        else:
            headline = f"{self._who} received {plural(len(odd), 'record')} whose {key} is no whole number"
        limits = "".join(f", {name} {bound}" for name, bound in (("from", first), ("to", last)) if bound is not None)
        raise AssertionError(
            layout(
                headline,
                ("wanted", f"every {key} once, in order{limits}" + ("" if per is None else f", of each {per}")),
                ("received", f"{plural(len(items), 'record')}, {len(marked):,} with a number"),
                ("gaps", described(found, per)),
                ("odd", "\n          ".join(odd[:5])),
                *self._sections(),
                ("hint", _spoilt(spoilt) if spoilt else None),
            )
        )


def _spoilt(count: int) -> str:
    which = "1 frame was" if count == 1 else f"{count:,} frames were"
    return f"{which} malformed or refused: what is missing may be among them (received shows them)"


def _check_names(key: Any, per: Any) -> None:
    if not isinstance(key, str) or not key:
        raise ArgumentError(f"key={show(key)}: it is the name of the attribute that counts up")
    if per is not None and (not isinstance(per, str) or not per):
        raise ArgumentError(f"per={show(per)}: it is the name of an attribute that tells senders apart, or None")
