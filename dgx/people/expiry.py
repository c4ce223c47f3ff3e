"""What nobody can use any more goes: sessions that ran out, refresh tokens, and the logins that they were of."""

from datetime import datetime

from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from dgx.people.models import Session, TokenLogin
from dgx.people.tokens import alive_since


def clear_expired(*, now: datetime) -> dict[str, int]:
    """Delete them; returns how many rows went, by kind. A refresh token goes with the note that it was taken, and its
    login once none of its tokens can come any more."""
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    _, gone = OutstandingToken.objects.filter(expires_at__lt=now).delete()
    logins, _ = TokenLogin.objects.filter(last_used_at__lt=alive_since(now)).delete()
    return {"sessions": sessions, "tokens": gone.get(OutstandingToken._meta.label, 0), "logins": logins}
