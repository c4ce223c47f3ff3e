#!/usr/bin/env python
"""DGX's command line: every administrator's task is a `manage.py` command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 — only after the settings are named

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
