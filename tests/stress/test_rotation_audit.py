"""Texts are found where they stand on their own, as often as they were logged."""

from pathlib import Path

import pytest

from pytest_loghandlers.stress._rotation_audit import Expected, audit, holder
from pytest_loghandlers.stress._rotation_files import Generation


def generation(text, *, deleted=False):
    return Generation(None if deleted else Path("app.log"), 1, len(text), text, 0, not deleted)


@pytest.mark.parametrize("line", ["online 1 line", "line 10 1", "1 line"])
def test_a_text_inside_a_longer_word_is_not_it(line):
    assert len(audit([Expected("line 1")], [generation(f"{line}\n")]).missing) == 1


@pytest.mark.parametrize("line", ["line 1", "INFO:line 1.", "(line 1)"])
def test_a_text_between_other_signs_is_it(line):
    assert audit([Expected("line 1")], [generation(f"{line}\n")]).missing == ()


def test_a_formatted_line_is_the_whole_line():
    assert len(audit([Expected("line 1", exact=True)], [generation("line 1.\n")]).missing) == 1


def test_a_text_of_several_lines_is_looked_for_as_one():
    result = audit([Expected("a\nb", exact=True), Expected("b\na", exact=True)], [generation("a\nb\n")])
    assert [item.text for item in result.missing] == ["b\na"]


def test_of_several_alike_the_one_that_met_an_error_is_the_missing_one():
    broken = Expected("x", exact=True, error=OSError())
    result = audit([broken, Expected("x", exact=True)], [generation("x\n")])
    assert result.missing == (broken,)
    assert audit([broken], [generation("x\n")]).missing == ()  # It was written later, after all.


def test_what_is_only_in_a_deleted_file_is_missing_and_its_holder_known():
    gone = generation("x\n", deleted=True)
    assert audit([Expected("x")], [gone]).missing == (Expected("x"),)
    assert holder(Expected("x"), [generation("y\n"), gone]) is gone
    assert holder(Expected("z"), [gone]) is None
