"""New tokens for many devices at once: for a leak, or for a fleet that is set up again."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from devices.models import Device
from devices.services.enrolment import ROTATION_OVERLAP
from dgx.core.credentials import PREFIX_LENGTH


class NewToken(NamedTuple):
    """A device's new token in clear, to be handed out this once."""

    mobile_id: str
    name: str
    token: str


_ROTATE = """
WITH chosen AS MATERIALIZED (
    SELECT id, mobile_id, name, 'dgxd_' || rtrim(translate(encode(sha256(
               uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
           ), 'base64'), '+/', '-_'), '=') AS token
      FROM devices_device WHERE state <> 'retired' AND id IN ({devices})
), former AS (
    UPDATE devices_devicetoken t SET expires_at = %s, updated_at = now() FROM chosen
     WHERE t.device_id = chosen.id AND t.revoked_at IS NULL AND t.expires_at IS NULL
), made AS (
    INSERT INTO devices_devicetoken (public_id, device_id, prefix, token_hash)
    SELECT gen_random_uuid(), id, left(token, {prefix}), encode(sha256(convert_to(token, 'UTF8')), 'hex') FROM chosen
), enrolled AS (
    UPDATE devices_device d SET state = 'enrolled', updated_at = now() FROM chosen
     WHERE d.id = chosen.id AND d.state <> 'enrolled'
)
SELECT mobile_id, name, token FROM chosen ORDER BY mobile_id
"""
"""As `rotate_token`, for any number in one statement: 366 random bits of the database's own, hashed to 256."""


@transaction.atomic
def rotate_tokens(devices: QuerySet[Device], *, now: datetime, overlap: timedelta = ROTATION_OVERLAP) -> list[NewToken]:
    """A new token for each of these but the retired, in one statement; those before work on for `overlap`."""
    sql, params = devices.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ROTATE.format(devices=sql, prefix=PREFIX_LENGTH), [*params, now + overlap])
        return [NewToken(*row) for row in cursor.fetchall()]
