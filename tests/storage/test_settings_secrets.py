"""Passwords are never shown."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from urllib.parse import quote, quote_plus

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
        ("redis://:s3cr3t", "redis://:***"),
        ("redis://user:s3cr3t/0", "redis://user:***"),
        ("redis:///:s3cr3t@host", "redis://***"),
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


def test_everything_but_secrets_is_shown() -> None:
    shown = Settings(workers=7, tags="studio-a").shown()
    assert shown["workers"] == "7"
    assert shown["tags"] == "studio-a"
    assert shown["objects_secret_key"] == ""


@pytest.mark.parametrize("name", ["objects_endpoint", "objects_url"])
def test_a_password_in_an_address_of_the_object_store_is_hidden(name: str) -> None:
    for place in (f"https://key:{SECRET}@s3.studio:9000", f"key:{SECRET}@s3.studio", f"s3://key:a/{SECRET}@bucket/a"):
        shown = Settings(**{name: place}).shown()[name]  # type: ignore[arg-type]
        assert shown
        assert SECRET not in shown
    for place in ("http://10.0.0.1:3900", "10.0.0.1:3900", "s3://bucket/studio/a"):
        assert Settings(**{name: place}).shown()[name] == place  # type: ignore[arg-type]


PASSWORD = "p/s:w@r#d?1 é"


@pytest.mark.parametrize("spelt", [str, quote, partial(quote, safe=""), quote_plus], ids=["raw", "/", "all", "plus"])
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("broker_url", "redis://:{}@host:6379/0"),
        ("broker_url", "rediss://user:{}@host"),
        ("database_url", "postgresql://u:{}@host/db"),
        ("database_url", "postgresql://host/db?user=u&password={}"),
        ("objects_endpoint", "https://key:{}@s3.studio"),
        ("objects_secret_key", "{}"),
        ("flower_password", "{}"),
    ],
)
def test_a_text_loses_every_secret_in_any_spelling(name: str, form: str, spelt: Callable[[str], str]) -> None:
    if "?" in form:
        spelt = quote_plus
    settings = Settings(**{name: form.format(spelt(PASSWORD))})  # type: ignore[arg-type]
    for seen in (PASSWORD, quote(PASSWORD, safe=""), quote_plus(PASSWORD), spelt(PASSWORD), f"<{spelt(PASSWORD)}>"):
        text = settings.hide_secrets(f"ValueError: {seen!r} is wrong")
        assert text.startswith("ValueError: ")
        assert text.endswith("' is wrong")
        for form_of_it in (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD)):
            assert form_of_it not in text


def test_a_part_of_a_password_mistaken_for_a_port_is_hidden_too() -> None:
    settings = Settings(broker_url=f"redis://:{SECRET}/x@host:6379/0", database_url=f"postgresql://u:a:{SECRET}@h/d")
    assert settings.hide_secrets(f"could not be cast to integer value as '{SECRET}'").endswith("as '***'")


def test_words_of_our_own_sentences_are_left_alone() -> None:
    said = "run `voicefarm db upgrade` with postgresql://user:password@host/name"
    settings = Settings(
        broker_url="redis://:abc@host", database_url="postgresql://voicefarm:voicefarm@h/d", state="/home/me@work"
    )
    assert settings.hide_secrets(said) == said
    assert Settings(objects_url="s3://bucket/a", objects_endpoint="host").hide_secrets("bucket host") == "bucket host"
