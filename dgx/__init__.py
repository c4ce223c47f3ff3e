"""The DGX project: settings, composition, the kernel, the device protocol and the embedded stack."""

from dgx.celery import app as celery_app

__all__ = ["celery_app"]
