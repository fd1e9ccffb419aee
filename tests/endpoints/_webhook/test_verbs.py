from __future__ import annotations

import inspect

from pytest_loghandlers.endpoints._webhook.verbs import WebhookVerbs
from pytest_loghandlers.endpoints._webhook.vocabulary import VOCABULARY


def test_every_field_can_be_asked_for_by_every_verb():
    refusing = set(inspect.signature(WebhookVerbs.assert_not_received).parameters)

    assert refusing == {"self", "text", *VOCABULARY.fields}
