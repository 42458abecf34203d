"""A folder of devices, and the comparison of all that are in it."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from dispatcher.benchmarks.comparison import Comparison, comparison_of
from dispatcher.benchmarks.documents import COMPARISON, written
from dispatcher.benchmarks.folder import device_folders, read_folder
from dispatcher.benchmarks.table import PICTURE, table_of
from dispatcher.jobs.whole_file import whole_file

#: The comparison for people.
PAGE = "comparison.md"


def compare_together(places: Sequence[Path], target: Path) -> Comparison:
    """Compare all devices in some folders, wherever they were measured, and write the comparison into one."""
    measured = {place.name: read_folder(place) for place in device_folders(tuple(places))}
    comparison = comparison_of(measured)
    can_draw = find_spec("matplotlib") is not None and any(one.realtime for one in comparison.devices)
    if can_draw:
        from dispatcher.benchmarks.picture import draw_comparison

        draw_comparison(comparison, measured, target / PICTURE)
    for name, content in (
        (COMPARISON, written(comparison)),
        (PAGE, table_of(comparison, has_picture=can_draw).encode()),
    ):
        with whole_file(target / name) as path:
            path.write_bytes(content)
    return comparison
