"""Looking into a web server's file without fetching all of it, where the server sends parts."""

import io
from http import HTTPStatus
from http.client import IncompleteRead
from typing import BinaryIO, cast
from urllib.error import HTTPError

from storage.errors import InputError
from storage.objects.address import Address
from storage.objects.ranged import RangedReader
from storage.objects.web import BROKEN, PASSING, ask_for, refusal, sameness, span_told, unfetchable, why_broken

#: Bytes of one request: headers are short, and what a player needs of a film lies together at one of its ends.
GLIMPSE = 256 * 1024


def open_parts(address: Address) -> tuple[BinaryIO, int] | None:
    """A file of a web server that is read by parts, and its size; None where the server sends only all of it, or
    fetching it must tell what is wrong.
    """
    try:
        with ask_for(address, {"Range": f"bytes=0-{GLIMPSE - 1}"}) as answer:
            begins, size = span_told(answer)
            if answer.status != HTTPStatus.PARTIAL_CONTENT or begins != 0 or not size:
                return None
            file = _Parts(address, size, sameness(answer))
            first = answer.read(GLIMPSE)
    except HTTPError as error:
        if error.code in (HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, *PASSING):
            return None
        raise refusal(address, error) from error
    except BROKEN:
        return None
    if len(first) == min(GLIMPSE, size):
        file.blocks[0] = first
    return cast("BinaryIO", io.BufferedReader(file)), size


class _Parts(RangedReader):
    """Parts of one file, as long as it stays the same."""

    BLOCK = GLIMPSE
    KEPT = 16

    def __init__(self, address: Address, size: int, same: str) -> None:
        super().__init__(size, self._fetch, name=str(address))
        self.address = address
        self.same = {"If-Range": same} if same else {}

    def _fetch(self, start: int, stop: int) -> bytes:
        try:
            with ask_for(self.address, {"Range": f"bytes={start}-{stop - 1}", **self.same}) as answer:
                if answer.status != HTTPStatus.PARTIAL_CONTENT or span_told(answer) != (start, self.size):
                    raise unfetchable(self.address, "it changed, or its server sends other parts than it was asked for")
                return answer.read(stop - start)
        except IncompleteRead as broken:
            return broken.partial
        except HTTPError as error:
            raise refusal(self.address, error) from error
        except BROKEN as error:
            raise unfetchable(self.address, why_broken(error)) from error

    def _cut_off(self, start: int, found: int, wanted: int) -> InputError:
        return unfetchable(self.address, f"it sends {found} bytes from byte {start} on instead of {wanted}")
