#!/usr/bin/env python
"""DGX's command line: every administrator's task is a `manage.py` command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")
    # only after the settings are named
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from dgx.core.audit import Door, change  # noqa: PLC0415

    try:
        with change(door=Door.COMMAND, what=f"manage.py {' '.join(sys.argv[1:2])}"):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # it names the setting and what to do: the way to it is no help
        sys.exit(str(error))


if __name__ == "__main__":
    main()
