"""Videos and links for tests. `VideoFactory` makes the row alone; tests of bytes upload real files."""

import hashlib

import factory

from media_library.models import Link, Video


class VideoFactory(factory.django.DjangoModelFactory[Video]):
    class Meta:
        model = Video

    name = factory.Sequence(lambda n: f"video-{n}")
    state = Video.State.READY
    mime = "video/mp4"
    size = 1000
    sha256 = factory.LazyAttribute(lambda video: hashlib.sha256(video.name.encode()).hexdigest())
    file = factory.LazyAttribute(lambda video: f"myvideos/{video.sha256}.mp4")


class LinkFactory(factory.django.DjangoModelFactory[Link]):
    class Meta:
        model = Link

    video = factory.SubFactory(VideoFactory)
