"""What the pages of ours may load: settings of django-csp.

Nothing comes from elsewhere but media from the store and, where they are asked for, the map's tiles. No page of ours
has an inline script. The admin's theme evaluates expressions in its markup (Alpine) and sets colours in a style
element, so scripts may evaluate and styles may be inline; pages that do not need it say so themselves.
"""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE


def origin_of(address: str) -> str:
    """Scheme, host and port of an address; of a template such as https://{s}.tiles.example/{z} with its wildcard."""
    parts = urlsplit(address.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def store_origin(*, endpoint: str | None, bucket: str, region: str) -> str:
    """Where browsers reach media: the named S3 server, or AWS's address of the bucket."""
    return origin_of(endpoint) if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"


def policy(*, store: str, tiles: str) -> dict[str, dict[str, list[str]]]:
    """The policy of every page that has none of its own. `store` and `tiles` are origins; tiles may be empty."""
    pictures = [SELF, "data:", "blob:", store]
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "script-src": [SELF, UNSAFE_EVAL],
            "style-src": [SELF, UNSAFE_INLINE],
            "img-src": [*pictures, tiles] if tiles else pictures,
            "media-src": [SELF, "blob:", store],
            "font-src": [SELF, "data:"],
            "connect-src": [SELF, store],
            "frame-src": [SELF, store],
            "worker-src": [SELF, "blob:"],
            "object-src": [NONE],
            "base-uri": [NONE],
            "form-action": [SELF],
            "frame-ancestors": [NONE],
        }
    }
