"""Posting an event to a web server, which gets a limited time whatever it does."""

from collections.abc import Mapping
from http import HTTPStatus
from http.client import InvalidURL
from threading import Thread
from urllib.error import HTTPError

from dispatcher.hooks.outcome import DELIVERED, Outcome
from storage.objects.address import Address
from storage.objects.web import BROKEN, post, why_broken

#: Seconds for which a server may be silent.
SILENCE = 15.0
#: Seconds in all: one that says a letter now and then must not hold up others.
PATIENCE = 30.0


def post_event(
    address: Address, body: bytes, headers: Mapping[str, str], silence: float = SILENCE, patience: float = PATIENCE
) -> Outcome:
    """Post it; only an answer of 2xx is good, and 410 asks not to be told again."""
    found: list[Outcome] = []
    # Nothing else ends a look-up of a name, or an answer that comes letter by letter.
    trying = Thread(target=lambda: found.append(_posted(address, body, headers, silence)), name="hook", daemon=True)
    trying.start()
    trying.join(patience)
    return found[0] if found else Outcome(f"{_shown(address)}: no answer within {patience:g} s")


def _posted(address: Address, body: bytes, headers: Mapping[str, str], silence: float) -> Outcome:
    try:
        post(address, body, {"Content-Type": "application/json", **headers}, silence)
    except HTTPError as error:
        return Outcome(f"{_shown(address)}: {why_broken(error)}", is_final=error.code == HTTPStatus.GONE)
    except (ValueError, InvalidURL):
        return Outcome(f"{_shown(address)}: the address cannot be asked; check how it is written")
    except (*BROKEN, OSError) as error:
        return Outcome(f"{_shown(address)}: {why_broken(error)}")
    return DELIVERED


def _shown(address: Address) -> str:
    """The server alone: many put a secret into the path."""
    return f"{address.scheme}://{address.host}"
