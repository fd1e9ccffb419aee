"""Telling the operators' chat room."""

from __future__ import annotations

import logging

import httpx


def not_from_the_http_client(record: logging.LogRecord) -> bool:
    """Refuse what the HTTP client logs: sending that would be logged by the HTTP client."""
    return record.name.partition(".")[0] not in {"httpx", "httpcore"}


class WebhookHandler(logging.Handler):
    """Posts each record to a Slack-style webhook; gives up after ``timeout`` seconds."""

    def __init__(self, url: str, timeout: float = 2.0) -> None:
        super().__init__()
        self.url = url
        self.client = httpx.Client(timeout=timeout)
        self.addFilter(not_from_the_http_client)

    def emit(self, record: logging.LogRecord) -> None:
        """Post the record; any answer but a 2xx is an error."""
        try:
            response = self.client.post(self.url, json={"text": f":rotating_light: {self.format(record)}"})
            response.raise_for_status()
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Close the connections to the server."""
        self.client.close()
        super().close()
