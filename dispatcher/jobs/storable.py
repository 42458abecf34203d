"""Names and titles in a form that every database can hold."""

import re

from dispatcher.reports.wording import printable


def storable(text: str) -> str:
    """The text without NULs, and with bytes that are not UTF-8 written as they are shown."""
    return re.sub("[\ud800-\udfff]", lambda found: printable(found[0]), text.replace("\0", ""))
