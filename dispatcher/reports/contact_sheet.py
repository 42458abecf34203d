"""A page on which the same stretch is heard in every combination of voices and settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from storage.printable import printable

#: Where there is no room for columns, a player goes below its take. Browsers let any number of players sound at once,
#: so the page stops the others.
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem;
  overflow-wrap: anywhere; }}
h1 {{ font-size: 1.5rem; line-height: 1.2; margin: 0 0 .5rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }}
td:last-child {{ padding-right: 0; width: 55%; }}
th {{ font-weight: 600; }}
tbody th {{ font-weight: inherit; }}
audio {{ display: block; width: 100%; height: 2.5rem; }}
.why {{ color: #a22; }}
@media (prefers-color-scheme: dark) {{ .why {{ color: #f99; }} }}
@media (max-width: 40rem) {{
  table, tbody, tr, td {{ display: block; }}
  td:last-child {{ width: auto; }}
  thead {{ display: none; }}
  tr {{ border-bottom: 1px solid #8884; padding: .6rem 0; }}
  tbody th, td {{ border: 0; padding: 0 0 .3rem; }}
  tbody th, td.settings {{ display: inline; margin-right: .6rem; }}
  tbody th {{ font-weight: 600; }}
}}
</style>
<main>
<h1>{title}</h1>
<p>{about}</p>
<table>
<thead><tr><th scope="col">voice<th scope="col">settings<th scope="col">listen
<tbody>
{rows}
</table>
</main>
<script>
addEventListener("play", event => {{
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}}, true);
</script>
"""


@dataclass(frozen=True, slots=True)
class Take:
    """One row: a voice and its settings, and the file beside the page or why there is none."""

    voice: str
    settings: str
    file: str | None
    why: str = ""


def contact_sheet(title: str, about: str, takes: Sequence[Take]) -> str:
    """The page as HTML; one player at a time sounds."""
    return _PAGE.format(title=_text(title), about=_text(about), rows="\n".join(map(_row, takes)))


def _row(take: Take) -> str:
    voice, settings = _text(take.voice), _text(take.settings)
    if take.file is None:
        heard = f'<span class="why">{_text(take.why)}</span>'
    else:
        # The lengths are read at once: players that know none show 0:00 until they are started.
        called = " ".join(filter(None, (voice, settings)))
        heard = f'<audio controls preload="metadata" aria-label="{called}" src="{_address(take.file)}"></audio>'
    return f'<tr><th scope="row">{voice}<td class="settings">{settings}<td>{heard}'


def _text(text: str) -> str:
    """As the page shows it; file names may hold bytes that are no text."""
    return escape(printable(text))


def _address(file: str) -> str:
    return escape(quote(file, errors="surrogateescape"))
