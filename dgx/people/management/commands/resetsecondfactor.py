"""`manage.py resetsecondfactor`: takes a second factor away, for the last administrator whose phone is gone."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from dgx.core.audit import Door, change
from dgx.people.second_factor import turn_off


class Command(BaseCommand):
    help = "Take people's second factor away: they log in with the password alone, and are logged out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", nargs="+", help="Whose.")

    def handle(self, *, username: list[str], **options: Any) -> None:
        people = {person.username: person for person in User.objects.filter(username__in=username)}
        if unknown := [name for name in username if name not in people]:
            raise CommandError(f"There is nobody called {', '.join(unknown)}. Nothing was changed.")
        for name in username:
            with change(door=Door.COMMAND):
                done = turn_off(people[name])
            self.stdout.write(f"{name}: {'the second factor is off.' if done else 'had no second factor.'}")
