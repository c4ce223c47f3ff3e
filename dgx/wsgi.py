"""The WSGI entry point that granian serves: `granian --interface wsgi dgx.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from dgx.chunked import reading_chunks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")

application = reading_chunks(get_wsgi_application())
