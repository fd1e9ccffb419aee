"""What a test can ask of a webhook's requests, and what explains a miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, equal, one_of, say_wanted
from pytest_loghandlers._base.report import cut, show
from pytest_loghandlers.endpoints._endpoint import malformed_field

from .request import WebhookRequest, formatted

NOT_JSON: Final = type("NotJson", (), {"__repr__": lambda self: "not JSON"})()  # noqa: ARG005 - a repr takes self


def _read_json(request: WebhookRequest) -> Any:
    try:
        return request.json
    except ValueError:
        return NOT_JSON


def _accept_part(name: str) -> Any:
    def accept(wanted: Any) -> Any:
        if isinstance(wanted, Mapping):
            return dict(wanted)
        raise ArgumentError(f"{name}={show(wanted)}: it is a mapping of names to values (str or compiled regex)")

    return accept


def _has_part(wanted: Mapping[str, Any], got: Mapping[str, str]) -> bool:
    return all(name in got and equal(value, got[name]) for name, value in wanted.items())


def _accept_method(wanted: Any) -> Any:
    return wanted.upper() if isinstance(wanted, str) else wanted


def _in_short(name: str) -> Callable[[Any], str]:
    # A headline is read in one line: the whole of it stands in the wanted line.
    return lambda wanted: f"with {name} {cut(say_wanted(wanted), 40)}"


VOCABULARY: Final = Vocabulary[WebhookRequest](
    "request",
    lambda request: request.searched,
    (
        Field(
            "method",
            lambda request: request.method,
            accept=_accept_method,
            brief=lambda wanted: f"by {say_wanted(wanted, str)}",
        ),
        Field("path", lambda request: request.path, brief=lambda wanted: f"at {say_wanted(wanted)}"),
        Field("json", _read_json, brief=_in_short("json")),
        Field(
            "form",
            lambda request: request.form,
            accept=_accept_part("form"),
            agree=_has_part,
            brief=_in_short("form"),
            clause=lambda wanted: f"whose form has {show(wanted)}",
        ),
        Field(
            "headers",
            lambda request: request.headers,
            accept=_accept_part("headers"),
            agree=_has_part,
            brief=_in_short("headers"),
            clause=lambda wanted: f"whose headers have {show(wanted)}",
        ),
        Field(
            "transport",
            lambda request: request.transport,
            accept=one_of("transport", "tcp", "tls"),
            say=str,
            brief=lambda wanted: f"over {say_wanted(wanted, str)}",
        ),
        malformed_field(),
    ),
)


def hint(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    """Return the one certain explanation of a miss, or None."""
    return _other_path(matcher, requests) or _part_of_json(matcher, requests) or unformatted(matcher, requests)


def _other_path(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    wanted = next((value for field, value in matcher.conditions if field.name == "path"), None)
    if not isinstance(wanted, str):
        return None
    paths = {request.path for request in requests}
    meant = f"/{wanted}".replace("//", "/", 1).partition("?")[0]
    if wanted in paths or meant not in paths:
        return None
    return f"a path begins with / and goes without its query: path={show(meant)}, and the query decoded is form="


def _part_of_json(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    wanted = next((value for field, value in matcher.conditions if field.name == "json"), None)
    if not isinstance(wanted, dict) or not wanted:
        return None
    for index, request in enumerate(requests):
        got = _read_json(request)
        if (
            isinstance(got, dict)
            and got != wanted
            and all(name in got and wanted[name] == got[name] for name in wanted)
        ):
            more = [name for name in got if name not in wanted]
            return (
                f"json= is the whole of it, and [{index}] has more: {cut(', '.join(map(show, more)), 60)};\n"
                "          a part of it is asked for as text, or looked up in .json of the request that is returned"
            )
    return None


def unformatted(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    """Return the hint that HTTPHandler does not format, when formatting would have made the text."""
    by_text = VOCABULARY.matcher(matcher.text)
    for request in requests if matcher.text is not None and not by_text.find(requests) else ():
        message, arguments = request.form.get("msg", ""), request.form.get("args", "()")
        made = None if arguments == "()" else formatted(message, arguments)
        if made is None or matcher.text is None:
            continue
        found = matcher.text.search(made) if isinstance(matcher.text, re.Pattern) else matcher.text in made
        if found:
            return (
                "HTTPHandler does not format: it sends msg and args apart, here "
                f"msg={show(message, 60)} args={show(arguments, 60)};\n"
                "          override mapLogRecord to send record.getMessage()"
            )
    return None
