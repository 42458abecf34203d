"""docs/settings.md, made from the settings themselves. To regenerate it: `python -m tests.infra.settings_page`."""

from dataclasses import Field, fields
from typing import Any

from storage.settings import ENV_PREFIX, Settings
from tests.infra.places import DOCS

PAGE = DOCS / "settings.md"

HEAD = """\
# Settings

Every process of the farm reads `voicefarm.toml`, then the environment, which wins. The file is the one named by
`VOICEFARM_CONFIG`, else `voicefarm.toml` in the working folder, else `~/.config/voicefarm/voicefarm.toml`; it has lines
such as `lease_seconds = 15`. A name that is not in this table is an error, both in the file and after `VOICEFARM_` in
the environment.

A setting marked *secret* is never shown or logged; keep files that hold one readable only by their owner. Which
machine of a farm needs which setting is in [farm.md](farm.md).

| In voicefarm.toml | In the environment | Default | Meaning |
| --- | --- | --- | --- |
"""

TAIL = """\

Two variables are not settings: `VOICEFARM_CONFIG` names the file, and `VOICEFARM_DEBUG=1` shows where an error came
from, as `voicefarm --debug` does. A hook's command finds `VOICEFARM_EVENT`, `VOICEFARM_EVENT_ID`, `VOICEFARM_JOB` and
`VOICEFARM_BATCH` in its environment ([bulk.md](bulk.md#when-it-is-done)).
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(map(_row, fields(Settings))) + TAIL


def _row(setting: Field[Any]) -> str:
    written = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
    default = f"`{written}`" if written != "" else "empty"
    doc = str(setting.metadata["doc"]).replace("|", "\\|")
    secret = " *Secret.*" if setting.metadata["secret"] else ""
    return f"| `{setting.name}` | `{ENV_PREFIX}{setting.name.upper()}` | {default} | {_sentence(doc)}{secret} |\n"


def _sentence(doc: str) -> str:
    end = "" if doc.endswith(".") else "."
    return doc[0].upper() + doc[1:] + end


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
