"""Every notice is delivered at least once, whoever dies over it, on both kinds of database."""

from dispatcher.hooks.notifying import CLAIM_SECONDS, MOST_TRIES, PAUSES, Notifying
from dispatcher.reports.untold import untold_of_jobs
from tests.hooks.conftest import HookedDesk, Listener


def test_what_a_killed_studio_had_in_hand_is_delivered_again_under_the_same_event(
    desk: HookedDesk, listener: Listener
) -> None:
    desk.told_by(hook_url=listener.url)
    desk.ended()
    assert desk.tick().notify
    killed = Notifying(desk.database, desk.settings, clock=lambda: desk.now)
    (notice,) = killed._take("claim of one that is killed now")
    assert not desk.tick().notify
    desk.deliver()
    assert listener.heard == [], "it is in somebody's hands"
    assert desk.tick(CLAIM_SECONDS).notify
    desk.deliver()
    assert [asked.headers["Webhook-Id"] for asked in listener.heard] == [notice.event]
    # The dead one comes back, too late.
    killed._write_down(notice, killed._told(notice), "claim of one that is killed now")
    assert desk.notices()[0].state == "delivered"


def test_a_notice_that_kills_whoever_delivers_it_is_given_up_at_last(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url)
    job = desk.ended()
    desk.tick()
    for _ in range(MOST_TRIES):
        Notifying(desk.database, desk.settings, clock=lambda: desk.now)._take("one that dies")
        desk.now += CLAIM_SECONDS
    desk.deliver()
    assert listener.heard == []
    assert desk.notices()[0].state == "given up"
    assert "ends without a word (given up after 9 tries)" in untold_of_jobs(desk.database, [job])[job]


def test_a_farm_killed_between_end_and_notice_tells_of_it_once_it_is_back(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url)
    job = desk.ended()
    desk.now += 86_400.0
    desk.tell()
    assert [event["data"]["id"] for event in listener.events()] == [job]
    assert listener.events()[0]["timestamp"] == "1970-01-01T00:16:40.000Z", "when it ended, not when it was told"


def test_more_than_a_studio_takes_at_a_time_are_all_delivered_in_one_run(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url)
    jobs = [desk.ended() for _ in range(20)]
    desk.tell()
    assert sorted(event["data"]["id"] for event in listener.events()) == jobs


def test_it_is_asked_for_once_while_the_message_waits(desk: HookedDesk, listener: Listener) -> None:
    desk.told_by(hook_url=listener.url)
    desk.ended()
    assert desk.tick(there=[]).notify
    assert not desk.tick(there=["dispatcher.notify"]).notify
    assert desk.tick(there=[]).notify, "the message was lost"
    assert not desk.tick(there=[], is_all=False).notify
    assert desk.tick(61.0, there=[], is_all=False).notify, "nobody can see whether it was"


def test_a_clock_that_goes_a_little_ahead_elsewhere_does_not_have_the_last_pause_left_out(
    desk: HookedDesk, listener: Listener
) -> None:
    listener.statuses = [500] * MOST_TRIES
    desk.told_by(hook_url=listener.url)
    desk.ended()
    desk.tell()
    for pause in PAUSES[:-1]:
        desk.deliver(pause)
    desk.now -= 10.0
    assert not desk.tick().notify
    desk.deliver()
    assert len(listener.heard) == MOST_TRIES - 1


def test_a_clock_that_was_set_back_does_not_put_notices_off_for_ever(desk: HookedDesk, listener: Listener) -> None:
    desk.now = 10 * 86_400.0
    listener.statuses = [500]
    desk.told_by(hook_url=listener.url)
    desk.ended()
    desk.tell()
    desk.now -= 9 * 86_400.0
    desk.tell()
    assert len(listener.heard) == 2
