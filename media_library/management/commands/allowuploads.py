"""Let browsers send files straight to the store: the bucket's CORS rules."""

from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dgx.core.errors import NotFound, Unavailable
from media_library.services import storage


class Command(BaseCommand):
    help = (
        "Writes the bucket's CORS rules, so that the admin's pages send files straight to S3 and show previews: name "
        "the addresses under which people open the admin. Stores that keep no such rules are told what to configure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("origins", nargs="+", metavar="origin", help="such as https://dgx.example.com")

    def handle(self, *args: Any, origins: list[str], **options: Any) -> None:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
                raise CommandError(
                    f"“{origin}” is no origin: give scheme and host alone, as in https://dgx.example.com."
                )
        try:
            storage.allow_browsers(origins)
        except (NotFound, Unavailable) as error:
            raise CommandError(
                "The store did not take the rules. Some stores keep none: allow there, in its own configuration, GET, "
                "HEAD and PUT with any header from these origins."
            ) from error
        self.stdout.write(f"Browsers may send files from {', '.join(origins)}.")
