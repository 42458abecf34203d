"""One line at the bottom of a terminal that is drawn over again, and makes way for lines that stay."""

import os
import shutil
import sys
from threading import Lock

from dispatcher.cli.saying import complain
from storage.printable import printable

#: Back to the beginning of the line, and nothing on it.
_CLEAR = "\r\x1b[K"


class StatusLine:
    """Shows what is the case now; nothing where there is no terminal to draw on."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.shown = ""
        self.can_draw = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def show(self, text: str) -> None:
        """Put this in place of what was shown."""
        with self.lock:
            self._draw(text)

    def complain(self, sentence: object) -> None:
        """Say what went wrong, on a line that stays; any thread may."""
        with self.lock:
            shown = self.shown
            self._draw("")
            complain(sentence)
            self._draw(shown)

    def _draw(self, text: str) -> None:
        if not self.can_draw or text == self.shown == "":
            return
        from rich.cells import set_cell_size

        self.shown = printable(text)
        # A full line would make the terminal begin another.
        fitting = set_cell_size(self.shown, max(shutil.get_terminal_size().columns - 1, 1)).rstrip()
        sys.stderr.write(_CLEAR + fitting)
        sys.stderr.flush()
