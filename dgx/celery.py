"""The Celery application: finds each app's `tasks.py` and takes its settings from Django's, prefixed CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")

app = Celery("dgx")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
