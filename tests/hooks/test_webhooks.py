"""What is posted is signed, comes again until somebody takes it, and gives nothing away."""

import hashlib
import hmac
import json
import logging
import socket
import time
from base64 import b64decode, b64encode
from contextlib import closing
from threading import Thread

import pytest

from dispatcher.hooks.notifying import MOST_TRIES, PAUSES
from dispatcher.hooks.signing import key_of, signed_headers
from dispatcher.hooks.webhook import post_event
from dispatcher.reports.untold import untold_of_jobs
from storage.errors import SettingsError
from storage.objects.address import check_web_address
from testing.services.server import HOST, free_port
from tests.hooks.conftest import SECRET, HookedDesk, Listener
from tests.storage.crooked_s3 import Asked


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """One kind of database: what is tried here does not depend on it."""
    return migrated_sqlite_url


def is_signed(asked: Asked, key: bytes) -> bool:
    """Whether the signature is that of Standard Webhooks, worked out without any of the farm's code."""
    headers = {name.lower(): value for name, value in asked.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{asked.body.decode()}".encode()
    digest = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{digest}"


@pytest.mark.parametrize(("secret", "key"), [(SECRET, b64decode(SECRET[6:])), ("open sésame", "open sésame".encode())])
def test_an_event_comes_signed_and_again_until_the_server_takes_it(
    desk: HookedDesk, listener: Listener, secret: str, key: bytes
) -> None:
    listener.statuses = [500, 500]
    desk.told_by(hook_url=listener.url, hook_secret=secret)
    job = desk.ended()
    desk.tell()
    assert len(listener.heard) == 1
    desk.deliver(PAUSES[0] - 0.1)
    assert len(listener.heard) == 1, "it was tried too soon"
    desk.deliver(0.2)
    desk.deliver(PAUSES[1])
    desk.deliver(PAUSES[2])
    assert len(listener.heard) == 3
    assert {asked.method for asked in listener.heard} == {"POST"}
    assert {asked.path for asked in listener.heard} == {"/farm/s3cret-path"}
    assert {asked.headers["Content-Type"] for asked in listener.heard} == {"application/json"}
    assert all(is_signed(asked, key) for asked in listener.heard)
    assert not is_signed(listener.heard[0], b"another key")
    assert len({asked.headers["Webhook-Id"] for asked in listener.heard}) == 1
    assert [asked.headers["Webhook-Timestamp"] for asked in listener.heard] == ["1001", "1006", "1036"]
    assert len({asked.body for asked in listener.heard}) == 1
    assert listener.events()[0]["data"]["id"] == job
    (notice,) = desk.notices()
    assert (notice.state, notice.tries, notice.said) == ("delivered", 3, "")
    assert untold_of_jobs(desk.database, [job]) == {}


def test_the_example_of_the_specification_has_the_signature_that_it_gives() -> None:
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330.4
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_that_is_no_base64_is_refused_and_nothing_is_posted_unsigned(
    desk: HookedDesk, listener: Listener
) -> None:
    with pytest.raises(SettingsError, match="what follows is not base64"):
        key_of("whsec_***")
    desk.told_by(hook_url=listener.url, hook_secret="whsec_***")
    desk.ended()
    desk.tell()
    assert listener.heard == []
    assert "is not base64" in desk.notices()[0].said


def test_an_address_of_a_submission_is_signed_alike(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_secret=SECRET)
    desk.ended(notify=listener.url)
    desk.tell()
    assert is_signed(listener.heard[0], b64decode(SECRET[6:]))


def test_without_a_secret_it_comes_unsigned(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url)
    desk.ended()
    desk.tell()
    assert "Webhook-Signature" not in listener.heard[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(desk: HookedDesk, listener: Listener, status: int) -> None:
    listener.statuses, listener.headers = [status], {"Location": listener.url + "/elsewhere"}
    desk.told_by(hook_url=listener.url)
    desk.ended()
    desk.tell()
    assert [asked.path for asked in listener.heard] == ["/farm/s3cret-path"]
    (notice,) = desk.notices()
    assert notice.state == "waiting"
    assert f"the server answers {status}" in notice.said


def test_after_the_last_try_it_is_given_up_and_said(
    desk: HookedDesk, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.statuses = [503] * 50
    desk.told_by(hook_url=listener.url, hook_secret=SECRET)
    job = desk.ended()
    with caplog.at_level(logging.WARNING):
        desk.tell()
        assert untold_of_jobs(desk.database, [job])[job].endswith("503 Service Unavailable (1 try so far)")
        for pause in PAUSES:
            assert desk.notices()[0].state == "waiting"
            desk.deliver(pause)
        desk.deliver(1e6)
    assert len(listener.heard) == MOST_TRIES == len(PAUSES) + 1
    (notice,) = desk.notices()
    assert notice.state == "given up"
    server = listener.url.partition("/farm")[0]
    assert untold_of_jobs(desk.database, [job]) == {
        job: f"{server}: the server answers 503 Service Unavailable (given up after 9 tries)"
    }
    assert f"the notice that job {job} has ended is given up" in caplog.text
    assert "s3cret" not in caplog.text, "a path may hold a secret"
    assert SECRET[6:] not in caplog.text
    assert SECRET[6:] not in notice.body + notice.said


def test_a_server_that_says_410_is_not_told_again(desk: HookedDesk, listener: Listener) -> None:
    listener.statuses = [410]
    desk.told_by(hook_url=listener.url)
    desk.ended()
    desk.tell()
    desk.deliver(1e6)
    assert len(listener.heard) == 1
    assert desk.notices()[0].state == "given up"


def test_a_server_that_is_away_is_waited_for(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=f"http://{HOST}:{free_port()}/")
    desk.ended()
    desk.tell()
    assert "refused" in desk.notices()[0].said
    # Whoever corrects the setting need not hand anything in again.
    desk.told_by(hook_url=listener.url)
    desk.deliver(PAUSES[0])
    assert len(listener.heard) == 1


def test_one_that_answers_letter_by_letter_does_not_hold_up_others() -> None:
    with closing(socket.create_server((HOST, 0))) as server:
        over: list[bool] = []

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                while not over:
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return
                    time.sleep(0.01)

        thread = Thread(target=answer)
        thread.start()
        address = check_web_address(f"http://{HOST}:{server.getsockname()[1]}/")
        outcome = post_event(address, b"{}", {}, silence=5.0, patience=0.3)
        over.append(True)
        thread.join()
    assert "no answer within 0.3 s" in outcome.said


def test_events_are_json_without_secrets(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url, hook_secret=SECRET)
    desk.ended(notify=listener.url + "/own")
    desk.tell()
    assert len(listener.heard) == 2
    for asked in listener.heard:
        assert set(json.loads(asked.body)) == {"type", "timestamp", "data"}
        assert "s3cret" not in asked.body.decode()
        assert SECRET[6:] not in asked.body.decode()
