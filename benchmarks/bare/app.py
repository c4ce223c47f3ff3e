"""Three Django views that do one thing each, with a database connection per thread and no middleware."""

import os
import threading

import psycopg
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[], SECRET_KEY="-" * 50)

SELECT = "SELECT name, seen_at FROM bare_device WHERE id = %s"
WRITE = """
WITH seen AS (UPDATE bare_device SET seen_at = now() WHERE id = %s RETURNING id)
INSERT INTO bare_log (device_id, value) SELECT id, 41.5 FROM seen
"""
"""A heap-only update of a narrow row and an inserted row, in one statement and one commit."""

_local = threading.local()


def connection() -> psycopg.Connection:
    """This thread's connection; psycopg prepares a statement that it sees for the sixth time."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["BARE_DSN"], autocommit=True)
    found: psycopg.Connection = _local.connection
    return found


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


def select(request: HttpRequest, device: int) -> HttpResponse:
    row = connection().execute(SELECT, [device]).fetchone()
    return HttpResponse(str(row))


def write(request: HttpRequest, device: int) -> HttpResponse:
    connection().execute(WRITE, [device])
    return HttpResponse(b"ok")


urlpatterns = [path("nothing", nothing), path("select/<int:device>", select), path("write/<int:device>", write)]
application = get_wsgi_application()
