"""Remote control of a node: the command that takes leases back, and the commands that a dispatcher obeys."""

from collections.abc import Callable
from typing import Any

from celery.worker.control import Panel, control_command

from workers.wire.routes import DROP_COMMAND
from workers.wire.rubbish import rubbish

#: Whoever in this process may hold leases; empty in a dispatcher, which receives the command as every process does.
HOLDERS: list[Callable[[list[str]], None]] = []
#: The farm sends no longer lists and no longer tokens.
MOST_TOKENS, LONGEST_TOKEN = 1_000, 32
#: What a dispatcher answers: questions from Celery and Flower, and commands that change nothing there. With any other
#: command, whoever may publish could silence it.
QUESTIONS = frozenset(
    {
        *(DROP_COMMAND, "enable_events", "heartbeat", "active", "active_queues", "clock", "conf", "hello", "ping"),
        *("query_task", "registered", "report", "reserved", "revoked", "scheduled", "stats"),
        *("dump_active", "dump_conf", "dump_reserved", "dump_revoked", "dump_schedule", "dump_tasks"),
    }
)


@control_command(name=DROP_COMMAND, args=[("tokens", list)])  # type: ignore[untyped-decorator, unused-ignore]
def drop_leases(state: Any, tokens: Any) -> dict[str, str]:  # noqa: ARG001 - Celery's own state
    """Drop leases that the dispatcher has cancelled or given to another worker."""
    if not isinstance(tokens, list) or len(tokens) > MOST_TOKENS or not all(map(_is_token, tokens)):
        rubbish.drop("command to drop invalid tokens", tokens)
        return {"error": "these are not tokens"}
    for drop in HOLDERS:
        drop(tokens)
    return {"ok": "dropped"}


def obey_questions_only() -> None:
    """Make this process ignore every command except questions."""
    for name in [name for name in Panel.data if name not in QUESTIONS]:
        del Panel.data[name]


def _is_token(token: object) -> bool:
    return isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN
