"""The work to be done, its undisturbed results, and running farms of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.chaos.kinds import EMBEDDED, SERVERS
from testing.chaos.servers import embedded_ground, server_ground
from testing.chaos.settings import CHAOS
from testing.chaos.standing import StandingFarm, standing_farm
from testing.chaos.undisturbed import undisturbed_results
from testing.chaos.work import Made, Work, add_paced_voices


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return Work.made_in(tmp_path_factory.mktemp("chaos") / "recordings")


@pytest.fixture(scope="session")
def undisturbed(work: Work, tmp_path_factory: pytest.TempPathFactory) -> dict[Made, str]:
    return undisturbed_results(tmp_path_factory.mktemp("chaos") / "undisturbed", work, **CHAOS)


@pytest.fixture(params=[EMBEDDED, SERVERS])
def farm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StandingFarm]:
    """A running farm; its servers are shared by all tests."""
    if request.param == SERVERS:
        found = [request.getfixturevalue(name) for name in ("redis_server", "postgres_server", "s3_server")]
        made = server_ground(tmp_path, *found, **CHAOS)
    else:
        made = embedded_ground(tmp_path, **CHAOS)
    with made as ground, standing_farm(ground, tmp_path) as standing:
        add_paced_voices(standing.database)
        yield standing
