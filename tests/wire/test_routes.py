"""Workers that share a queue can do each other's work."""

from workers.wire.routes import class_of, convert_queue


def test_machines_share_a_queue_if_class_tags_and_engines_are_the_same() -> None:
    assert convert_queue("cpu.x", frozenset({"b", "a"}), {"world": "2", "rvc": "3"}) == convert_queue(
        "cpu.x", frozenset({"a", "b"}), {"rvc": "3", "world": "2"}
    )


def test_another_version_tag_engine_ability_or_class_is_another_queue() -> None:
    queues = {
        convert_queue("cpu.x", frozenset(), {"world": "2"}),
        convert_queue("cpu.x", frozenset(), {"world": "3"}),
        convert_queue("cpu.x", frozenset(), {"world": "2", "rvc": "3"}),
        convert_queue("cpu.x", frozenset({"studio-a"}), {"world": "2"}),
        convert_queue("cpu.y", frozenset(), {"world": "2"}),
        convert_queue("cpu.x", frozenset(), {"world": "2"}, frozenset({"rvc.bf16"})),
    }
    assert len(queues) == 6


def test_the_class_follows_from_its_queue() -> None:
    for tags in (frozenset[str](), frozenset({"studio-a", "fast"})):
        for versions in ({}, {"world": "2"}):
            assert class_of(convert_queue("cpu.amd-epyc", tags, versions)) == "cpu.amd-epyc"
