"""Who needs a package: voices, models and jobs that are not over; one that nobody needs may go."""

from sqlalchemy import select

from dispatcher.models.storing import delete_package
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord, ModelRecord, VoiceRecord
from storage.records.states import ENDED_JOBS


def refuse_if_in_use(database: Database, content_hash: str, what: str) -> None:
    """Raise an InputError while a job that is not over needs the package."""
    with database.reading() as connection:
        rows = connection.execute(
            select(JobRecord.id, JobRecord.recipe).where(JobRecord.state.not_in(ENDED_JOBS)).order_by(JobRecord.id)
        ).all()
    job = next((row.id for row in rows if content_hash in row.recipe.values()), None)
    if job is not None:
        raise InputError(f"{what} is needed by job {job}; wait until it is over, or run `voicefarm cancel {job}`")


def delete_if_unused(database: Database, store: ObjectStore, content_hash: str) -> bool:
    """Remove the package from the object store unless a voice or a model still is it; whether it was removed."""
    with database.reading() as connection:
        models = set(connection.execute(select(ModelRecord.content_hash)).scalars())
        recipes = list(connection.execute(select(VoiceRecord.recipe)).scalars())
    if content_hash in models or any(content_hash in recipe.values() for recipe in recipes):
        return False
    delete_package(store, content_hash)
    return True
