"""Make the bucket that the settings name, if it is missing, and set its lifecycle.json; running it again does no harm.

On compose's own server (`--garage`) it also makes the keys of the owner and of the workers.
"""

import json
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from storage.objects.opening import open_store
from storage.objects.s3 import S3Store
from storage.settings import Settings

RULES = Path(__file__).with_name("lifecycle.json")
#: The only region that must not be named when a bucket is made in it.
NAMELESS_REGION = "us-east-1"


def rules_below(prefix: str) -> dict[str, Any]:
    """The lifecycle rules for objects below the prefix of VOICEFARM_OBJECTS_URL."""
    rules: dict[str, Any] = json.loads(RULES.read_text(encoding="utf-8"))
    for rule in rules["Rules"]:
        rule["Filter"]["Prefix"] = prefix + rule["Filter"]["Prefix"]
    return rules


def make_bucket(store: S3Store, region: str) -> None:
    """Create the bucket unless it exists."""
    try:
        store.client.head_bucket(Bucket=store.bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in {"404", "NoSuchBucket"}:
            raise
        # Custom servers have their own regions, and accept no constraint.
        where: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        on_aws = store.client.meta.endpoint_url.endswith("amazonaws.com")
        store.client.create_bucket(Bucket=store.bucket, **(where if on_aws and region != NAMELESS_REGION else {}))


def main() -> None:
    """Prepare the bucket that the settings name."""
    settings = Settings.load()
    store = open_store(settings)
    if not isinstance(store, S3Store):
        sys.exit("VOICEFARM_OBJECTS_URL does not name a bucket; there is nothing to prepare")
    if "--garage" in sys.argv[1:]:
        # It is beside this file, and of no use elsewhere.
        import garage

        garage.prepare(store.bucket, settings.objects_access_key, settings.objects_secret_key)
    make_bucket(store, settings.objects_region)
    store.client.put_bucket_lifecycle_configuration(
        Bucket=store.bucket,
        LifecycleConfiguration=rules_below(store.prefix),  # type: ignore[arg-type]
    )
    sys.stdout.write(f"bucket {store.bucket} is ready\n")


if __name__ == "__main__":
    main()
