import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.tiles import cut, tile_starts


@given(st.integers(-1000, 10**6), st.integers(0, 5000), st.integers(1, 700))
def test_tiles_follow_one_another_and_cover_the_wanted_frames(first: int, count: int, tile: int) -> None:
    starts = tile_starts(first, first + count, tile)
    covered = [frame for start in starts for frame in range(start, start + tile)]
    assert covered[:count] == list(range(first, first + count))
    assert len(covered) < count + tile


@given(
    st.integers(1, 60),
    st.lists(st.integers(-80, 120), min_size=1, max_size=5),
    st.integers(1, 50),
    st.sampled_from([(), (3,)]),
)
def test_a_stretch_holds_the_track_where_there_is_one_and_zeros_beyond_its_ends(
    frames: int, starts: list[int], length: int, width: tuple[int, ...]
) -> None:
    track = np.arange(1, 1 + frames * int(np.prod(width)), dtype=np.float32).reshape(frames, *width)
    stretches = cut(track, starts, length)
    assert stretches.shape == (len(starts), length, *width)
    assert stretches.dtype == track.dtype
    for stretch, start in zip(stretches, starts, strict=True):
        for n, frame in enumerate(stretch):
            inside = 0 <= start + n < frames
            np.testing.assert_array_equal(frame, track[start + n] if inside else np.zeros(width))


def test_whole_numbers_stay_whole() -> None:
    assert cut(np.arange(4, dtype=np.int64), [1], 2).dtype == np.int64
