"""Commissions without a farm: what planning needs to know of a request."""

from collections.abc import Iterable
from pathlib import Path

from dispatcher.jobs.checking import CheckedRequest
from dispatcher.jobs.request import Request
from dispatcher.wishes.commissions import Commission
from dispatcher.wishes.sources import find_sources
from dispatcher.wishes.targets import Existing, Placing, Target, plan_targets
from dispatcher.wishes.wish import Wish
from storage.objects.address import Place


def commission(source: Place, voice: str = "deep", format_: str = "wav", folder: Path = Path()) -> Commission:
    checked = CheckedRequest(Request(voice), "world", {}, {}, (), 24_000, 24_000, format_)
    return Commission(Wish(source, checked.request, folder), checked)


def planned(
    sources: Iterable[Path], out: Path | None, format_: str = "wav", existing: Existing = Existing.KEEP_CURRENT
) -> list[Target]:
    """The targets of files and folders."""
    found = find_sources(sources).sources
    commissions = [commission(s.path, format_=format_, folder=s.folder) for s in found]
    return plan_targets(commissions, Placing(out, existing=existing))
