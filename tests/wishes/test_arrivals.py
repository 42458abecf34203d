"""A file of a watched folder counts once it has come to rest."""

from pathlib import Path

from dispatcher.wishes.arrivals import Arrivals, Look, look_at

A, B = Path("a.wav"), Path("b.wav")


def test_a_file_is_taken_once_it_has_kept_its_size_and_time() -> None:
    arrivals = Arrivals(5.0)
    assert arrivals.complete({A: Look(10, 1)}, 0.0) == []
    assert arrivals.complete({A: Look(20, 2)}, 4.0) == []
    assert arrivals.complete({A: Look(20, 2)}, 8.0) == []
    assert arrivals.rested(A, 8.0) == 4.0
    assert arrivals.complete({A: Look(20, 2), B: Look(1, 1)}, 9.0) == [A]
    assert arrivals.complete({A: Look(20, 2), B: Look(1, 1)}, 100.0) == [B]


def test_each_state_of_a_file_is_taken_once() -> None:
    arrivals = Arrivals(1.0)
    arrivals.complete({A: Look(10, 1)}, 0.0)
    assert arrivals.complete({A: Look(10, 1)}, 1.0) == [A]
    assert arrivals.complete({A: Look(10, 1)}, 2.0) == []
    # Replaced by another of the same size.
    assert arrivals.complete({A: Look(10, 2)}, 3.0) == []
    assert arrivals.complete({A: Look(10, 2)}, 4.0) == [A]
    # Moved away, and a file of the same kind put in its place.
    assert arrivals.complete({}, 5.0) == []
    assert arrivals.complete({A: Look(10, 2)}, 6.0) == []
    assert arrivals.complete({A: Look(10, 2)}, 7.0) == [A]


def test_what_could_not_be_taken_comes_again() -> None:
    arrivals = Arrivals(1.0)
    arrivals.complete({A: Look(10, 1)}, 0.0)
    assert arrivals.complete({A: Look(10, 1)}, 1.0) == [A]
    arrivals.again([A, B])
    assert arrivals.complete({A: Look(10, 1)}, 1.1) == [A]


def test_an_empty_file_is_waited_for() -> None:
    arrivals = Arrivals(1.0)
    arrivals.complete({A: Look(0, 1)}, 0.0)
    assert arrivals.complete({A: Look(0, 1)}, 50.0) == []


def test_files_that_vanish_between_two_looks_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    assert list(look_at([tmp_path / "a.wav", tmp_path / "gone.wav"])) == [tmp_path / "a.wav"]
