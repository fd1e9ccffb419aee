from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_loghandlers import ArgumentError, MissingExtraError
from pytest_loghandlers.endpoints._network import certificates, reactor


@pytest.fixture
def afresh():
    """The process has no authority yet; what the test makes is forgotten."""
    certificates.forget()
    yield
    certificates.forget()


def test_the_same_arguments_give_the_same_context():
    assert certificates.server_context() is certificates.server_context("good", 0, "none", None)
    assert certificates.server_context("expired") is not certificates.server_context()


def test_no_session_tickets_are_sent_unless_asked_for():
    assert certificates.server_context().num_tickets == 0
    assert certificates.server_context(tickets=2).num_tickets == 2


def test_a_client_may_not_change_the_keys_in_a_session():
    assert certificates.server_context().options & ssl.OP_NO_RENEGOTIATION


def test_a_client_trusts_the_authority_and_checks_the_host():
    context = certificates.client_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
    assert certificates.client_context() is not context


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_good_certificate_is_good_for_each_name_of_this_host_even_to_the_strict(host):
    context = ssl.create_default_context(cafile=certificates.ca_file())
    # What Python 3.13 has by default.
    context.verify_flags |= ssl.VERIFY_X509_STRICT | getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)

    assert shaken(context, certificates.server_context(), host).getpeercert()


def shaken(client_context, server_context, host):
    """Return the client's side of a handshake in memory."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return client


def test_the_file_of_the_authority_is_private_and_goes_with_the_session(afresh):
    path = Path(certificates.ca_file())

    assert path.read_text("ascii").startswith("-----BEGIN CERTIFICATE-----")
    assert certificates.ca_file() == str(path)
    if os.name != "nt":
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    reactor.shutdown()
    assert not path.parent.exists()


def test_what_is_asked_for_after_that_is_made_anew(afresh):
    before = certificates.ca_file()
    context = certificates.server_context()
    reactor.shutdown()

    assert certificates.ca_file() != before
    assert Path(certificates.ca_file()).exists()
    assert certificates.server_context() is not context


def test_a_clients_key_is_read_by_its_owner_alone():
    certificate, key = certificates.client_certificate()

    context = certificates.client_context()
    context.load_cert_chain(certificate, key)
    if os.name != "nt":
        assert stat.S_IMODE(Path(key).stat().st_mode) == 0o600


def test_a_clients_certificate_is_taken_by_a_server_that_demands_one():
    context = certificates.client_context()
    context.load_cert_chain(*certificates.client_certificate())
    server_context = certificates.server_context(client_certificates="required")

    assert shaken(context, server_context, "localhost").getpeercert()


@pytest.mark.parametrize(("only", "spoken"), [("TLSv1.2", "TLSv1.2"), ("TLSv1.3", "TLSv1.3"), (None, "TLSv1.3")])
def test_a_server_speaks_the_version_it_is_told_to(only, spoken):
    context = certificates.client_context()

    assert shaken(context, certificates.server_context(only=only), "localhost").version() == spoken


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_uses_the_parents_files_and_never_removes_them():
    # In an interpreter of its own: pytest's process has threads, and forking it is unsafe.
    code = """
import os
from pathlib import Path
from pytest_loghandlers.endpoints._network import certificates
path = certificates.ca_file()
child = os.fork()
if not child:
    same = certificates.ca_file() == path
    certificates.forget()
    os._exit(0 if same and Path(path).exists() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), Path(path).exists(), path)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    status, there, path = done.stdout.split()
    assert (status, there) == ("0", "True")
    assert not Path(path).exists()  # Removed at the end, though no reactor ever ran.


def test_without_trustme_the_error_names_what_to_install(afresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(MissingExtraError) as failure:
        certificates.server_context()

    assert str(failure.value) == (
        "TLS endpoints make their certificates with trustme, which cannot be imported here: "
        'pip install "pytest-loghandlers[tls]"'
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"kind": "bad"},
            "kind='bad': it is one of 'good', 'expired', 'not_yet_valid', 'wrong_host', 'untrusted'",
        ),
        ({"tickets": -1}, "tickets=-1: it is how many, a whole number from 0 to 100"),
        ({"tickets": True}, "tickets=True: it is how many, a whole number from 0 to 100"),
        (
            {"client_certificates": True},
            "client_certificates=True: it is one of 'none', 'optional', 'required'",
        ),
        ({"only": "TLSv1.1"}, "version='TLSv1.1': it is one of 'TLSv1.2', 'TLSv1.3'"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, message):
    with pytest.raises(ArgumentError) as failure:
        certificates.server_context(**arguments)

    assert str(failure.value) == message
