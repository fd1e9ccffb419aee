from __future__ import annotations

import ssl

from pytest_loghandlers.endpoints._network import certificates


def test_the_same_arguments_give_the_same_context():
    assert certificates.server_context() is certificates.server_context("good", 0, "none", None)
    assert certificates.server_context("expired") is not certificates.server_context()


def test_no_session_tickets_are_sent_unless_asked_for():
    assert certificates.server_context().num_tickets == 0
    assert certificates.server_context(tickets=2).num_tickets == 2


def test_a_client_trusts_the_authority_and_checks_the_host():
    context = certificates.client_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
