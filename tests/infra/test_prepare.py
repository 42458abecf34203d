"""infra/s3/prepare.py against a fake S3."""

from collections.abc import Iterator
from importlib import util
from types import ModuleType

import pytest
from moto import mock_aws

from storage.objects.opening import open_store
from storage.objects.s3 import S3Store
from storage.settings import Settings
from tests.infra.places import INFRA


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    spec = util.spec_from_file_location("prepare", INFRA / "s3/prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    settings = {"URL": "s3://farm/studio", "REGION": "eu-west-1", "ACCESS_KEY": "a", "SECRET_KEY": "b"}
    for name, value in settings.items():
        monkeypatch.setenv(f"VOICEFARM_OBJECTS_{name}", value)
    with mock_aws():
        store = open_store(Settings.load())
        assert isinstance(store, S3Store)
        yield store


def test_the_bucket_is_made_once_and_gets_its_rules(prepare: ModuleType, store: S3Store) -> None:
    prepare.main()
    prepare.main()
    rules = store.client.get_bucket_lifecycle_configuration(Bucket="farm")["Rules"]
    expiring = {r["Filter"]["Prefix"]: r["Expiration"]["Days"] for r in rules if "Expiration" in r}
    assert set(expiring) == {"studio/atoms/", "studio/converted/", "studio/heard/", "studio/doctor/"}
    assert any(r.get("AbortIncompleteMultipartUpload") == {"DaysAfterInitiation": 1} for r in rules)


def test_the_bucket_keeps_objects_longer_than_the_farms_own_sweep(prepare: ModuleType) -> None:
    days = [
        r["Expiration"]["Days"] for r in prepare.rules_below("")["Rules"] if r["ID"] in {"atoms", "converted", "heard"}
    ]
    assert min(days) > Settings().keep_days
