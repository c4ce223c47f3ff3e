"""How the settings read the environment: by django-environ, where `NAME_FILE` may name a file that holds the value of
`NAME`, with what secrets in files need besides."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class Variables(FileAwareMapping):
    """The environment. The line break that editors and `echo` put at a file's end is no part of a secret."""

    def __getitem__(self, name: str) -> str:
        try:
            value = str(super().__getitem__(name))
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error}") from None
        return value.rstrip("\r\n") if self.env.get(f"{name}_FILE") else value


class Environment(environ.FileAwareEnv):
    """django-environ's reader, but for texts that begin with a dollar: a password may, and names no other variable."""

    ENVIRON = Variables(cache=False)

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        if cast is str and var in self.ENVIRON:
            return self.ENVIRON[var]
        return super().get_value(var, cast, default, parse_default)
