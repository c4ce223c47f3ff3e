"""`manage.py makefleet`: fills an empty database with a large fleet, to measure on and to look at."""

import time
from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dgx.core.errors import Refusal
from dgx.demo.makefleet import Size, make_fleet


class Command(BaseCommand):
    help = "Fill an empty database with a large fleet: 100,000 devices and 10,000,000 logs unless told otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for field in fields(Size):
            parser.add_argument(
                f"--{field.name}",
                type=int,
                default=field.default,
                help=f"How many {field.name} (default {field.default:,}).",
            )
        parser.add_argument(
            "--interval",
            type=int,
            default=3600,
            help="Seconds between two reports (default 3600). Nobody reports, so they are online for that long.",
        )
        parser.add_argument("--add", action="store_true", help="Also into a database that is not empty.")

    def handle(self, **options: Any) -> None:
        size = Size(**{field.name: options[field.name] for field in fields(Size)})
        began = last = time.monotonic()
        try:
            for done in make_fleet(size=size, interval_s=options["interval"], now=timezone.now(), add=options["add"]):
                now, before = time.monotonic(), last
                last = now
                self.stdout.write(f"{now - before:7.1f} s  {done}")
        except Refusal as refusal:
            raise CommandError("".join(f"--{name}: " for name in refusal.fields) + refusal.message) from refusal
        self.stdout.write(f"Made the fleet in {time.monotonic() - began:.1f} s.")
