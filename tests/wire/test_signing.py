"""Only the holder of a key can sign with it, and no message can pass for another."""

import json
from typing import Any

import pytest

from storage.errors import BadMessage, SettingsError
from storage.settings import Settings
from workers.wire.signing import Signer, new_secret, signer_of

MESSAGE = {"token": "t", "is_over": True, "outcomes": [{"number": 1, "busy": 0.1}], "name": "ä"}
SECRET = new_secret()
KEYS = {"box1": SECRET, "box2": new_secret()}


def signed(task: str = "report") -> Any:
    return json.loads(json.dumps(Signer("box1", SECRET).signed(task, MESSAGE)))


def test_a_signed_message_names_its_key() -> None:
    signature = signer_of(signed(), "report", KEYS)
    assert signature is not None
    assert signature.key == "box1"


def test_an_unsigned_message_names_no_key() -> None:
    assert Signer("", "").signed("report", MESSAGE) == MESSAGE
    assert signer_of(MESSAGE, "report", KEYS) is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda m: m.update(token="another"),
        lambda m: m["outcomes"][0].update(busy=0.2),
        lambda m: m.update(added=1),
        lambda m: m["signature"].update(key="box2"),
        lambda m: m["signature"].update(key="nobody"),
        lambda m: m["signature"].update(at=m["signature"]["at"] + 1.0),
        lambda m: m["signature"].update(proof="0" * 64),
        lambda m: m["signature"].update(proof=5),
        lambda m: m["signature"].update(at=float("nan")),
        lambda m: m.update(signature=[]),
        lambda m: m.update(signature=None),
    ],
)
def test_a_message_that_was_changed_is_refused(forge: Any) -> None:
    message = signed()
    forge(message)
    with pytest.raises(BadMessage):
        signer_of(message, "report", KEYS)


def test_a_heartbeat_cannot_pass_for_a_report() -> None:
    with pytest.raises(BadMessage):
        signer_of(signed("heartbeat"), "report", KEYS)


def test_the_key_is_taken_from_the_settings() -> None:
    assert Signer.of(Settings(worker_key=f"box1:{SECRET}")) == Signer("box1", SECRET)
    assert Signer.of(Settings()) == Signer("", "")


@pytest.mark.parametrize("given", ["box1", "box1:", ":secret"])
def test_half_a_key_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="NAME:SECRET"):
        Signer.of(Settings(worker_key=given))
