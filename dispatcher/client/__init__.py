"""The front door for Python: `from dispatcher.client import Farm, Request`; docs/api.md shows how."""

from dispatcher.client.answers import Changed, Delivery, Submitted, WorkerKey
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.client.following import BatchProgress
from dispatcher.client.watching import Progress
from dispatcher.jobs.request import Request
from dispatcher.voices.adding import VoiceFile

__all__ = [
    "Audience",
    "BatchProgress",
    "Changed",
    "Delivery",
    "Farm",
    "Progress",
    "Request",
    "Submitted",
    "VoiceFile",
    "WorkerKey",
]
