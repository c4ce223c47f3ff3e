"""Registers the device protocol, so that its tests and checks are found."""

from django.apps import AppConfig


class ProtocolConfig(AppConfig):
    name = "dgx.protocol"
    label = "protocol"
