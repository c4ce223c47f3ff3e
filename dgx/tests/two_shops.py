"""Two shops for the tests of limits: rows of every model in one's own shop and in a foreign one, whose every word is
unmistakable."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from devices.models import Device, DeviceToken, EnrolmentKey, FleetEvent, Group, Pairing, Presence, PresenceFlip
from devices.services.enrolment import approve_pairing, issue_token, make_enrolment_key, start_pairing
from dgx.core import audit
from dgx.core.models import ApiKey, Change, ChangedRow
from locations.models import Chain, Shop, ShopLimit
from media_library.models import Emergency, Link, Video
from media_library.models.link import LinkException
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, DeviceLogHour, PlayHour

MARK = "Xanadu7Q"
"""In every word of what the limited person must never see."""
FIND = "xanadu7q"
"""Finds it in every search; a page that repeats what was searched for does not look like a leak."""


class TwoShops:
    """`own` and `foreign` are rows by model. Some of the foreign ones touch the own: a group in both shops, a video on
    a screen of each, links to both, an exception of a foreign device from a link that is in sight."""

    def __init__(self) -> None:
        self.own: defaultdict[type[Model], list[Any]] = defaultdict(list)
        self.foreign: defaultdict[type[Model], list[Any]] = defaultdict(list)
        self.video = VideoFactory.create(name="shared film", width=10, height=10)
        self.shared = Group.objects.create(name="shared group")
        self.stranger = User.objects.create_user(f"{MARK}-person", is_staff=True)
        self.films = [VideoFactory.create(name=f"film {number}") for number in range(4)]
        with audit.change(door=audit.Door.COMMAND, what="own"):
            self.shop, self.screen = self._place("own", self.own)
        with audit.change(door=audit.Door.COMMAND, what=MARK):
            self.other_shop, self.other_screen = self._place(MARK, self.foreign)
        with audit.change(door=audit.Door.COMMAND, what="across"):
            self._across()
            self._system()
        self._audit()

    def _place(self, word: str, kept: defaultdict[type[Model], list[Any]]) -> tuple[Shop, Device]:
        """A shop with a device and everything that is known of it."""
        shop = Shop.objects.create(name=f"{word} shop", code=f"{word}-1", address=f"{word} street", timezone="UTC")
        group = Group.objects.create(name=f"{word} group")
        device = Device.objects.create(mobile_id=f"{word}-1", name=f"{word} door", shop=shop, group=group)
        second = Device.objects.create(mobile_id=f"{word}-2", shop=shop, group=self.shared, notes=word)
        issue_token(device)
        DeviceToken.objects.filter(device=device).update(prefix=word)
        kept[Shop], kept[Group], kept[Device] = [shop], [group], [device, second]
        kept[DeviceToken] = list(device.tokens.all())
        kept[Presence] = list(Presence.objects.filter(device__shop=shop))
        self._reports(word, device, kept)
        self._doors(word, shop, group, kept)
        kept[Link] = [
            LinkFactory.create(video=self.films[kept is self.foreign], device=device),
            LinkFactory.create(video=self.video, group=group),
            LinkFactory.create(video=self.video, shop=shop),
            LinkFactory.create(video=self.video, group=self.shared, shop=shop),
        ]
        return shop, device

    def _reports(self, word: str, device: Device, kept: defaultdict[type[Model], list[Any]]) -> None:
        now = timezone.now()
        kept[PresenceFlip] = [PresenceFlip.objects.create(device=device, is_online=True, reason="report", at=now)]
        kept[DeviceLog] = [
            DeviceLog.objects.create(device=device, log_type=f"{word}-type", message=word, value=1, logged_at=now)
        ]
        kept[DeviceLogHour] = [
            DeviceLogHour.objects.create(device=device, log_type=f"{word}-type", hour=now, count=1, value_count=0)
        ]
        shown_in = {"shop": device.shop, "shop_name": str(device.shop)}
        played = {"video": self.video, "video_name": f"{word} film", "sha256": "0" * 64, **shown_in}
        kept[PlayHour] = [PlayHour.objects.create(device=device, hour=now, count=1, seconds=9, **played)]

    def _doors(self, word: str, shop: Shop, group: Group, kept: defaultdict[type[Model], list[Any]]) -> None:
        kept[EnrolmentKey] = [make_enrolment_key(label=f"{word} key", shop=shop, group=group)[0]]
        started = start_pairing(mobile_id=f"{word}-paired", details={})
        approved = approve_pairing(code=started.pairing.code, by=None, now=timezone.now(), shop=shop)
        kept[Pairing] = [approved]
        kept[Device].append(approved.device)

    def _across(self) -> None:
        """What belongs to nobody's shop, or to both."""
        for shop in (self.other_shop, self.shop):
            Device.objects.filter(pk=self.own[Device][1].pk).assign(shop=shop)  # it once stood in the other one
        outside = Device.objects.create(mobile_id=f"{MARK}-nowhere", group=self.shared)
        self.foreign[Device].append(outside)
        of_both = LinkFactory.create(video=self.films[2], group=self.shared)
        of_all = LinkFactory.create(video=self.films[3], layer="default")
        self.beyond = [of_both, of_all]
        """In sight and not to be changed: they reach both shops."""
        for link, device in ((of_both, self.other_screen), (self.own[Link][2], outside), (of_all, outside)):
            self.foreign[LinkException].append(LinkException.objects.create(link=link, device=device))
        soon = timezone.now() + timedelta(hours=1)
        places = {"shops": [self.other_shop.public_id], "devices": [self.other_screen.public_id]}
        self.foreign[Emergency] = [Emergency.objects.create(name=f"{MARK} emergency", until=soon, **places)]
        both = [self.shop.public_id, self.other_shop.public_id]
        self.own[Emergency] = [Emergency.objects.create(name="emergency of both", until=soon, shops=both)]
        self.foreign[Pairing].append(start_pairing(mobile_id=f"{MARK}-waits", details={}).pairing)

    def _system(self) -> None:
        """What is about the fleet as a whole, or another person's."""
        every = IntervalSchedule.objects.create(every=7, period="days")
        self.foreign[Chain] = [Chain.objects.get_or_create(pk=1)[0]]
        self.foreign[FleetEvent] = [FleetEvent.objects.create(kind="outage", message=MARK)]
        self.foreign[PeriodicTask] = [PeriodicTask.objects.create(name=MARK, task=MARK, interval=every)]
        self.foreign[IntervalSchedule] = [every]
        self.foreign[CrontabSchedule] = [CrontabSchedule.objects.create()]
        self.foreign[ClockedSchedule] = [ClockedSchedule.objects.create(clocked_time=timezone.now())]
        self.foreign[SolarSchedule] = [SolarSchedule.objects.create(event="sunrise", latitude=0, longitude=0)]
        self.foreign[ApiKey] = [ApiKey.issue(name=f"{MARK} key", user=self.stranger)[0]]
        self.foreign[User] = [self.stranger]
        self.foreign[Role] = [Role.objects.create(name="a role of some")]

    def _audit(self) -> None:
        """What the database's triggers kept of all this."""
        self.foreign[Change] = list(Change.objects.filter(what=MARK))
        self.foreign[ChangedRow] = list(ChangedRow.objects.filter(change__in=self.foreign[Change]))

    def limit(self, person: User) -> User:
        """The person, limited to the own shop."""
        ShopLimit.objects.create(user=person).shops.add(self.shop)
        return person

    def snapshot(self) -> dict[str, Any]:
        """All that is foreign as it is stored, and what is in sight of both."""
        rows: dict[Any, list[Any]] = {**self.foreign, Video: [self.video], Link: [*self.foreign[Link], *self.beyond]}
        return {model._meta.label: stored(model, found) for model, found in rows.items()}


def stored(model: Any, rows: list[Any]) -> list[Any]:
    """These rows, each as a dict of its columns."""
    return list(model._base_manager.filter(pk__in=[row.pk for row in rows]).order_by("pk").values())
