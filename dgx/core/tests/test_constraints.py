"""A duplicate is told where there is one, and nowhere else."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import UniqueConstraint

from dgx.core.api.errors import as_refusal
from dgx.core.constraints import ConditionalUnique
from dgx.core.errors import Unavailable
from dgx.core.tests.failing import out_of_reach
from media_library.models import Video
from media_library.tests.factories import VideoFactory


@pytest.mark.django_db
def test_a_database_that_fails_is_no_duplicate():
    """Django's own constraint says that it is violated."""
    with out_of_reach("media_library_video"), pytest.raises(OperationalError) as caught:
        Video(name="menu.mp4").validate_constraints()
    assert isinstance(as_refusal(caught.value), Unavailable)


@pytest.mark.django_db
def test_a_duplicate_is_told():
    VideoFactory.create(name="menu.mp4")
    with pytest.raises(ValidationError, match="There is already a media file of this name") as caught:
        Video(name="menu.mp4").validate_constraints()
    assert list(caught.value.message_dict) == ["name"]


@pytest.mark.django_db
def test_neither_itself_nor_what_the_condition_leaves_out_is_a_duplicate():
    video = VideoFactory.create(name="menu.mp4")
    video.validate_constraints()
    Video.objects.update(binned_at=video.created_at)
    Video(name="menu.mp4").validate_constraints()


def test_all_conditions_are_checked_so():
    conditional = [
        constraint
        for model in apps.get_models()
        if model.__module__.startswith(("dgx.", "devices.", "locations.", "media_library.", "telemetry."))
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint) and constraint.condition is not None
    ]
    assert {constraint.name for constraint in conditional} >= {"video_name_unique"}
    assert [constraint.name for constraint in conditional if not isinstance(constraint, ConditionalUnique)] == []
