"""Reports on their way to the dispatcher: gathered, and kept until the broker has accepted them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread

from storage.errors import VoicefarmError
from workers.wire.messages import AtomOutcome, BundleReport, Json, LeaseReport

#: Seconds for which outcomes are gathered into one message: short next to a lease, long next to an atom on a GPU.
GATHER = 0.25
#: Seconds between tries while the broker is away.
RETRY = 1.0

Send = Callable[[Json], None]


@dataclass(slots=True)
class _Taken:
    """The leases of one message that the dispatcher does not yet know to be over, and what is to be told of them."""

    open: set[str]
    is_bundle: bool
    news: dict[str, list[AtomOutcome]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def report(self, name: str, incarnation: str) -> LeaseReport | BundleReport:
        """All that is new."""
        reports = [LeaseReport(token, incarnation, tuple(outcomes), token in self.ended)
                   for token, outcomes in self.news.items()]  # fmt: skip
        return BundleReport(name, incarnation, tuple(reports)) if self.is_bundle else reports[0]


class Outbox:
    """A thread that sends reports in order, however long the broker is away."""

    def __init__(self, incarnation: str, send: Send, delivered: Callable[[str], None]) -> None:
        self.incarnation = incarnation
        self.send = send
        self.delivered = delivered
        self.taken: dict[str, _Taken] = {}
        """By the name of the message: its bundle's, or its only lease's."""
        self.name_of: dict[str, str] = {}
        """The message that brought a lease."""
        self.changed = Condition()
        self.sending = False
        self.closing = False
        self.thread = Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self.thread.start()

    def begin(self, name: str, tokens: Sequence[str]) -> None:
        """Leases have come in a message; `name` is the bundle's, or the lease's own where it came alone."""
        with self.changed:
            self.taken[name] = _Taken(set(tokens), is_bundle=tuple(tokens) != (name,))
            self.name_of.update(dict.fromkeys(tokens, name))

    def tell(self, token: str, outcome: AtomOutcome) -> None:
        """Report that an atom of a lease has ended."""
        with self.changed:
            self.taken[self.name_of[token]].news.setdefault(token, []).append(outcome)
            self.changed.notify_all()

    def end(self, token: str) -> None:
        """Report that the worker is done with a lease; to be said once or more often."""
        with self.changed:
            taken = self.taken.get(self.name_of.get(token, ""))
            if taken is None or token not in taken.open:
                return
            taken.open.discard(token)
            taken.ended.add(token)
            taken.news.setdefault(token, [])
            self.changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until everything was delivered; False if the broker stayed away."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
            return self.changed.wait_for(lambda: not self._has_news() and not self.sending, seconds)

    def _has_news(self) -> bool:
        return any(taken.news for taken in self.taken.values())

    def _is_urgent(self) -> bool:
        """Whether a message's leases are all over, so that more work can come."""
        return self.closing or any(not taken.open for taken in self.taken.values())

    def _run(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(self._has_news)
                self.changed.wait_for(self._is_urgent, GATHER)
                reports = [self._gathered(name) for name in list(self.taken) if self.taken[name].news]
                self.sending = True
            for name, report, is_over in reports:
                self._deliver(report)
                if is_over:
                    self.delivered(name)
            with self.changed:
                self.sending = False
                self.changed.notify_all()

    def _gathered(self, name: str) -> tuple[str, LeaseReport | BundleReport, bool]:
        """What is new of the leases of a message, and whether that is the last of it."""
        taken = self.taken[name]
        report = taken.report(name, self.incarnation)
        for token in taken.ended:
            del self.name_of[token]
        taken.news.clear()
        taken.ended.clear()
        if not taken.open:
            del self.taken[name]
        return name, report, not taken.open

    def _deliver(self, report: LeaseReport | BundleReport) -> None:
        while True:
            try:
                self.send(report.to_json())
                return
            except (VoicefarmError, OSError):
                with self.changed:
                    self.changed.wait_for(lambda: False, RETRY)
