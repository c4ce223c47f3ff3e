"""django-otp's own pages go: they show secrets in clear, and a second factor is not made by others."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

for registered in (TOTPDevice, StaticDevice):
    admin.site.unregister(registered)
