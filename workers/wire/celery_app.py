"""The Celery app of the farm: transport, queues and the settings that make it dependable."""

from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from storage.settings import Settings
from workers.wire import transport
from workers.wire.routes import DESK_QUEUE, HEARTBEAT_QUEUE, REPORT_QUEUE, SPLIT_QUEUE, STITCH_QUEUE

#: Seconds after which Redis redelivers a message that was not acknowledged. Only a backstop, longer than any task:
#: heartbeats show long before that a worker has died, and its work is handed out again from the SQL records.
VISIBILITY_TIMEOUT = 6 * 3600
#: Every queue on the dispatcher's side.
DISPATCHER_QUEUES = (DESK_QUEUE, REPORT_QUEUE, HEARTBEAT_QUEUE, SPLIT_QUEUE, STITCH_QUEUE)
#: Delayed messages that a process may hold; nothing on a farm sends any (workers/wire/transport.py).
MOST_DELAYED = 100
#: Seconds after which a dead broker connection is noticed.
SOCKET_TIMEOUT = 30


def named_queue(name: str) -> Queue:
    """A queue reached by its name alone: the default exchange needs no binding, so Redis cannot lose one."""
    return Queue(name, Exchange(""), routing_key=name)


def build_app(settings: Settings) -> Celery:
    """An app for these settings; it connects only once it is used."""
    transport.use_for_redis()
    app = Celery("voicefarm", set_as_current=True)
    app.conf.update(_configuration(settings))
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": settings.resolved_broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A broker that refuses, for example because it is full, is tried again.
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_TIMEOUT,
            "global_keyprefix": settings.broker_prefix,
            "socket_timeout": SOCKET_TIMEOUT,
            "socket_connect_timeout": 5,
            # A Unix socket has no keepalive.
            "socket_keepalive": not settings.is_embedded,
            "health_check_interval": 10,
        },
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_eta_task_limit": MOST_DELAYED,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_create_missing_queues": False,
        "task_default_queue": DESK_QUEUE,
        "task_queues": [named_queue(name) for name in DISPATCHER_QUEUES],
        "worker_send_task_events": True,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "event_queue_expires": 60.0,
        "control_queue_expires": 60.0,
    }
