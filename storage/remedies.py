"""What to do about an error, as a value: a command line, a script and a page each put it in their own words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """Something that people can do, in plain words; `{}` stands for what it is done to."""

    LIST_JOBS = "list the jobs there are"
    LIST_BATCHES = "list the batches there are"
    SHOW_JOB = "look at job {}"
    CANCEL_JOB = "cancel job {}"
    RETRY_JOB = "retry job {}"
    FETCH_ELSEWHERE = "put the result of job {} elsewhere"
    LIST_VOICES = "list the voices there are"
    ADD_VOICE = "add the voice from its file"
    LIST_MODELS = "list the models there are"
    ADD_MODEL = "add a file of the model {}"
    ADD_MODELS = "add models from their files"
    SAY_WHICH_MODEL = "say which it is, such as {}"
    NAME_MODEL = "give the model another name"
    REMOVE_MODEL = "remove the model {}"
    PULL_MODEL = "pull the model {}"
    PULL_MODELS = "pull the usual models"
    LIST_WORKER_KEYS = "list the worker keys there are"
    ADD_WORKER_KEY = "make a worker key"
    LIST_WORKERS = "list the workers, where the dispatcher runs"
    START_WORKER = "start a worker"
    SERVE_AS = "start a worker that serves as {}"
    UPGRADE_TABLES = "upgrade the tables"
    EXAMINE = "examine this machine's part of the farm"
    TRACE = "ask for the traceback"
    PUT_ELSEWHERE = "choose another place for the result"
    OVERWRITE = "allow what is there to be replaced"
    ALLOW_TRUNCATED = "allow a truncated recording, to convert what is there"
    CHOOSE_RATE = "choose the rate {}"
    CHOOSE_FORMAT = "choose the format {}"
    CHOOSE_CHANNEL = "convert one channel"
    LEAVE_OTHERS = "leave the other channels out"
    CHOOSE_DEPTH = "choose the depth {}"
    LEAVE_DEPTH = "leave the depth out"
    CHOOSE_TRACK = "choose track {} or an earlier one"
    LEAVE_ORIGINAL = "do without the recording's own sound"
    GO_WITHOUT_FLOWER = "go without Flower"
    NAME_FLOWER_PORT = "name one by VOICEFARM_FLOWER_PORT"
    COPY_AGAIN = "copy the file again"
    RETRY_JOBS = "then retry the jobs that failed"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do, and what to do it to."""

    act: Act
    subject: str = ""

    def __str__(self) -> str:
        return self.act.value.format(self.subject)


def advised(sentence: str, remedies: Iterable[Remedy], word: Callable[[Remedy], str] = str) -> str:
    """The sentence, followed by the remedies in the words that `word` gives them."""
    helps = ", or ".join(map(word, remedies))
    if not helps:
        return sentence
    # A question ends with its own mark.
    return f"{sentence}{'' if sentence.endswith('?') else ';'} {helps}"
