"""One worker process: its lease task, its heartbeat and its reports, around one pipeline."""

import os
import socket
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

from celery import Celery

from storage.errors import BadMessage
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.capability import Capability
from workers.messages import Heartbeat, Json, LeaseOrder
from workers.outbox import Outbox
from workers.packages import Packages
from workers.pipeline import Pipeline
from workers.presence import Presence
from workers.routes import HEARTBEAT_QUEUE, HEARTBEAT_TASK, REPORT_QUEUE, REPORT_TASK
from workers.rubbish import rubbish
from workers.sending import URGENT, send
from workers.signing import Signer
from workers.voices import LoadedVoices

#: Seconds after which a heartbeat that nobody took is thrown away, so that they do not pile up while no dispatcher is
#: there; long, because it is measured by two clocks.
HEARTBEAT_EXPIRES = 600.0
#: Seconds that a worker which ends waits for a broker that is away before it gives its last reports up.
LAST_WORDS = 10.0


@dataclass(frozen=True, slots=True)
class NodeName:
    """How a worker is called: its class and number on its host, which Flower and Prometheus show."""

    machine_class: str
    number: int
    host: str

    def __str__(self) -> str:
        return f"{self.machine_class}-{self.number}@{self.host}"


class Node:
    """What a worker process consists of."""

    def __init__(
        self, app: Celery, settings: Settings, capability: Capability, name: NodeName, store: ObjectStore
    ) -> None:
        self.app = app
        self.capability = capability
        self.name = str(name)
        self.signer = Signer.of(settings)
        self.give_up = Event()
        self.incarnation = uuid4().hex
        packages = Packages.of(settings, store, self.give_up)
        self.pipeline = Pipeline(store, LoadedVoices(packages.folder, capability.device.capability), self.give_up)
        self.presence = Presence(self._introduction(name.host), self._send_heartbeat, every=settings.heartbeat_seconds)
        self.outbox = Outbox(self.incarnation, self._send_report, delivered=self.presence.release)

    def start(self) -> None:
        """Show up on the farm."""
        self.outbox.start()
        self.presence.start()

    def drain(self) -> None:
        """Finish the atom in hand and hand back the rest."""
        self.presence.drain()

    def close(self) -> None:
        """Send what is left to say, then leave."""
        self.give_up.set()
        self.outbox.drain(LAST_WORDS)
        self.presence.say_goodbye()

    def convert(self, *arguments: object) -> None:
        """The lease task's body. What is no order, or is no longer wanted, is passed over."""
        try:
            (message,) = arguments
            order = LeaseOrder.from_json(message)
        except (BadMessage, ValueError) as error:
            rubbish.drop("order that is none", error)
            return
        token = order.token
        if self.presence.was_dropped(token):
            return
        self.presence.take(token)
        try:
            if not self.presence.must_stop(token):
                self.pipeline.run(
                    order, lambda: self.presence.must_stop(token), lambda outcome: self.outbox.tell(token, outcome)
                )
        finally:
            self.outbox.end(token)

    def _introduction(self, host: str) -> Heartbeat:
        capability = self.capability
        return Heartbeat(
            incarnation=self.incarnation,
            name=self.name,
            queue=capability.queue,
            capability=capability.device.capability,
            device=capability.device.label[:200],
            offers=tuple(sorted(capability.offers)),
            engines=capability.engines,
            host=host,
            pid=os.getpid(),
            state="ready",
            holding=(),
            memory_mb=0.0,
        )

    def _send_heartbeat(self, message: Json) -> None:
        signed = self.signer.signed(HEARTBEAT_TASK, message)
        send(self.app, HEARTBEAT_TASK, HEARTBEAT_QUEUE, signed, priority=URGENT, expires=HEARTBEAT_EXPIRES)

    def _send_report(self, message: Json) -> None:
        signed = self.signer.signed(REPORT_TASK, message)
        send(self.app, REPORT_TASK, REPORT_QUEUE, signed, priority=URGENT, about=str(message["token"]))


def host_name() -> str:
    """The short name of the machine."""
    return socket.gethostname().partition(".")[0] or "localhost"
