"""A worker measures what its own device brings, because somebody asked it by name."""

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event
from time import monotonic

import msgspec

from storage.errors import BadMessage, BrokerUnavailable, VoicefarmError
from storage.objects.opening import open_store
from storage.prices import Prices
from storage.settings import Settings
from workers.engines.capability import Capability
from workers.measuring.measuring import Plan, measured
from workers.wire.messages import MEASURING, Json, MeasuringOrder, MeasuringReport, Order, plain_error
from workers.wire.parent import end_with
from workers.wire.rubbish import rubbish
from workers.worker.presence import Presence

#: Seconds between two looks whether it is still wanted.
LOOK = 0.25
#: Seconds that it may take at the most: a slow processor takes a quarter of an hour for all of it.
LONGEST = 2 * 3600.0
#: Seconds that its process has to end by itself.
_TO_END = 10.0
#: Seconds between tries to report while the broker is away.
_RETRY = 1.0


class SelfMeasuring:
    """Measures in a process of its own, whose memory can be told, and which may die or be ended without harm."""

    def __init__(
        self,
        settings: Settings,
        capability: Capability,
        presence: Presence,
        incarnation: str,
        send: Callable[[Json], None],
        give_up: Event,
    ) -> None:
        self.settings = settings
        self.capability = capability
        self.presence = presence
        self.incarnation = incarnation
        self.send = send
        self.give_up = give_up

    def work(self, *arguments: object) -> None:
        """The body of its task; skips whatever is no such order, or is no longer wanted."""
        try:
            (message,) = arguments
            if Order.envelope(message).kind != MEASURING:
                raise BadMessage("an order of another kind came by a worker's own queue")  # noqa: TRY301
            order = MeasuringOrder.from_json(message)
        except (BadMessage, ValueError) as error:
            rubbish.drop("malformed order to measure", error)
            return
        if self.presence.was_dropped(order.token):
            return
        self.presence.begin_measuring(order.token)
        try:
            self._report(self._measured(order))
        finally:
            self.presence.end_measuring(order.token)

    def _measured(self, order: MeasuringOrder) -> MeasuringReport:
        """What was found, or why nothing was."""
        plan = Plan(
            self.capability, order.is_short, Prices.of(self.settings), frozenset(order.suites), self.presence.who.name
        )
        spawning = get_context("spawn")
        ours, theirs = spawning.Pipe(duplex=False)
        process = spawning.Process(
            target=measure_apart, args=(os.getpid(), self.settings, plan, theirs), name="measuring"
        )
        process.start()
        theirs.close()
        found = self._awaited(ours, order.token)
        if isinstance(found, str):
            process.terminate()
        process.join(_TO_END)
        if process.is_alive():
            process.kill()
            process.join()
        if isinstance(found, str):
            return MeasuringReport(order.token, self.incarnation, error=plain_error(found))
        return MeasuringReport(order.token, self.incarnation, found)

    def _awaited(self, answer: Connection, token: str) -> Json | str:
        """The document, or a sentence where there is none."""
        began = monotonic()
        while not answer.poll(LOOK):
            if self.presence.must_stop(token):
                return "the worker was stopped, or nobody wanted the figures any more"
            if monotonic() - began > LONGEST:
                return f"it was not over after {LONGEST / 3600:.0f} hours, and was ended; look what holds the device up"
        try:
            found: Json | str = answer.recv()
        except EOFError:
            return "the process that measured died; see the worker's log, and how much memory the machine has left"
        return found

    def _report(self, report: MeasuringReport) -> None:
        """Tell it, however long the broker is away."""
        while True:
            try:
                self.send(report.to_json())
                return
            except (BrokerUnavailable, OSError):
                if self.give_up.wait(_RETRY):
                    return


def measure_apart(worker: int, settings: Settings, plan: Plan, answer: Connection) -> None:
    """What the other process does: send the document, or a sentence that says why there is none.

    It ends with its worker, whose number it is told: one that is killed at once is gone before anybody can ask.
    """
    # Made-up voices of hundreds of megabytes are removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with(worker)
    try:
        answer.send(msgspec.to_builtins(measured(plan, open_store(settings))))
    except Exception as error:  # noqa: BLE001 - whoever waits for the figures is to know why there are none
        answer.send(str(error) if isinstance(error, VoicefarmError) else f"{type(error).__name__}: {error}")
