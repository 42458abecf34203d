"""The languages of tracks in QuickTime files, which have the older of the two codes that some languages have."""

_OLDER = {
    "bod": "tib", "ces": "cze", "cym": "wel", "deu": "ger", "ell": "gre", "eus": "baq", "fas": "per", "fra": "fre",
    "hye": "arm", "isl": "ice", "kat": "geo", "mkd": "mac", "mri": "mao", "msa": "may", "mya": "bur", "nld": "dut",
    "ron": "rum", "slk": "slo", "sqi": "alb", "zho": "chi",
}  # fmt: skip


def language_in(format_: str, language: str) -> str:
    """How a film of this format calls a language."""
    return _OLDER.get(language, language) if format_ == "mov" else language
