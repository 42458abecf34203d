"""One worker process: its lease task, its heartbeat and its reports, around one pipeline."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

from celery import Celery

from storage.errors import BadMessage
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.engines.capability import Capability
from workers.engines.packages import Packages
from workers.wire.messages import CONVERSION, MOST_TOGETHER, Bundle, ConversionOrder, Heartbeat, Json, Order
from workers.wire.routes import HEARTBEAT_QUEUE, HEARTBEAT_TASK, MEASURED_TASK, REPORT_QUEUE, REPORT_TASK, own_queue
from workers.wire.rubbish import rubbish
from workers.wire.sending import URGENT, send
from workers.wire.signing import Signer
from workers.worker.outbox import Outbox
from workers.worker.pipeline import Pipeline
from workers.worker.presence import Presence
from workers.worker.self_measuring import SelfMeasuring
from workers.worker.voices import LoadedVoices

#: Seconds after which a heartbeat that nobody took is thrown away, so that they do not pile up while no dispatcher
#: runs; long, because two machines' clocks measure it.
HEARTBEAT_EXPIRES = 600.0
#: Seconds that a worker waits at its end for a broker that is away, before it gives up on its last reports.
LAST_WORDS = 10.0


@dataclass(frozen=True, slots=True)
class NodeName:
    """A worker's name: its class and number on its host, as Flower and Prometheus show it."""

    machine_class: str
    number: int
    host: str

    def __str__(self) -> str:
        return f"{self.machine_class}-{self.number}@{self.host}"


class Node:
    """The parts of a worker process."""

    def __init__(
        self, app: Celery, settings: Settings, capability: Capability, name: NodeName, store: ObjectStore
    ) -> None:
        self.app = app
        self.capability = capability
        self.name = str(name)
        self.own_queue = own_queue(capability.queue, self.name)
        self.signer = Signer.of(settings)
        self.give_up = Event()
        self.incarnation = uuid4().hex
        packages = Packages.of(settings, store, self.give_up)
        voices = LoadedVoices(packages.folder, capability.device.capability)
        self.pipeline = Pipeline(
            store, voices, self.give_up, settings.transfers,
            near=settings.has_objects_here, keeps=settings.keep_features,
        )  # fmt: skip
        self.presence = Presence(self._introduction(name.host), self._send_heartbeat, every=settings.heartbeat_seconds)
        self.outbox = Outbox(self.incarnation, self._send_report, delivered=self.presence.release)
        self.measuring = SelfMeasuring(
            settings, capability, self.presence, self.incarnation, self._send_measured, self.give_up
        )

    def start(self) -> None:
        """Begin to send heartbeats and reports."""
        self.outbox.start()
        self.presence.start()

    def drain(self) -> None:
        """Finish the atom in hand and hand back the rest."""
        self.presence.drain()

    def close(self) -> None:
        """Send the last reports, then leave the farm."""
        self.give_up.set()
        self.outbox.drain(LAST_WORDS)
        self.presence.say_goodbye()

    def work(self, *arguments: object) -> None:
        """The body of the lease task; skips whatever is not an order or is no longer wanted."""
        try:
            (message,) = arguments
            if Bundle.is_one(message):
                bundle = Bundle.from_json(message)
                self._take(bundle.token, [(Order.envelope(one), one) for one in bundle.orders])
                return
            order = Order.envelope(message)
        except (BadMessage, ValueError) as error:
            rubbish.drop("malformed order", error)
            return
        self._take(order.token, [(order, message)])

    def _take(self, name: str, letters: Sequence[tuple[Order, object]]) -> None:
        """Work on the leases of one message, and say of each when it is over; skips what is no longer wanted."""
        if self.presence.was_dropped(name):
            return
        self.presence.take(name)
        tokens = [order.token for order, _ in letters]
        self.outbox.begin(name, tokens)
        try:
            understood = [found for order, message in letters if (found := _understood(order, message))]
            self.pipeline.run(understood, self.presence.must_stop, self.outbox.tell, self.outbox.end)
        finally:
            for token in tokens:
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
            most_leases=MOST_TOGETHER,
            own_queue=self.own_queue,
        )

    def _send_heartbeat(self, message: Json) -> None:
        signed = self.signer.signed(HEARTBEAT_TASK, message)
        send(
            self.app,
            HEARTBEAT_TASK,
            HEARTBEAT_QUEUE,
            signed,
            priority=URGENT,
            expires=HEARTBEAT_EXPIRES,
            told=self.name,
        )

    def _send_report(self, message: Json) -> None:
        signed = self.signer.signed(REPORT_TASK, message)
        said = f"{self.name}, lease {str(message['token'])[:8]}"
        send(self.app, REPORT_TASK, REPORT_QUEUE, signed, priority=URGENT, about=str(message["token"]), told=said)

    def _send_measured(self, message: Json) -> None:
        signed = self.signer.signed(MEASURED_TASK, message)
        said = f"what {self.name} brings"
        send(self.app, MEASURED_TASK, REPORT_QUEUE, signed, priority=URGENT, about=str(message["token"]), told=said)


def _understood(order: Order, message: object) -> ConversionOrder | None:
    """An order that this version understands; the lease of any other goes back unblamed."""
    if order.kind != CONVERSION:
        rubbish.drop("order of a kind that this version does not know", order.kind)
        return None
    try:
        return ConversionOrder.from_json(message)
    except BadMessage as error:
        rubbish.drop("order that is none", error)
        return None
