"""A chain for the admin's tests: rows of every model, tied to one device, group, shop and video."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from devices.models import FleetEvent, PresenceFlip
from devices.services.enrolment import issue_token, make_enrolment_key, start_pairing
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.models import ApiKey
from locations.tests.factories import ShopFactory
from media_library.models import Emergency
from media_library.models.link import LinkException
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, DeviceLogHour, PlayHour


class Chain:
    """`grow(n)` makes n more rows of every model, so that the four at the centre have n more of everything."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.size = 0
        self.group, self.shop = GroupFactory.create(), ShopFactory.create()
        self.device = DeviceFactory.create(group=self.group, shop=self.shop, name="Window")
        self.video = VideoFactory.create()
        self.link = LinkFactory.create(video=self.video, shop=self.shop, display_order=-1)
        self.schedules = [
            IntervalSchedule.objects.create(every=15, period="seconds"),
            CrontabSchedule.objects.create(),
            ClockedSchedule.objects.create(clocked_time=timezone.now()),
            SolarSchedule.objects.create(event="sunrise", latitude=0, longitude=0),
        ]

    def grow(self, count: int) -> None:
        for n in range(self.size, self.size + count):
            self._content(n)
            self._history(n)
            self._access(n)
        self.size += count

    def _content(self, n: int) -> None:
        other = DeviceFactory.create(group=self.group, shop=self.shop)
        video = VideoFactory.create(thumbnail="thumbnails/some.jpg", width=10, height=10, sha256=self.video.sha256)
        LinkFactory.create(video=video, device=self.device, group=self.group, shop=self.shop, display_order=n)
        LinkFactory.create(video=video, group=self.group, shop=self.shop, display_order=n)
        LinkFactory.create(video=video, shop=self.shop, display_order=n, weekdays=[1, 2])
        LinkFactory.create(video=self.video, group=GroupFactory.create(), shop=ShopFactory.create())
        LinkException.objects.create(link=self.link, device=other)
        until = timezone.now() + timedelta(hours=1)
        Emergency.objects.create(
            name=f"emergency {n}", until=until, shops=[self.shop.public_id], videos=[video.public_id]
        )

    def _history(self, n: int) -> None:
        now = timezone.now()
        PresenceFlip.objects.create(device=self.device, is_online=n % 2 == 0, reason="report", at=now)
        DeviceLog.objects.create(device=self.device, log_type="temperature", value=n, logged_at=now)
        DeviceLogHour.objects.create(
            device=self.device, log_type=f"type {n}", hour=now, count=1, value_count=1, value_sum=n
        )
        for device in (self.device, DeviceFactory.create(shop=ShopFactory.create())):
            PlayHour.objects.create(
                device=device, video=self.video, video_name=f"file {n}", sha256=f"{n:064}", hour=now, count=1, seconds=9
            )
        FleetEvent.objects.create(kind="outage", message="We were away.")

    def _access(self, n: int) -> None:
        issue_token(self.device)
        make_enrolment_key(label=f"key {n}", group=self.group, shop=self.shop, created_by=self.owner)
        start_pairing(mobile_id=f"new-{n}", details={})
        ApiKey.issue(name=f"key {n}", user=self.owner)
        Role.objects.create(name=f"role {n}")
        User.objects.create_user(f"person-{n}")
        PeriodicTask.objects.create(name=f"task {n}", task="devices.tasks.mark_offline", interval=self.schedules[0])

    def of(self, model: Any) -> Any:
        """The row of that model with the most around it."""
        centres: list[Any] = [self.device, self.group, self.shop, self.video, self.link, *self.schedules]
        return next((row for row in centres if type(row) is model), None) or model._default_manager.first()
