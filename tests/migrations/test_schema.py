"""The migrations lead to exactly the tables that the models describe."""

from migrations.running import upgrade
from storage.records.database import REVISION, Database
from storage.records.schema import Record
from tests.migrations.tables import differences, indexes, names, revisions


def test_the_program_is_written_for_the_newest_revision(empty: Database) -> None:
    assert revisions()[-1] == REVISION
    upgrade(empty)
    assert empty.revision() == REVISION
    empty.require_revision()


def test_revisions_can_be_told_apart_by_age() -> None:
    assert revisions() == sorted(revisions()), "require_revision compares them as text"


def test_the_tables_are_those_of_the_models(empty: Database) -> None:
    upgrade(empty)
    assert names(empty) == set(Record.metadata.tables)
    assert differences(empty) == []


def test_a_difference_from_the_models_is_noticed(empty: Database) -> None:
    upgrade(empty)
    with empty.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE farm ADD COLUMN added INTEGER")
        connection.exec_driver_sql("DROP INDEX attempts_by_job")
    assert sorted(str(difference[0]) for difference in differences(empty)) == ["add_index", "remove_column"]


def test_the_indexes_are_those_of_the_models_with_their_conditions(empty: Database) -> None:
    upgrade(empty)
    kind = empty.engine.dialect.name
    with empty.reading() as connection:
        migrated = indexes(connection, kind)
    with empty.writing() as connection:
        Record.metadata.drop_all(connection)
        Record.metadata.create_all(connection)
        modelled = indexes(connection, kind)
    assert migrated == modelled
    assert any("WHERE" in definition for definition in migrated)
