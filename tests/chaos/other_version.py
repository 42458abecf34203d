"""A worker of another release: `python -m tests.chaos.other_version` takes the command line of voicefarm.

Its engines have a version that no job asks for, and what they would make is not what this version makes.
"""

from dataclasses import replace

from dispatcher.cli.main import main
from workers.engines import through
from workers.engines.world import entry as world

OTHER = "0"


def be_other() -> None:
    """Turn this process's engines into those of another release."""
    through.FAMILY = replace(through.FAMILY, version=OTHER)
    world.FAMILY = replace(world.FAMILY, version=OTHER)


if __name__ == "__main__":
    be_other()
    main()
