"""Reports on their way to the dispatcher: bundled, and kept until the broker has accepted them."""

from collections.abc import Callable
from threading import Condition, Thread

from storage.errors import VoicefarmError
from workers.wire.messages import AtomOutcome, Json, LeaseReport

#: Seconds for which outcomes are gathered into one message: short next to a lease, long next to an atom on a GPU.
GATHER = 0.25
#: Seconds between tries while the broker is away.
RETRY = 1.0

Send = Callable[[Json], None]


class Outbox:
    """A thread that sends reports in order, however long the broker is away."""

    def __init__(self, incarnation: str, send: Send, delivered: Callable[[str], None]) -> None:
        self.incarnation = incarnation
        self.send = send
        self.delivered = delivered
        self.waiting: dict[str, list[AtomOutcome]] = {}
        self.over: set[str] = set()
        self.changed = Condition()
        self.sending = False
        self.closing = False
        self.thread = Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self.thread.start()

    def tell(self, token: str, outcome: AtomOutcome) -> None:
        """Report that an atom of a lease has ended."""
        with self.changed:
            self.waiting.setdefault(token, []).append(outcome)
            self.changed.notify_all()

    def end(self, token: str) -> None:
        """Report that the worker is done with a lease."""
        with self.changed:
            self.waiting.setdefault(token, [])
            self.over.add(token)
            self.changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until everything was delivered; False if the broker stayed away."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
            return self.changed.wait_for(lambda: not self.waiting and not self.sending, seconds)

    def _run(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.waiting)
                if not self.over and not self.closing:
                    self.changed.wait_for(lambda: self.over or self.closing, GATHER)
                reports = [LeaseReport(t, self.incarnation, tuple(o), t in self.over)
                           for t, o in self.waiting.items()]  # fmt: skip
                self.waiting.clear()
                self.over.clear()
                self.sending = True
            for report in reports:
                self._deliver(report)
            with self.changed:
                self.sending = False
                self.changed.notify_all()

    def _deliver(self, report: LeaseReport) -> None:
        while True:
            try:
                self.send(report.to_json())
                break
            except (VoicefarmError, OSError):
                with self.changed:
                    self.changed.wait_for(lambda: False, RETRY)
        if report.is_over:
            self.delivered(report.token)
