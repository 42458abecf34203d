"""Errors as the command line words them: each remedy is named by its command or option."""

from storage.errors import VoicefarmError
from storage.remedies import Act, Remedy, advised

_WORDS = {
    Act.LIST_JOBS: "`voicefarm jobs` lists those there are",
    Act.LIST_BATCHES: "`voicefarm batches` lists those there are",
    Act.SHOW_JOB: "see `voicefarm show {}`",
    Act.CANCEL_JOB: "run `voicefarm cancel {}`",
    Act.RETRY_JOB: "run `voicefarm retry {}`",
    Act.FETCH_ELSEWHERE: "put it elsewhere with `voicefarm fetch {} -o …`",
    Act.LIST_VOICES: "`voicefarm voice list` shows those there are",
    Act.ADD_VOICE: "add it with `voicefarm voice add NAME FILE`",
    Act.LIST_MODELS: "`voicefarm model list` shows those there are",
    Act.ADD_MODEL: "run `voicefarm model add FILE --name {}`",
    Act.ADD_MODELS: "add models with `voicefarm model add FILE`",
    Act.SAY_WHICH_MODEL: "name it, such as --name {}",
    Act.NAME_MODEL: "choose another --name",
    Act.REMOVE_MODEL: "run `voicefarm model remove {}`",
    Act.PULL_MODEL: "run `voicefarm model pull {}`",
    Act.PULL_MODELS: "get the usual ones with `voicefarm model pull`",
    Act.LIST_WORKER_KEYS: "`voicefarm worker-key list` shows those there are",
    Act.ADD_WORKER_KEY: "`voicefarm worker-key add NAME` makes a key for a machine",
    Act.LIST_WORKERS: "ask `voicefarm workers` where the dispatcher runs",
    Act.START_WORKER: "start one with `voicefarm worker`",
    Act.SERVE_AS: "start one with `voicefarm worker --only {}`",
    Act.UPGRADE_TABLES: "run `voicefarm db upgrade` with the same settings",
    Act.EXAMINE: "run `voicefarm doctor` to see what it has",
    Act.TRACE: "`voicefarm --debug …` shows where that came from",
    Act.PUT_ELSEWHERE: "choose another place with -o",
    Act.OVERWRITE: "pass --overwrite to replace it",
    Act.ALLOW_TRUNCATED: "pass --allow-truncated to convert what is there",
    Act.CHOOSE_RATE: "choose --rate {}",
    Act.CHOOSE_FORMAT: "choose --format {}",
    Act.CHOOSE_CHANNEL: "convert one channel with --channels left, right or its number",
    Act.LEAVE_OTHERS: "leave the other channels out with --stem",
    Act.CHOOSE_DEPTH: "choose --depth {}",
    Act.LEAVE_DEPTH: "leave --depth out",
    Act.CHOOSE_TRACK: "choose --track {} or an earlier one",
    Act.LEAVE_ORIGINAL: "leave --keep-original out",
    Act.GO_WITHOUT_FLOWER: "go without it with --no-flower",
    Act.NAME_FLOWER_PORT: "name one by VOICEFARM_FLOWER_PORT",
    Act.COPY_AGAIN: "copy the file again",
    Act.RETRY_JOBS: "then run `voicefarm retry` for the jobs that failed",
}


def worded(error: VoicefarmError) -> str:
    """The error's sentence, ending with what to type."""
    return advised(error.sentence, error.remedies, worded_remedy)


def worded_remedy(remedy: Remedy) -> str:
    """What to type."""
    return _WORDS[remedy.act].format(remedy.subject)
