"""The verbs with which a test judges what a webhook endpoint, or a route of it, received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from pytest_loghandlers._base.match import Text
from pytest_loghandlers.endpoints._endpoint import WAIT

from .request import WebhookRequest


class WebhookVerbs:
    """``wait_for`` and the assertions: a mixin, to be named before what has the three methods that they end in."""

    def _wait_for(self, text: Any, count: int | None, timeout: float, wanted: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _assert_received(self, text: Any, count: int | None, wanted: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _assert_not_received(self, text: Any, wanted: dict[str, Any]) -> None:
        raise NotImplementedError

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
        transport: str | None = None,
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
        transport: str | None = None,
        malformed: bool | None = None,
        count: int,
        timeout: float = WAIT,
    ) -> tuple[WebhookRequest, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a request, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained (a compiled regex: found) in the body, in a string of its JSON, or in what its form,
        files or query decode to. ``method``, ``path`` and ``json`` are equal; ``form`` and ``headers`` have at least
        the fields given; ``transport`` is ``tcp`` or ``tls``. Everywhere a compiled regex is searched instead. Raises
        AssertionError when the time is over.
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
        transport: str | None = None,
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
        transport: str | None = None,
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
        transport: str | None = None,
        malformed: bool | None = None,
    ) -> None:
        """Raise AssertionError when a request matches. It does not wait; the arguments are those of ``wait_for``."""
        __tracebackhide__ = True
        wanted = {"method": method, "path": path, "json": json, "form": form, "headers": headers}
        self._assert_not_received(text, {**wanted, "transport": transport, "malformed": malformed})
