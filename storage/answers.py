"""Yes and no, as people write them in settings and manifests."""

_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def answer_in(value: object) -> bool | None:
    """Whether this says yes; None if it says neither."""
    told = str(value).strip().lower()
    return told in _YES if told in _YES | _NO else None
