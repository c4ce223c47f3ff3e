"""The old routes of videos: upload, description, handed-out addresses."""

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dgx.core.api.legacy import Route, list_named
from dgx.core.api.legacy_reading import Integer, NewName, Page, Text
from dgx.core.errors import Conflict, Invalid, NotFound
from media_library.models import Video
from media_library.models.video import DURATION_MAX_S
from media_library.querysets import VideoQuerySet
from media_library.services.bin import throw_away_unused
from media_library.services.handout import BrokenAddress, Media, NoAddress, hand_out, s3_link
from media_library.services.storage import size_of
from media_library.services.uploads import edit_video, replace_file, upload_video

Json = dict[str, Any]
EXISTS = "Video exists. Use overwrite=true."
NO_OBJECT = "Video record exists but S3 object not found"


def _rotation(value: int) -> int:
    if value not in Video.Rotation.values:
        raise ValueError("must be 0, 90, 180 or 270")
    return value


def _fit_mode(value: str) -> str:
    if value not in Video.FitMode.values:
        raise ValueError("must be cover, contain, fill or none")
    return value


def _kind(value: str) -> str:
    if value not in Video.Kind.values:
        raise ValueError("must be video, image, html or pdf")
    return value


Rotation = Annotated[int, AfterValidator(_rotation)]
FitMode = Annotated[str, AfterValidator(_fit_mode)]
Kind = Annotated[str, AfterValidator(_kind)]
Duration = Annotated[int, Field(ge=0, le=DURATION_MAX_S)]


class Upload(BaseModel):
    """The form of an upload."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: UploadedFile
    video_name: NewName
    overwrite: bool = False
    rotation: Rotation = 0
    fit_mode: FitMode = "cover"
    display_duration: Duration = 10


class VideoPatch(BaseModel):
    """Null or absent leaves as it is."""

    video_name: NewName | None = None
    s3_link: Annotated[Text, Field(max_length=4000)] | None = None
    rotation: Rotation | None = None
    content_type: Kind | None = None
    fit_mode: FitMode | None = None
    display_duration: Duration | None = None


class NewRotation(BaseModel):
    """Degrees clockwise."""

    rotation: Integer


class NewFitMode(BaseModel):
    """How the picture meets the screen."""

    fit_mode: Text


class WithAddress(BaseModel):
    """Whether an address comes along."""

    presign: bool = True


class Presign(BaseModel):
    """How long an address shall live, in seconds."""

    expires_in: Annotated[int, Field(ge=60, le=604_800)] | None = None


# --- coming and going ----
def upload(form: Upload) -> Json:
    """POST /upload_video."""
    video = Video.objects.named(form.video_name).first()
    if video and not form.overwrite:
        raise Conflict(EXISTS)
    try:
        video = _stored(form, video)
    except Conflict as error:  # somebody took the name meanwhile
        raise Conflict(EXISTS) from error
    return {
        "id": video.pk,
        "video_name": video.name,
        "s3_link": video.stored_url,
        "key": video.file.name,
        "rotation": video.rotation,
        "content_type": video.kind,
        "fit_mode": video.fit_mode,
        "display_duration": video.display_duration,
        "overwrote": form.overwrite,
    }


def _stored(form: Upload, video: Video | None) -> Video:
    shown: dict[str, Any] = {
        "rotation": form.rotation,
        "fit_mode": form.fit_mode,
        "display_duration": form.display_duration,
    }
    original_name = form.file.name or ""
    if video:
        return replace_file(video, file=form.file, original_name=original_name, **shown)
    return upload_video(file=form.file, name=form.video_name, original_name=original_name, **shown)


def remove_video(video_name: Text, now: datetime) -> Json:
    """DELETE /video/{video_name}: to the bin, which no old route sees."""
    throw_away_unused(find_video(video_name), by="", now=now)
    return {"deleted_count": 1}


# --- description ----
def get_video(video_name: Text, query: WithAddress, now: datetime) -> Json:
    """GET /video/{video_name}."""
    video = find_video(video_name)
    return video_json(video) | (_with_address(video, now) if query.presign else {})


def _with_address(video: Video, now: datetime) -> Json:
    try:
        given = hand_out(Media.of(video), now=now, expires=settings.PRESIGN_EXPIRES)
    except (NoAddress, BrokenAddress) as error:
        raise NotFound(NO_OBJECT) from error
    if given.key and size_of(given.key) is None:
        raise NotFound(NO_OBJECT)
    return {
        "presigned_url": given.url,
        "presigned_expires_in": given.expires_in,
        "s3_bucket": given.bucket,
        "s3_key": given.key,
    }


def presign(video_name: Text, query: Presign, now: datetime) -> Json:
    """GET /video/{video_name}/presign."""
    video = find_video(video_name)
    given = hand_out(Media.of(video), now=now, expires=query.expires_in or settings.PRESIGN_EXPIRES)
    answer = {
        "video_name": video.name,
        "s3_link": s3_link(video.key, video.source_url),
        "expires_in": given.expires_in,
        "filename": given.filename,
        "url": given.url,
        "presigned_url": given.url,
    }
    return answer | ({"bucket": given.bucket, "key": given.key} if given.key else {})


def list_videos(query: Page) -> Json:
    """GET /videos."""
    return list_named(Video.objects.all(), query, video_rows)


def update_video(video_name: Text, body: VideoPatch) -> Json:
    """PUT /video/{video_name}."""
    video = find_video(video_name)
    names = {"video_name": "name", "s3_link": "source_url", "content_type": "kind"}
    changes = {names.get(key, key): value for key, value in body.model_dump(exclude_none=True).items()}
    if changes.get("source_url") == video.stored_url:
        changes["source_url"] = None
    return {"message": "Updated", "item": video_json(edit_video(video, **changes))}


def rotate_video(video_name: Text, body: NewRotation) -> Json:
    """POST /video/{video_name}/rotation."""
    if body.rotation not in Video.Rotation.values:
        raise Invalid("Rotation must be 0, 90, 180, or 270")
    video = edit_video(find_video(video_name), rotation=body.rotation)
    return {
        "video_name": video.name,
        "rotation": video.rotation,
        "message": "Rotation updated",
        "item": video_json(video),
    }


def fit_video(video_name: Text, body: NewFitMode) -> Json:
    """POST /video/{video_name}/fit_mode."""
    if body.fit_mode not in Video.FitMode.values:
        raise Invalid(f"Fit mode must be one of: {', '.join(Video.FitMode.values)}")
    video = edit_video(find_video(video_name), fit_mode=body.fit_mode)
    return {
        "video_name": video.name,
        "fit_mode": video.fit_mode,
        "message": "Fit mode updated",
        "item": video_json(video),
    }


# --- rows ----
def find_video(name: str) -> Video:
    """The video of exactly that name. Raises NotFound."""
    video = Video.objects.named(name).first()
    if video is None:
        raise NotFound("Video not found")
    return video


def video_json(video: Video) -> Json:
    """A video as the old services wrote it."""
    return {
        "id": video.pk,
        "video_name": video.name,
        "s3_link": s3_link(video.key, video.source_url),
        "rotation": video.rotation,
        "content_type": video.kind,
        "fit_mode": video.fit_mode,
        "display_duration": video.display_duration,
        "created_at": video.created_at,
        "updated_at": video.updated_at,
    }


ROW_FIELDS = ("rotation", "kind", "fit_mode", "display_duration", "created_at", "updated_at")
ROW_NAMES = ("rotation", "content_type", "fit_mode", "display_duration", "created_at", "updated_at")


def video_rows(videos: VideoQuerySet) -> list[Json]:
    """The same for many, in one statement."""
    rows = videos.values_list("id", "name", "file", "source_url", *ROW_FIELDS)
    return [
        {"id": number, "video_name": name, "s3_link": s3_link(file, url), **dict(zip(ROW_NAMES, rest, strict=True))}
        for number, name, file, url, *rest in rows
    ]


ROUTES = [
    Route("POST", "upload_video", upload, "video"),
    Route("GET", "video/<video_name>", get_video, "video combined"),
    Route("PUT", "video/<video_name>", update_video, "video"),
    Route("DELETE", "video/<video_name>", remove_video, "video"),
    Route("GET", "video/<video_name>/presign", presign, "video combined"),
    Route("POST", "video/<video_name>/rotation", rotate_video, "video combined"),
    Route("POST", "video/<video_name>/fit_mode", fit_video, "video combined"),
    Route("GET", "videos", list_videos, "video"),
]
