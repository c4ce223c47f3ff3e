"""Celery's doors into media: look inside a new file, find those that were left behind, clear what nothing names.

The web imports this module to enqueue. The decoders behind `processing` take 30 MB, so they are loaded in the worker.
"""

from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from dgx.core.errors import Unavailable
from media_library.services import storage


@shared_task(
    autoretry_for=(Unavailable, OperationalError, InterfaceError),
    max_retries=5,
    retry_backoff=5,
    soft_time_limit=240,
    time_limit=270,
    throws=(Unavailable,),
)
def process_video(video_id: int) -> str:
    """Look inside a file; returns the state that its row is in then. A row that is gone is no fault."""
    from media_library.services import processing  # noqa: PLC0415 — see above

    return processing.process(video_id)


@shared_task
def retry_stuck() -> dict[str, int]:
    """Hand files that nobody looked into for five minutes to the workers again; fail those that were tried enough."""
    from media_library.services import processing  # noqa: PLC0415 — see above

    stuck = processing.find_stuck(now=timezone.now())
    for video_id in stuck.again:
        process_video.delay(video_id)
    return {"again": len(stuck.again), "failed": stuck.failed}


@shared_task(soft_time_limit=840)
def take_back_uploads() -> dict[str, int]:
    """Take back uploads in parts that nobody went on with for a day."""
    from media_library.services import multipart  # noqa: PLC0415 — it imports this module

    return {"taken back": multipart.take_back_untouched(now=timezone.now())}


@shared_task
def empty_bin() -> dict[str, int]:
    """Delete for good what has been in the bin for DGX_BIN_DAYS."""
    from media_library.services import bin as bin_service  # noqa: PLC0415 — it imports this module

    return {"deleted": bin_service.empty(now=timezone.now())}


@shared_task(soft_time_limit=840)
def delete_departed() -> dict[str, int]:
    """Delete objects of videos that were deleted for good, once nobody can be fetching them."""
    from media_library.services import bin as bin_service  # noqa: PLC0415 — likewise

    return {"deleted": bin_service.delete_departed(now=timezone.now())}


@shared_task(soft_time_limit=840)
def delete_orphans() -> dict[str, Any]:
    """Delete objects of ours that are a day old and that no row names."""
    return {"deleted": storage.delete_orphans(now=timezone.now())}


@shared_task
def tidy_emergencies() -> dict[str, int]:
    """Delete the links of emergencies that are over; no screen shows them any more."""
    from media_library.services import emergency  # noqa: PLC0415 — the web enqueues it nowhere

    return {"deleted": emergency.tidy(now=timezone.now())}
