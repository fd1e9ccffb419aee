"""The clients that shippers are built on: HTTPHandler, urllib3, requests, httpx, aiohttp; over HTTP and HTTPS."""

from __future__ import annotations

import asyncio
import gc
import gzip
import http.client
import logging.handlers
import socket
import ssl
from functools import partial

import aiohttp
import httpx
import pytest
import requests
import requests.adapters
import urllib3

from pytest_loghandlers import WebhookEndpoint


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as started:
        yield started


class Urllib3:
    """One connection pool of urllib3."""

    def __init__(self, context):
        self.pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=10)

    def post(self, url, data, headers):
        return self.pool.request("POST", url, body=data, headers=headers).status

    def upload(self, url, fields, name, content):
        file = {"log": (name, content, "text/plain")}
        return self.pool.request("POST", url, fields={**fields, **file}).status

    def close(self):
        self.pool.clear()


class Requests:
    """A session of requests."""

    def __init__(self, context, ca_file):
        self.session = requests.Session()
        self.session.trust_env = False  # REQUESTS_CA_BUNDLE would go before it.
        self.session.verify = ca_file

    def post(self, url, data, headers):
        return self.session.post(url, data=data, headers=headers, timeout=10).status_code

    def upload(self, url, fields, name, content):
        file = {"log": (name, content, "text/plain")}
        return self.session.post(url, data=fields, files=file, timeout=10).status_code

    def close(self):
        self.session.close()


class Httpx:
    """A client of httpx."""

    def __init__(self, context):
        self.client = httpx.Client(verify=context, timeout=10)

    def post(self, url, data, headers):
        return self.client.post(url, content=data, headers=headers).status_code

    def upload(self, url, fields, name, content):
        return self.client.post(url, data=fields, files={"log": (name, content, "text/plain")}).status_code

    def close(self):
        self.client.close()


class Aiohttp:
    """A session of aiohttp on a loop of its own."""

    def __init__(self, context):
        self.runner = asyncio.Runner()

        async def made():
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context), timeout=aiohttp.ClientTimeout(total=10)
            )

        self.session = self.runner.run(made())

    def post(self, url, data, headers):
        async def posted():
            for _ in range(3):
                await asyncio.sleep(0)  # The loop hears of what was closed since it ran last.
            async with self.session.post(url, data=data, headers=headers) as answer:
                await answer.read()
                return answer.status

        return self.runner.run(posted())

    def upload(self, url, fields, name, content):
        form = aiohttp.FormData(fields, quote_fields=False)
        form.add_field("log", content, filename=name, content_type="text/plain")
        return self.post(url, form, {})

    def close(self):
        self.runner.run(self.session.close())
        self.runner.close()


@pytest.fixture(params=["urllib3", "requests", "httpx", "aiohttp"])
def client(request, endpoint):
    context = endpoint.client_context()
    if request.param == "requests":
        opened = Requests(context, endpoint.ca_file)
    else:
        opened = {"urllib3": Urllib3, "httpx": Httpx, "aiohttp": Aiohttp}[request.param](context)
    yield opened
    opened.close()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_client_keeps_its_connection_and_sends_zipped_json(endpoint, client, transport):
    url = endpoint.url if transport == "tcp" else endpoint.https_url
    zipped = gzip.compress(b'{"text": "caf\\u00e9"}')

    for _ in range(3):
        assert client.post(f"{url}/hook", zipped, {"Content-Encoding": "gzip"}) == 200

    received = endpoint.assert_received("café", path="/hook", transport=transport, json={"text": "café"}, count=3)
    assert len({request.connection for request in received}) == 1
    assert received[0].body == zipped


def test_a_client_sends_chunks(endpoint, client):
    async def parts():
        yield b"part "
        yield b"two"

    chunks = parts() if isinstance(client, Aiohttp) else iter([b"part ", b"two"])

    assert client.post(endpoint.url, chunks, {}) == 200

    assert endpoint.assert_received("part two").headers["transfer-encoding"] == "chunked"


def test_a_client_sends_fields_and_files(endpoint, client):
    assert client.upload(endpoint.url, {"payload_json": '{"content": "card declined"}'}, "café.log", b"no funds") == 200

    request = endpoint.assert_received("card declined", malformed=False)
    assert request.form == {"payload_json": '{"content": "card declined"}'}
    assert [(part.name, part.filename, part.text) for part in request.files] == [("log", "café.log", "no funds")]
    endpoint.assert_received("no funds")


def test_a_client_reads_any_status_and_comes_back_on_a_new_connection_after_a_drop(endpoint, client, spin):
    endpoint.answer(503, "later", close=True, times=1)

    assert client.post(endpoint.url, b"x", {}) == 503
    spin(lambda: not endpoint._listener.connections)
    assert client.post(endpoint.url, b"x", {}) == 200

    assert [request.connection for request in endpoint.received] == [1, 2]


def test_a_client_refuses_a_bad_certificate_and_the_reason_is_kept(endpoint, client):
    url = endpoint.https_url
    endpoint.present_certificate("expired")

    with pytest.raises(Exception, match=r"(?i)certificate"):
        client.post(url, b"x", {})

    # Not every client says why: asyncio closes without an alert.
    wrong = endpoint.wait_for(transport="tls", malformed=True).malformed
    assert wrong.startswith(
        ("the client refused the endpoint's certificate: it has expired", "the TLS handshake failed")
    )
    endpoint.recover()
    assert client.post(url, b"x", {}) == 200


@pytest.mark.parametrize("kind", ["urllib3", "requests"])
def test_retries_obey_retry_after(endpoint, kind):
    endpoint.answer(429, retry_after=0, times=1)
    endpoint.answer(503, retry_after=0, times=1)
    retry = urllib3.Retry(3, status_forcelist=[503], allowed_methods=None, respect_retry_after_header=True)

    if kind == "urllib3":
        with urllib3.PoolManager(retries=retry) as pool:
            status = pool.request("POST", endpoint.url, body=b"x").status
    else:
        with requests.Session() as session:
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
            status = session.post(endpoint.url, data=b"x", timeout=10).status_code

    assert (status, [request.status for request in endpoint.received]) == (200, [429, 503, 200])


def test_httpx_retries_a_refused_connection(endpoint):
    url = endpoint.url
    endpoint.refuse()
    with httpx.Client(transport=httpx.HTTPTransport(retries=1), timeout=10) as client:
        with pytest.raises(httpx.ConnectError):
            client.post(url)
        endpoint.recover()

        assert client.post(url).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_record_of_HTTPHandler_arrives_over_tls_with_credentials(endpoint, logger, method):
    context = endpoint.client_context()
    hostport = endpoint.https_hostport
    logger.addHandler(
        logging.handlers.HTTPHandler(
            hostport, "/log", method=method, secure=True, credentials=("me", "pw"), context=context
        )
    )

    logger.error("card %s", "declinéd")

    request = endpoint.assert_received("card %s", method=method, path="/log", transport="tls")
    assert request.headers["authorization"] == "Basic bWU6cHc="
    gc.collect()


@pytest.mark.parametrize("kind", ["expired", "not_yet_valid", "wrong_host", "untrusted"])
@pytest.mark.filterwarnings("ignore:unclosed <s:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_HTTPHandler_tells_handleError_of_a_bad_certificate(endpoint, logger, kind):
    failed = []

    class Handler(logging.handlers.HTTPHandler):
        def handleError(self, record):
            import sys

            failed.append(sys.exc_info()[0])

    context = endpoint.client_context()
    logger.addHandler(Handler(endpoint.https_hostport, "/log", secure=True, context=context))
    endpoint.present_certificate(kind)

    logger.error("x")

    assert failed == [ssl.SSLCertVerificationError]
    endpoint.assert_not_received(malformed=False)
    gc.collect()


def test_what_is_no_tls_on_the_tls_port_is_kept_with_the_reason(endpoint, connect):
    host, port = endpoint.https_hostport.split(":")
    connect((host, int(port))).sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")

    request = endpoint.wait_for("GET /x", malformed=True, transport="tls")

    assert request.malformed == (
        "this is no TLS: the client sent plain text to a TLS port (it looks like HTTP: http:// where https:// is meant)"
    )


def test_the_faults_of_the_endpoint_are_those_of_its_tls_port_too(endpoint):
    client = http.client.HTTPSConnection(endpoint.https_hostport, context=endpoint.client_context(), timeout=10)
    endpoint.refuse()
    with pytest.raises(ConnectionRefusedError):
        client.connect()
    endpoint.recover()
    endpoint.reset(times=1)

    client.request("GET", "/")
    with pytest.raises(ConnectionResetError):
        client.getresponse()
    client.close()


def test_https_asked_for_while_refused_is_refused_too(endpoint):
    endpoint.refuse()
    host, port = endpoint.https_hostport.split(":")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)


def test_the_tls_port_is_gone_with_the_endpoint():
    with WebhookEndpoint() as endpoint:
        host, port = endpoint.https_hostport.split(":")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize("secure", [False, True])
def test_what_was_sent_by_a_client_that_waits_for_no_answer_is_there_when_it_is_judged(endpoint, secure):
    kind = (
        partial(http.client.HTTPSConnection, context=endpoint.client_context())
        if secure
        else http.client.HTTPConnection
    )
    client = kind(endpoint.https_hostport if secure else endpoint.hostport, timeout=10)
    if secure:
        client.connect()
    with endpoint._listener.held():  # The endpoint's own thread has had no time for it.
        client.request("POST", "/gelf", b"boom")
        endpoint.assert_received("boom", path="/gelf")
    client.close()
