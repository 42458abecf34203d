"""What a farm decides of a job that leaves the precision to it."""

from typing import Any

import pytest

from dispatcher.feed.deciding import best_way
from dispatcher.feed.views import ClassView
from workers.engines.catalog import engine

RVC = engine("rvc")
NEEDS = frozenset({"rvc.v2"})


def machines(name: str, *halves: str, speed: float | None = None, slots: int = 1) -> ClassView:
    offers = NEEDS | {name.split(".", maxsplit=1)[0], *(f"rvc.{half}" for half in halves)}
    return ClassView(f"convert.{name}", offers, slots, {} if speed is None else {"rvc": speed})


H200 = machines("cuda.h200", "bf16", "fp16")
MAC = machines("mlx.m3-max", "fp16", slots=4)
TURING = machines("cuda.t4", "fp16")
NEW = machines("cpu.new", "bf16")
OLD = machines("cpu.old")


def chosen(*classes: ClassView, needs: frozenset[str] = NEEDS) -> str | None:
    way = best_way(RVC, RVC.ways(RVC.checked_settings({})), needs, classes)
    return None if way is None else str(way.settings["precision"])


@pytest.mark.parametrize(
    ("farm", "precision"),
    [
        ([H200], "bf16"),
        ([TURING], "fp16"),
        ([MAC], "fp16"),
        ([NEW], "bf16"),
        ([OLD], "fp32"),
        ([H200, MAC], "fp16"),
        ([H200, OLD], "bf16"),
        ([NEW, OLD], "fp32"),
        ([machines("cpu.new", "bf16", speed=5.0), machines("cpu.old", speed=1.1, slots=2)], "bf16"),
        ([machines("cpu.new", "bf16", speed=3.0), machines("cpu.old", speed=1.1, slots=2)], "fp32"),
        ([machines("cuda.h200", "bf16", "fp16", speed=900.0), machines("cpu.old", speed=1.1, slots=40)], "bf16"),
    ],
)
def test_the_precision_is_the_one_in_which_the_farm_is_fastest(farm: list[ClassView], precision: str) -> None:
    assert chosen(*farm) == precision
    assert chosen(*reversed(farm)) == precision


def test_machines_that_lack_something_else_have_no_say() -> None:
    assert chosen(H200, OLD, needs=NEEDS | {"cpu"}) == "fp32"
    assert chosen(H200, MAC, needs=NEEDS | {"cuda"}) == "bf16"
    assert chosen(H200, MAC, needs=NEEDS | {"studio-a"}) is None
    assert chosen() is None


@pytest.mark.parametrize(
    ("asked", "needs"),
    [
        ({}, set()),
        ({"precision": "fp32"}, set()),
        ({"quality": "quality"}, set()),
        ({"precision": "bf16"}, {"rvc.bf16"}),
    ],
)
def test_only_half_precision_is_more_than_every_machine_has(asked: dict[str, Any], needs: set[str]) -> None:
    settings = RVC.checked_settings(asked)
    assert RVC.needs(settings) == needs
    assert bool(RVC.ways(settings)) == (settings["precision"] == "auto")
    assert all(way.settings == settings | {"precision": way.settings["precision"]} for way in RVC.ways(settings))
