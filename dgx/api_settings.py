"""How the API is read, answered, paged, limited and described: settings of Django REST framework and of its OpenAPI
document (drf-spectacular). What an operator chooses of them is read in `dgx/settings.py`."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dgx.core.api.authentication.ApiKeyAuthentication",
        "dgx.people.api.authentication.LoginTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dgx.core.api.permissions.ModelPermissions"],
    "DEFAULT_PAGINATION_CLASS": "dgx.core.api.pagination.BoundedLimitOffset",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": [
        "dgx.core.api.filters.StrictFilters",
        "rest_framework.filters.SearchFilter",
        "dgx.core.api.filters.StableOrdering",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dgx.core.api.errors.exception_handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dgx.core.api.parsers.StrictJSONParser"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS says nothing that /openapi.json does not say better
    "DEFAULT_THROTTLE_CLASSES": [
        "dgx.core.api.throttles.KeyThrottle",
        "dgx.core.api.throttles.UserThrottle",
        "dgx.core.api.throttles.AddressThrottle",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "DGX",
    "DESCRIPTION": "Devices, media, places and telemetry of a chain of shops.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "persistAuthorization": True, "deepLinking": True},
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dgx.protocol.openapi.document_protocol",
        "dgx.core.api.schema.document_refusals",
        "dgx.core.api.schema_links.link_resources",
        "dgx.core.api.schema_links.refuse_unknown_fields",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DeviceKindEnum": "devices.models.Device.Kind",
        "DeviceStateEnum": "devices.models.Device.State",
        "DeviceStatusEnum": "devices.services.status.StatusCode",
        "PairingStateEnum": "devices.models.Pairing.State",
        "VideoKindEnum": "media_library.models.Video.Kind",
        "VideoStateEnum": "media_library.models.Video.State",
    },
    "TAGS": [
        {"name": "devices", "description": "Players, sensors, cameras, gateways and tags, with what they report."},
        {"name": "groups", "description": "Devices that are run together, and their playlists."},
        {"name": "shops", "description": "The places of the chain, with their clocks."},
        {"name": "videos", "description": "Media: videos, images, pages and PDF."},
        {"name": "emergencies", "description": "Videos that take screens over until an end, and revert by themselves."},
        {"name": "uploads", "description": "Large files, straight to the store, in parts."},
        {"name": "bin", "description": "Media that were thrown away: back with their links, or gone for good."},
        {"name": "links", "description": "Which video is shown where, in which order, and when."},
        {"name": "logs", "description": "What devices reported, newest first, and its export."},
        {"name": "plays", "description": "Proof of play: what was shown where, by the hour, and its export."},
        {"name": "pairings", "description": "Screens that show a code and wait for an operator."},
        {"name": "enrolment-keys", "description": "Keys that let new devices in without a hand."},
        {"name": "api-keys", "description": "Your own keys, for your programs."},
        {"name": "changes", "description": "The audit: who changed what, from what to what, by which door."},
        {"name": "auth", "description": "Tokens for a name and a password (JWT)."},
        {"name": "device", "description": "What devices call: enrol, claim, poll, manifest."},
    ],
}
