"""A worker of another release: `python -m testing.chaos.other_version` takes the command line of voicefarm.

Its engines have a version that no job asks for, as if they made different samples.
"""

from dispatcher.cli.main import main
from workers.engines.catalog import engines

OTHER = "0"


def be_other() -> None:
    """Turn this process's engines into those of another release."""
    for engine in engines():
        engine.version = OTHER


if __name__ == "__main__":
    be_other()
    main()
