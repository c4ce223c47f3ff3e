"""The WSGI entry point that granian serves: `granian --interface wsgi dgx.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")
everything = get_wsgi_application()

from dgx.chunked import reading_chunks  # noqa: E402 — these need the applications
from dgx.express import Express  # noqa: E402

application = reading_chunks(Express(everything))
