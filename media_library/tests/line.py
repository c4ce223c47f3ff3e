"""A line that tests can cut or freeze: passes TCP on to a port of this machine, and loses or spoils what it is told."""

import contextlib
import socket
import threading
import time
from types import TracebackType

PIECE = 16 * 1024


class Line:
    """Listens on a port of its own and passes on to `port`. Used as a context manager."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked: list[str] = []
        """The head of each request that was seen to begin."""
        self.bytes_down = 0
        self.is_down = False
        self.cut_after: int | None = None
        """The line breaks once so many bytes more have come down."""
        self.spoil = 0
        """So many large pieces still to be spoiled by a byte."""
        self.pause_s = 0.0
        """A slow line: seconds that each piece takes."""
        self.pause_up_s = 0.0
        """The same for what goes up."""
        self.lose_answer_to = ""
        """The answer to the next request that has this in its head is read and lost; then that connection breaks."""
        self._losing: set[socket.socket] = set()
        self.answer_instead = b""
        """What callers get in place of an answer, also in the middle of what they send; then the line breaks."""

    def __enter__(self) -> "Line":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()
        self._flowing.set()
        self._hang_up()

    def cut(self) -> None:
        """From now on nobody gets through, and who is talking is cut off."""
        self.is_down = True
        self._hang_up()

    def freeze(self) -> None:
        """From now on everybody gets through to nobody: calls are taken, and nothing is passed on either way."""
        self._flowing.clear()

    def mend(self) -> None:
        """As before. What was sent into a frozen line arrives now."""
        self.is_down = False
        self._flowing.set()

    def _hang_up(self) -> None:
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                if self.is_down:
                    caller.close()
                    continue
                threading.Thread(target=self._connect, args=[caller], daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        with contextlib.suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._target)) as called:
            self._open |= {caller, called}
            try:
                up = threading.Thread(target=self._pass_up, args=[caller, called], daemon=True)
                up.start()
                self._pass_down(called, caller)
                up.join(5)
            finally:
                self._open -= {caller, called}
                self._losing.discard(called)

    def _pass_up(self, caller: socket.socket, called: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := caller.recv(PIECE):
                if data.startswith((b"GET ", b"POST ", b"HEAD ", b"OPTIONS ")):
                    self.asked.append(data.partition(b"\r\n\r\n")[0].decode("latin-1"))
                    if self.lose_answer_to and self.lose_answer_to in self.asked[-1]:
                        self.lose_answer_to = ""
                        self._losing.add(called)
                if self.answer_instead:
                    caller.sendall(self.answer_instead)
                    break
                self._flowing.wait()
                called.sendall(data)
                time.sleep(self.pause_up_s)
            called.shutdown(socket.SHUT_WR)

    def _pass_down(self, called: socket.socket, caller: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := called.recv(PIECE):
                self._flowing.wait()
                if called in self._losing:
                    break
                caller.sendall(self._worn(data))
                if self.cut_after is not None and self.cut_after <= 0:
                    self.cut_after = None
                    break
                time.sleep(self.pause_s)
        for one in (caller, called):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _worn(self, data: bytes) -> bytes:
        if self.cut_after is not None:
            data = data[: self.cut_after]
            self.cut_after -= len(data)
        if self.spoil and len(data) > 4000:
            self.spoil -= 1
            data = data[:-1] + bytes([data[-1] ^ 0xFF])
        self.bytes_down += len(data)
        return data
