"""Groups, devices and their credentials for tests."""

import factory

from devices.models import Device, Group
from devices.services.enrolment import issue_token


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    class Meta:
        model = Group

    name = factory.Sequence(lambda n: f"group-{n}")


class DeviceFactory(factory.django.DjangoModelFactory[Device]):
    class Meta:
        model = Device

    mobile_id = factory.Sequence(lambda n: f"device-{n}")


def enrolled_device(**fields: object) -> tuple[Device, str]:
    """A device with its token in clear."""
    device = DeviceFactory.create(**fields)
    return device, issue_token(device)
