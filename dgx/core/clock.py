"""The time by which things are deleted for good: a clock that leaps ahead is believed slowly.

A server whose clock jumps a year ahead, once, for a minute, would find everything too old to keep. From inside, that
looks just as if DGX had been off for a year: no clock of ours can tell, and what arrives in that minute is dated by the
same clock. So age is measured by a time of our own. It follows the database's clock, of which there is one however many
workers there are, takes at most a day between two looks for true, and goes twice as fast as that clock until it has
caught up.

A leap costs two days of the oldest, and then one more for each day that nobody notices it. After a month off, what is
past keeping is gone within a month, and takes no more room than before, since nothing came in meanwhile. A backup that
is restored after a year keeps its old logs for as long.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection, models

logger = logging.getLogger(__name__)

LATE_AFTER = timedelta(days=1)
"""So far behind the database's clock, something has happened that a person should know."""

_LOOK = """
INSERT INTO core_clockstate AS c (id, seen_at, believed_at) VALUES (1, statement_timestamp(), statement_timestamp())
ON CONFLICT (id) DO UPDATE SET
    believed_at = greatest(c.believed_at, least(
        statement_timestamp(),
        c.believed_at + 2 * greatest(interval '0', least(interval '24 hours', statement_timestamp() - c.seen_at)))),
    seen_at = statement_timestamp()
RETURNING least(%s, statement_timestamp(), believed_at)
"""


class ClockState(models.Model):
    """How far the database's clock is believed, one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField(help_text="What the database's clock said when it was last looked at.")
    believed_at = models.DateTimeField(help_text="What was believed then: what is deleted is as old as this says.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clockstate_one_row")]

    def __str__(self) -> str:
        return f"believed until {self.believed_at}"

    @property
    def behind(self) -> timedelta:
        """How much of what the clock said is not believed yet."""
        return max(self.seen_at - self.believed_at, timedelta(0))


def believed(now: datetime) -> datetime:
    """The time to delete by: `now`, or earlier where the clock has just leapt ahead. Notes what the clock says."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [now])
        time: datetime = cursor.fetchone()[0]
    if now - time > LATE_AFTER:
        logger.warning("the clock says %s and is believed until %s; by that, what is old is deleted", now, time)
    return time
