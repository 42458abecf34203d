"""From what people write for the beginning of a period to a moment."""

import re
from datetime import datetime

from storage.errors import InputError

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([mhdw])")


def moment_of(text: str, now: float) -> float:
    """The moment that `7d`, `12h`, `30m` or a date means; dates are local."""
    if length := _LENGTH.fullmatch(text.strip()):
        return now - float(length[1]) * _UNITS[length[2]]
    try:
        moment = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"'{text}' is no beginning of a period; write 7d, 12h, 30m or a date such as 2025-03-01"
        ) from error
    if moment >= now:
        raise InputError(f"{text} has not come yet; write a date in the past, or a length such as 7d")
    return moment
