"""A page on which the same stretch is heard in every combination of voices and settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; vertical-align: middle; }}
th {{ font-weight: 600; }}
audio {{ width: 100%; min-width: 12rem; }}
.why {{ color: #b33; }}
</style>
<h1>{title}</h1>
<p>{about}</p>
<table>
<tr><th>voice<th>settings<th>listen
{rows}
</table>
"""


@dataclass(frozen=True, slots=True)
class Take:
    """One row: a voice and its settings, and the file beside the page or why there is none."""

    voice: str
    settings: str
    file: str | None
    why: str = ""


def contact_sheet(title: str, about: str, takes: Sequence[Take]) -> str:
    """The page as HTML; one player at a time sounds, as browsers have it."""
    rows = "\n".join(_row(take) for take in takes)
    return _PAGE.format(title=escape(title), about=escape(about), rows=rows)


def _row(take: Take) -> str:
    if take.file is None:
        heard = f'<span class="why">{escape(take.why)}</span>'
    else:
        heard = f'<audio controls preload="none" src="{escape(quote(take.file))}"></audio>'
    return f"<tr><td>{escape(take.voice)}<td>{escape(take.settings)}<td>{heard}"
