"""A worker of another release: `python -m tests.farm.other_release` takes the command line of voicefarm.

Its engines have an older version; its messages have a field that this release does not know, and lack those that
the previous release did not have.
"""

from dataclasses import asdict

from dispatcher.cli.main import main
from testing.chaos.other_version import be_other
from workers.wire.messages import Json, Message

#: Fields that messages did not have in the previous release.
NEW = frozenset({"version", "readable_from", "serial", "kind"})


def of_before(message: Message) -> Json:
    """A message as the previous release sent it, with an extra field of its own."""
    return {**{name: value for name, value in asdict(message).items() if name not in NEW}, "colour": "blue"}


if __name__ == "__main__":
    be_other()
    Message.to_json = of_before  # type: ignore[method-assign, assignment]
    main()
