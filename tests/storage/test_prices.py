"""What machines cost: read from the settings, found by class, added up for work and energy."""

import pytest

from storage.errors import SettingsError
from storage.prices import NO_PRICES, Prices
from storage.settings import Settings


def prices(hour: str = "", kwh: str = "") -> Prices:
    return Prices.of(Settings(price_per_hour=hour, price_per_kwh=kwh))


def test_a_class_has_its_own_price_or_its_capabilitys_or_everybodys() -> None:
    some = prices("cuda.h200=3.20, cuda=1, 0.5")
    assert some.cost("cuda.h200", 3600.0) == pytest.approx(3.2)
    assert some.cost("cuda.l4", 1800.0) == pytest.approx(0.5)
    assert some.cost("cpu.epyc", 7200.0) == pytest.approx(1.0)


def test_without_a_price_nothing_is_said_and_a_price_of_nothing_is_one() -> None:
    assert NO_PRICES.cost("cpu.epyc", 3600.0) is None
    assert prices("cuda=3").cost("cpu.epyc", 3600.0) is None
    assert prices("cpu=0").cost("cpu.epyc", 3600.0) == 0.0
    assert prices() == NO_PRICES


def test_power_costs_as_much_as_is_drawn_where_that_is_known() -> None:
    some = prices("1", "0.40")
    assert some.cost("cuda.h200", 3600.0, 3.6e6) == pytest.approx(1.4)
    assert some.cost("cuda.h200", 3600.0) == pytest.approx(1.0)
    assert prices(kwh="0.40").cost("cuda.h200", 3600.0) is None
    assert prices(kwh="0.40").cost("cuda.h200", 3600.0, 7.2e6) == pytest.approx(0.8)


@pytest.mark.parametrize("text", ["much", "cuda=", "=3", "cuda=-1", "cuda=nan", "cuda=inf", "cuda=3;cpu=1", "1e999"])
def test_what_is_no_price_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsError, match="price_per_hour has"):
        prices(text)
