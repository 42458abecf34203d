"""Watches children that read bad input, and finds the input that killed one or made it hang."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Thread
from typing import IO

import psutil

from dispatcher.local.embedded import threads
from testing.fuzz.child import told
from testing.fuzz.verdict import Ending, Verdict

#: Seconds of processor time, and seconds by the clock on a busy machine, after which an input counts as endless.
PROCESSOR_LIMIT, CLOCK_LIMIT = 10.0, 60.0
#: Seconds between two checks of a silent child.
_LOOK = 0.5
_ROOT = Path(__file__).resolve().parents[2]
_TAIL = 3_000  # characters kept of what a dead child wrote
#: How Python's message about where it died begins.
_DEATH = "Fatal Python error: "


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input: its number, or the path of its file."""

    task: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Watch:
    """Judges inputs of one door in children."""

    door: str
    seeds: Path
    seed: int = 0

    def judge(self, tasks: Sequence[str]) -> Iterator[Outcome]:
        """One outcome for each, in order; after an input that kills a child, a fresh one continues."""
        left = list(tasks)
        while left:
            done: list[str] = []
            for outcome in self._judge_in_one(left):
                done.append(outcome.task)
                crashed = outcome.verdict.ending is Ending.CRASH
                yield self._narrowed(outcome, done[:-1]) if crashed else outcome
            left = left[len(done) :]

    def _narrowed(self, crash: Outcome, before: list[str]) -> Outcome:
        """Try it alone, then after more and more of the inputs before it, which may have corrupted memory."""
        how = "not seen again"
        for behind in _ever_more(before):
            if any(again.verdict.ending is Ending.CRASH for again in self._judge_in_one([*behind, crash.task])):
                how = f"after {', '.join(behind)}" if behind else "alone"
                break
        return Outcome(crash.task, Verdict(Ending.CRASH, f"{crash.verdict.said} ({how})"))

    def _judge_in_one(self, tasks: Sequence[str]) -> Iterator[Outcome]:
        """Outcomes as far as one child gets."""
        with (
            TemporaryDirectory(prefix="voicefarm-fuzz-") as scratch,
            TemporaryFile("w+") as noise,
            _started(self, scratch, noise) as child,
        ):
            try:
                yield from _Conversation(child, noise).held(tasks)
            finally:
                child.kill()


def _ever_more(before: list[str]) -> Iterator[list[str]]:
    """None of them, then the last one, two, four, and so on up to all."""
    yield []
    size = 1
    while before and size < 2 * len(before):
        yield before[max(0, len(before) - size) :]
        size *= 2


def _started(watch: Watch, scratch: str, noise: IO[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "testing.fuzz.child", watch.door, str(watch.seeds), str(watch.seed)], cwd=_ROOT,
        # A killed child cannot tidy up, so its files go into a folder that is removed for it.
        env={**os.environ, **threads(1), "TMPDIR": scratch}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=noise, text=True, errors="replace",
    )  # fmt: skip


class _Conversation:
    """The questions to one child, and its answers."""

    def __init__(self, child: "subprocess.Popen[str]", noise: IO[str]) -> None:
        self._child = child
        self._noise = noise
        self._answers: SimpleQueue[dict[str, str] | None] = SimpleQueue()
        self._in_hand: str | None = None
        self._stopped = False
        self._process = psutil.Process(child.pid)

    def held(self, tasks: Sequence[str]) -> Iterator[Outcome]:
        """Outcomes until all are judged or the child is dead."""
        Thread(target=self._listen, daemon=True).start()
        Thread(target=self._ask, args=(tasks,), daemon=True).start()
        judged = 0
        while (answer := self._next()) is not None:
            if "begun" in answer:
                self._in_hand = answer["begun"]
            else:
                judged += 1
                self._in_hand = None
                yield Outcome(answer["ended"], Verdict(Ending(answer["ending"]), answer["said"]))
        status = self._child.wait()
        if self._in_hand is not None:
            yield Outcome(self._in_hand, self._death(status))
        elif judged < len(tasks):
            raise RuntimeError(f"the child ended early with status {status}: {self._written()}")

    def _listen(self) -> None:
        assert self._child.stdout
        for answer in told(self._child.stdout):
            self._answers.put(answer)
        self._answers.put(None)

    def _ask(self, tasks: Sequence[str]) -> None:
        assert self._child.stdin
        try:
            with self._child.stdin as ears:
                ears.writelines(f"{task}\n" for task in tasks)
        except BrokenPipeError:
            return

    def _next(self) -> dict[str, str] | None:
        """The next answer; a child that takes too long is killed."""
        since, used = time.monotonic(), self._processor_time()
        while True:
            try:
                return self._answers.get(timeout=_LOOK)
            except Empty:
                busy = self._processor_time() - used
                if busy > PROCESSOR_LIMIT or time.monotonic() - since > CLOCK_LIMIT:
                    self._stop()
                    return None

    def _stop(self) -> None:
        """Make the child write where it is, then end it for certain."""
        self._stopped = True
        self._child.send_signal(signal.SIGABRT)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def _processor_time(self) -> float:
        try:
            times = self._process.cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def _death(self, status: int) -> Verdict:
        if self._stopped:
            return Verdict(Ending.HANG, self._written())
        name = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Verdict(Ending.CRASH, f"{name}: {self._written()}")

    def _written(self) -> str:
        """Where the child died, if known, else the end of what the libraries wrote."""
        self._noise.seek(0)
        text = self._noise.read()
        _, died, where = text.rpartition(_DEATH)
        return died + where.partition("\nExtension modules")[0] if died else text[-_TAIL:]
