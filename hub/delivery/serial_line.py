"""A serial port as lines of text: a raw descriptor with the event loop's reader. No thread, nothing that blocks."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import termios
import tty
from collections.abc import Callable

from hub.delivery.answers import Answer
from hub.errors import DeliveryError

PROMPT = ">"
"""What asks for the PDU: it ends no line."""
LOST = ""
"""Given once, as the last line: the port is gone (pulled out, or the modem reset itself)."""


class SerialLine:
    """One open port. ``on_line`` is called in the event loop for each line, without its end."""

    def __init__(self, path: str, on_line: Callable[[str], None]) -> None:
        self._path = path
        self._on_line = on_line
        self._fd = -1
        self._buffer = b""

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def open(self) -> None:
        """115200 baud, raw, ours alone; DeliveryError for a port that is not there or that somebody else holds."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as exc:
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, code=_name(exc)) from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            tty.setraw(fd)
            settings = termios.tcgetattr(fd)
            settings[2] |= termios.CLOCAL | termios.CREAD  # no carrier line is asked for: USB modems have none
            settings[4] = settings[5] = termios.B115200
            termios.tcsetattr(fd, termios.TCSANOW, settings)
        except (OSError, termios.error) as exc:
            os.close(fd)
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, code=_name(exc)) from exc
        self._fd, self._buffer = fd, b""
        asyncio.get_running_loop().add_reader(fd, self._readable)

    def write(self, text: str) -> None:
        """A command or a PDU: a few hundred bytes, which a port that lives takes at once."""
        content = text.encode("ascii")
        while content:
            try:
                content = content[os.write(self._fd, content) :]
            except OSError as exc:
                self.close()
                raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=2, code=_name(exc)) from exc

    def close(self) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _readable(self) -> None:
        try:
            content = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        if not content:
            self.close()
            self._on_line(LOST)
            return
        *lines, self._buffer = (self._buffer + content).split(b"\n")
        for line in lines:
            if text := line.decode("latin-1").strip():
                self._on_line(text)
        if self._buffer.strip() == PROMPT.encode():
            self._buffer = b""
            self._on_line(PROMPT)


def _name(exc: OSError | termios.error) -> str:
    """ENOENT, EACCES, EBUSY …: what `hub doctor` can explain."""
    number = exc.args[0] if exc.args else 0
    return errno.errorcode.get(number, type(exc).__name__)
