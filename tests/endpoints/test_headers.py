from __future__ import annotations

from pytest_loghandlers.endpoints._headers import Headers

HEADERS = Headers((("Content-Type", "text/plain"), ("Via", "a"), ("via", "b")))


def test_a_name_is_found_in_any_case():
    assert HEADERS["content-type"] == HEADERS["CONTENT-TYPE"] == "text/plain"
    assert "VIA" in HEADERS
    assert "X-Other" not in HEADERS


def test_the_values_of_a_repeated_name_are_joined_and_kept_apart_in_raw():
    assert HEADERS["Via"] == "a, b"
    assert HEADERS.raw == (("Content-Type", "text/plain"), ("Via", "a"), ("via", "b"))


def test_it_reads_like_a_mapping_with_the_names_as_first_sent():
    assert dict(HEADERS) == {"Content-Type": "text/plain", "Via": "a, b"}
    assert len(HEADERS) == 2
    assert repr(HEADERS) == "{'Content-Type': 'text/plain', 'Via': 'a, b'}"


def test_it_equals_a_mapping_whose_names_differ_in_case_only():
    assert HEADERS == {"content-type": "text/plain", "via": "a, b"}
    assert HEADERS != {"content-type": "text/plain"}
    assert HEADERS != "content-type"
