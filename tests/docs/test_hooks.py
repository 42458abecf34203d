"""The lines of docs/bulk.md that check a signature check it."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dispatcher.hooks.signing import signed_headers
from tests.infra.places import DOCS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type": "job.ended"}'

Check = Callable[[Mapping[str, str], bytes, str], bool]


@pytest.fixture(scope="module")
def is_genuine() -> Check:
    page = (DOCS / "bulk.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^<!-- tested -->\n```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len([line for line in block.splitlines() if line]) <= 10
    names: dict[str, Any] = {}
    exec(block, names)
    check: Check = names["is_genuine"]
    return check


def test_what_the_farm_signed_is_genuine(is_genuine: Check) -> None:
    assert is_genuine(signed_headers(SECRET, "evt_1", BODY, time.time()), BODY, SECRET)


def test_what_was_changed_or_recorded_or_signed_by_others_is_not(is_genuine: Check) -> None:
    now = time.time()
    headers = signed_headers(SECRET, "evt_1", BODY, now)
    assert not is_genuine(headers, BODY + b" ", SECRET)
    assert not is_genuine({**headers, "webhook-id": "evt_2"}, BODY, SECRET)
    assert not is_genuine(signed_headers("whsec_AAAA", "evt_1", BODY, now), BODY, SECRET)
    assert not is_genuine(signed_headers(SECRET, "evt_1", BODY, now - 400), BODY, SECRET)
