"""What nobody can use any more goes: sessions that ran out, and refresh tokens, whose list would only grow."""

from datetime import datetime

from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken


def clear_expired(*, now: datetime) -> dict[str, int]:
    """Delete them; returns how many rows went, by kind. A refresh token goes with the note that it was taken back."""
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    _, gone = OutstandingToken.objects.filter(expires_at__lt=now).delete()
    return {"sessions": sessions, "tokens": gone.get(OutstandingToken._meta.label, 0)}
