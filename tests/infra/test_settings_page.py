from tests.infra.settings_page import PAGE, page


def test_the_page_matches_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "docs/settings.md does not match storage/settings.py; regenerate it: python -m tests.infra.settings_page"
    )
