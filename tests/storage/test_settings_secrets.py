"""Passwords stay where they belong."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.settings import Settings, redacted

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:s3cr3t@host:6379/0", "redis://:***@host:6379/0"),
        ("redis://user:s3cr3t@host/0", "redis://user:***@host/0"),
        ("rediss://:s3cr3t@[2001:db8::1]:6379/0", "rediss://:***@[2001:db8::1]:6379/0"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://[::1]/0", "redis://[::1]/0"),
        ("redis://user@host/0", "redis://user@host/0"),
        ("redis+socket:///run/redis.sock?password=s3cr3t", "redis+socket:///run/redis.sock"),
        ("sentinel://:s3cr3t@one:26379;two:26379", "sentinel://:***@one:26379;two:26379"),
        ("postgresql://u:s3cr3t@host/db", "postgresql://u:***@host/db"),
        ("postgresql+psycopg://u:s3cr3t@host:5432/db?sslmode=require", "postgresql+psycopg://u:***@host:5432/db"),
        ("postgresql://host/db?user=u&password=s3cr3t", "postgresql://host/db"),
        ("postgresql:///db?host=/run/p@th&password=s3cr3t", "postgresql:///db"),
        ("sqlite:////home/me@work/records.sqlite3", "sqlite:////home/me@work/records.sqlite3"),
        ("s3cr3t", "(set)"),
        ("", ""),
    ],
)
def test_only_the_password_of_a_url_is_hidden(url: str, shown: str) -> None:
    assert redacted(url) == shown


@pytest.mark.parametrize("between", ["/", "@", ":", "#", "%", "[", "]", "%40", "\\", " ", "\n", "ü", "//", "://"])
@pytest.mark.parametrize("user", ["", "user"])
def test_no_character_in_a_password_lets_it_slip_through(user: str, between: str) -> None:
    shown = redacted(f"redis://{user}:{SECRET}{between}{SECRET}@host:6379/0")
    assert shown == f"redis://{user}:***@host:6379/0"


def test_where_a_password_may_be_anywhere_nothing_is_shown() -> None:
    assert redacted(f"redis://:{SECRET}?{SECRET}@host") == "redis://***"
    assert redacted(f"postgresql://host/db?password={SECRET}@{SECRET}") == "postgresql://***"


@given(st.text(min_size=1))
def test_no_password_slips_through(filling: str) -> None:
    assert SECRET not in redacted(f"amqp://user:{SECRET}{filling}{SECRET}@host/")
    assert SECRET not in redacted(f"postgresql://host/db?password={SECRET}{filling}{SECRET}")


@pytest.mark.parametrize("secret", [SECRET, f"key:{SECRET}", f"x://{SECRET}", f"x:///{SECRET}", f"a@b:{SECRET}"])
def test_no_secret_is_ever_shown(secret: str) -> None:
    hidden = [f.name for f in fields(Settings) if f.metadata["secret"]]
    urls = {"broker_url": f"redis://:{SECRET}@host", "database_url": f"postgresql://u:{SECRET}@host/db"}
    settings = Settings(**{name: urls.get(name, secret) for name in hidden})  # type: ignore[arg-type]
    shown = settings.shown()
    assert SECRET not in str(shown)
    assert SECRET not in repr(settings)
    assert all(shown[name] for name in hidden), "that they are set is shown"


def test_all_that_is_no_secret_is_shown() -> None:
    shown = Settings(workers=7, tags="studio-a").shown()
    assert shown["workers"] == "7"
    assert shown["tags"] == "studio-a"
    assert shown["objects_secret_key"] == ""
