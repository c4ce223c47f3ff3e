"""Where things are: the shops of the chain, and the chain as a whole."""

from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from dgx.core.audit_triggers import tracked_members
from dgx.core.content_versions import version_changed_at, version_never_falls, version_of, version_says_when
from dgx.core.models import Resource
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_not_blank, validate_timezone
from locations.querysets import ChainQuerySet, ShopQuerySet


class Shop(Resource):
    """A place with devices. Its timezone decides when a window opens and when a day's counters start anew."""

    name = models.CharField(
        max_length=NAME_MAX_LENGTH,
        unique=True,
        validators=[no_nul, validate_not_blank],
        help_text="Unique in the chain. The old routes find a shop by it.",
    )
    code = models.CharField(
        max_length=50, blank=True, validators=[no_nul], help_text="Your own short code, such as B-014."
    )
    address = models.TextField(blank=True, max_length=2000, validators=[no_nul], help_text="As on an envelope.")
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text="IANA name such as Europe/Berlin: play windows and daily counters follow this clock.",
    )
    latitude = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="Degrees north, -90 to 90 (WGS 84).",
    )
    longitude = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text="Degrees east, -180 to 180 (WGS 84).",
    )
    content_version = version_of("this shop plays")
    content_changed_at = version_changed_at()

    objects = ShopQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name__regex=r"^\s*$"), name="shop_name_not_blank"),
            models.CheckConstraint(
                condition=Q(latitude=None) | Q(latitude__gte=-90, latitude__lte=90), name="shop_latitude_range"
            ),
            models.CheckConstraint(
                condition=Q(longitude=None) | Q(longitude__gte=-180, longitude__lte=180), name="shop_longitude_range"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="shop_coordinates_together",
                violation_error_message="Give both latitude and longitude, or neither.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="shop_timezone_bumps_version",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("timezone"),
                condition=pgtrigger.Condition("OLD.timezone IS DISTINCT FROM NEW.timezone"),
                func="NEW.content_version := OLD.content_version + 1; RETURN NEW;",
            ),
            version_never_falls("shop"),
            version_says_when("shop"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The shop's clock."""
        return ZoneInfo(self.timezone)


class ShopLimit(models.Model):
    """Limits a person to some shops, and to what is in them. Without this row a person is not limited; with it and
    without shops they see nothing. What a limit leaves of each model is said by the querysets (`dgx.core.scope`)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shop_limit", help_text="Who is limited."
    )
    shops = models.ManyToManyField(
        Shop, blank=True, related_name="limits", help_text="What they see, and all that they see."
    )

    def __str__(self) -> str:
        return f"{self.user} is limited to some shops"


class TrackedLimit(ShopLimit.shops.through):  # type: ignore[name-defined]  # Django makes the class
    """The shops of a limit; only so that the audit keeps them."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked_members(
            "shops",
            kind="locations.shoplimit",
            owner="shoplimit_id",
            member="shop_id",
            label="(SELECT u.username FROM locations_shoplimit l JOIN auth_user u ON u.id = l.user_id "
            "WHERE l.id = {row}.shoplimit_id)",
        )


class Chain(models.Model):
    """The chain as a whole, one row: what plays on every screen of it is counted here."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    content_version = version_of("the whole chain plays")
    content_changed_at = version_changed_at()

    objects = ChainQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="chain_one_row")]
        default_permissions = ()
        triggers = [version_never_falls("chain"), version_says_when("chain")]

    def __str__(self) -> str:
        return "The whole chain"
