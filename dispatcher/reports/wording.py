"""How lengths, speeds and amounts are shown to people."""


def shown_clock(whole: int) -> str:
    """Whole seconds as 1:02:03, with as many hours as it takes."""
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def shown_left(started_at: float | None, done: float, now: float) -> str:
    """Time left at the pace so far, given the share that is done; nothing where there is none yet."""
    if started_at is None or not 0.0 < done < 1.0:
        return ""
    return shown_clock(round((now - started_at) * (1.0 - done) / done))


def shown_duration(seconds: float | None) -> str:
    """A length such as 12.3 s or 1:02:03; nothing where it is not known."""
    if seconds is None:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return shown_clock(whole)


def shown_factor(factor: float | None) -> str:
    """A realtime factor such as 14.2x."""
    return "" if factor is None else f"{factor:.1f}x"


def shown_share(share: float | None) -> str:
    """A share such as 98.5 %."""
    return "" if share is None else f"{100 * share:.1f} %"


def shown_count(count: int) -> str:
    """A number, or nothing for none, so that what stands out is what happened."""
    return str(count) if count else ""


def shown_memory(megabytes: float) -> str:
    """Memory such as 312 MB or 3.1 GB."""
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1024:.1f} GB"


def shown_price(price: float | None) -> str:
    """A price, without its currency, which only its owner knows; more digits the smaller it is."""
    if price is None:
        return ""
    return f"{price:.2f}" if price >= 0.1 else f"{price:.2g}"
