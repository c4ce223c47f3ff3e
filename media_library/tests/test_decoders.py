"""Files that are made to hurt: the decoder's process ends by its limits and says why, and the worker lives on."""

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from media_library.models import Video
from media_library.services import probing, processing, uploads
from media_library.services.probing import DecoderFault, Unreadable
from media_library.tests import bombs, files

MB = 1024**2


def look_into(content: bytes, mime: str) -> probing.Probe:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return probing.probe(file, mime, name="Film")


def shape(found: probing.Probe) -> tuple[object, ...]:
    return found.width, found.height, found.duration_s, found.pages


@pytest.mark.parametrize(
    ("content", "mime", "expected"),
    [
        (bombs.endless_png(), "image/png", (1, 1, None, None)),
        (bombs.gif_of_frames(100_000), "image/gif", (8, 8, None, None)),
        (bombs.webp_of_frames(500), "image/webp", (8, 8, None, None)),
        (bombs.jpeg_of_segments(100_000), "image/jpeg", (40, 30, None, None)),
        (bombs.pdf_of_arrays(), "application/pdf", (None, None, None, 1)),
        (bombs.pdf_of_many_pages_promised(), "application/pdf", (None, None, None, 1)),
        (bombs.film_of_pixels(65_535, 65_535), "video/mp4", (64, 48, 2.0, None)),
    ],
)
def test_what_only_looks_large_is_read_for_what_it_is(content, mime, expected):
    started = time.monotonic()
    assert shape(look_into(content, mime)) == expected
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("make", "mime", "reason"),
    [
        (bombs.text_bomb_png, "image/png", "The image is damaged"),
        (lambda: bombs.gif_frame_beyond((65_535, 65_535)), "image/gif", "at most 100000000 pixels"),
        (lambda: bombs.webp_canvas(16_384, 16_384), "image/webp", "The image is damaged"),
        (bombs.pdf_zip_bomb, "application/pdf", "breaks the decoder|memory"),
        (bombs.pdf_of_nodes, "application/pdf", "The PDF is damaged"),
        (bombs.pdf_that_is_its_own_page, "application/pdf", "The PDF is damaged"),
        (lambda: bombs.film_of_tracks(5_000), "video/mp4", "memory|damaged"),
        (bombs.film_of_ages, "video/x-matroska", "says that it lasts 11574074 days"),
    ],
)
def test_a_bomb_is_refused_with_a_reason_and_within_its_limits(make, mime, reason):
    content, started = make(), time.monotonic()
    with pytest.raises(Unreadable, match=reason):
        look_into(content, mime)
    assert time.monotonic() - started < 30


def test_a_picture_that_needs_more_memory_than_allowed_says_so(settings):
    settings.DGX_DECODER_MEMORY_BYTES = 256 * MB
    with pytest.raises(Unreadable, match="takes more than 256 MB of memory"):
        look_into(bombs.png(8000, 8000), "image/png")


@pytest.mark.django_db
def test_a_bomb_takes_its_video_off_the_air_and_the_next_file_is_looked_into():
    rows = [
        uploads.upload_video(file=files.uploaded(content), name=name)
        for name, content in (("Bomb", bombs.pdf_zip_bomb()), ("Menu", files.pdf()))
    ]
    assert [processing.process(row.pk) for row in rows] == ["failed", "ready"]
    bomb, menu = Video.objects.order_by("name")
    assert bomb.state_reason.endswith("Export it again and upload the new file.")
    assert (bomb.attempts, menu.pages) == (1, 2)


@pytest.mark.parametrize("make", [bombs.film_that_points_to, bombs.film_with_playlist])
def test_a_film_makes_nobody_call_an_address_that_it_names(make):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        content = make(f"http://127.0.0.1:{listener.getsockname()[1]}/secret.mp4".encode())
        assert look_into(content, "video/quicktime" if b"dref" in content else "video/x-msvideo").width == 64
        listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_playlist_under_a_films_type_is_not_followed(tmp_path):
    """FFmpeg is told what it opens, so content that it would take for a playlist is a damaged film."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(files.film())
    playlist = f"#EXTM3U\n#EXTINF:2.0,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    concatenation = f"ffconcat version 1.0\nfile {secret}\n".encode()
    for content in (playlist, concatenation):
        for mime in ("video/mp4", "video/x-msvideo", "video/webm"):
            with pytest.raises(Unreadable, match="damaged"):
                look_into(content, mime)


@contextmanager
def hanging_decoder(tmp_path: Path) -> Iterator[tuple[int, list[BaseException]]]:
    """A decoder that waits for ever for its file; gives its process, and what the look ended with, once it did."""
    pipe, ended = tmp_path / "pipe", list[BaseException]()
    os.mkfifo(pipe)

    def look() -> None:
        try:
            with os.fdopen(os.open(pipe, os.O_RDWR), "rb", buffering=0) as file:
                file_of_name = type("File", (), {"name": str(pipe), "raw": file})()
                probing.probe(file_of_name, "image/png", name="Film")
        except BaseException as error:  # noqa: BLE001 — handed to the test
            ended.append(error)

    looker = threading.Thread(target=look)
    looker.start()
    yield _decoder_of_ours(), ended
    looker.join(20)
    assert not looker.is_alive()


def _decoder_of_ours() -> int:
    """The child of this process that is a decoder and holds its pipe open."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and b"services.decoders" in (process / "cmdline").read_bytes():
                    return int(process.name)
            except (OSError, IndexError):
                continue
        time.sleep(0.02)
    raise AssertionError("no decoder was started")


def test_a_decoder_that_hangs_is_ended_after_its_seconds(settings, tmp_path):
    settings.DGX_DECODER_SECONDS = 1
    with hanging_decoder(tmp_path) as (_, ended):
        pass
    assert isinstance(ended[0], Unreadable)
    assert str(ended[0]).startswith("Looking into the file takes longer than 1 s.")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_decoder_that_crashes_is_the_files_fault(tmp_path, number):
    with hanging_decoder(tmp_path) as (decoder, ended):
        os.kill(decoder, number)
    assert isinstance(ended[0], Unreadable)
    assert str(ended[0]).startswith("Something in the file breaks the decoder.")


def test_a_decoder_that_somebody_kills_is_nobodys_fault_and_tried_again(tmp_path):
    with hanging_decoder(tmp_path) as (decoder, ended):
        os.kill(decoder, signal.SIGKILL)
    assert isinstance(ended[0], DecoderFault)


def test_a_decoder_knows_none_of_our_secrets(tmp_path):
    secrets = (django_settings.SECRET_KEY, django_settings.S3_SECRET_ACCESS_KEY, "DATABASE_URL", "REDIS_URL", "DGX_")
    with hanging_decoder(tmp_path) as (decoder, _):
        environment = (Path("/proc") / str(decoder) / "environ").read_text()
        os.kill(decoder, signal.SIGKILL)
    assert "PATH=" in environment
    assert [secret for secret in secrets if secret in environment] == []
