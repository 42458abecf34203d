from dispatcher.reports.timeline import lay_out_bars
from dispatcher.reports.work import Span
from tests.reports.rows import attempt


def test_the_atoms_of_one_report_lie_back_to_back_up_to_its_end() -> None:
    bars = lay_out_bars([attempt(0, "a", "one", busy=1.0, id=1), attempt(1, "a", "one", busy=2.0, id=2)], set())
    told = [(bar.worker, bar.number, bar.kind, bar.span) for bar in bars]
    assert told == [("one", 0, "done", Span(1002.0, 1003.0)), ("one", 1, "done", Span(1003.0, 1005.0))]


def test_a_delayed_report_makes_room_for_what_came_after_it() -> None:
    bars = lay_out_bars(
        [
            attempt(0, "a", "one", busy=1.0, ended_at=1004.5, id=1),
            attempt(1, "b", "one", busy=2.0, ended_at=1006.0, id=2),
            attempt(2, "c", "two", busy=9.0, ended_at=1006.0, id=3),
        ],
        set(),
    )
    assert [bar.span for bar in bars] == [Span(1003.0, 1004.0), Span(1004.0, 1006.0), Span(997.0, 1006.0)]


def test_bars_show_how_their_work_ended() -> None:
    attempts = [
        attempt(n, token, "one", outcome, ended_at=1000.0 + n, id=n + 1)
        for n, (token, outcome) in enumerate(
            [("a", "done"), ("b", "done"), ("b", "late"), ("a", "failed"), ("a", "cached")]
        )
    ]
    assert [bar.kind for bar in lay_out_bars(attempts, {"b"})] == ["done", "copy", "late", "failed", "cached"]
