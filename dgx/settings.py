"""Settings, read from the environment and nothing else; `docs/configuration.md` explains each.

Every secret can also be given as a file, by `NAME_FILE`. A value that cannot be read stops the start with its name.

Every setting has its line here, and every variable is read here. What is long and no choice of an operator's is said
elsewhere: periodic tasks in `dgx/schedule.py`, the API and its document in `dgx/api_settings.py`, log lines in
`dgx/core/logs.py`, what pages may load in `dgx/csp.py`, the admin's look and sidebar in `dgx/theme.py`.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, unquote

from boto3.s3.transfer import TransferConfig
from botocore.config import Config as BotoConfig
from django.core.exceptions import ImproperlyConfigured

from dgx import api_settings
from dgx.core.logs import logging_settings
from dgx.csp import origin_of, policy, store_origin
from dgx.environment import Environment
from dgx.schedule import schedule
from dgx.theme import UNFOLD  # noqa: F401 — a setting, read by the theme

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
DGX_VAR = Path(env.str("DGX_VAR", default=str(BASE_DIR / "var")))
if (DGX_VAR / "stack.env").is_file():  # a running `make run`: its servers also serve `manage.py` in a second terminal
    env.read_env(DGX_VAR / "stack.env")

DEBUG = env.bool("DGX_DEBUG", default=False)


def _required(name: str, why: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why} `make run` sets it for you; see docs/configuration.md.")
    return str(value)


# --- identity and hosts -----------------------------------------------------------------------------------------------
SECRET_KEY = _required("DGX_SECRET_KEY", "it signs sessions and tokens; give 50 random characters.")
ALLOWED_HOSTS = env.list("DGX_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if DEBUG:
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = env.list("DGX_CSRF_TRUSTED_ORIGINS", default=[])

DGX_SERVICE = env.str("DGX_SERVICE", default="all")
"""Which of the five old services' routes are served at the root: device, video, shop, group, combined or all."""
DGX_LEGACY_ANONYMOUS = env.bool("DGX_LEGACY_ANONYMOUS", default=False)
"""Serve the old routes without a credential, as the old services did. Only for a trusted network."""
DGX_LEGACY_CORS = env.bool("DGX_LEGACY_CORS", default=DGX_LEGACY_ANONYMOUS)
"""Let scripts of any website's pages call the old routes, as the old services did."""

# --- applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the admin's site is ours, see the next but two
    "unfold.contrib.filters",
    "unfold.contrib.inlines",
    "dgx.people.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "pgtrigger",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "dgx.core",
    "locations",
    "devices",
    "media_library",
    "telemetry",
    "dgx.protocol",
    "dgx.importer",
    "dgx.people.apps.PeopleConfig",
    "dgx.roles",
    "dgx.care",
    "dgx.dashboard",
    "dgx.demo",
]

MIDDLEWARE = [
    "dgx.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "dgx.core.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dgx.core.middleware.UnavailableMiddleware",
    "media_library.middleware.RefusedBodyMiddleware",
    "dgx.people.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dgx.people.middleware.SecondFactorMiddleware",
    "dgx.core.audit_middleware.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dgx.urls"
WSGI_APPLICATION = "dgx.wsgi.application"
APPEND_SLASH = False  # the API answers with and without a slash; a redirect would lose a device's POST body

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "dgx" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# --- the database -----------------------------------------------------------------------------------------------------
def _database_url() -> str:
    """`DATABASE_URL`, or the five PG* variables that the old services were configured with."""
    url = str(env.str("DATABASE_URL", default=""))
    if url:
        return url
    if not env.str("PGHOST", default=""):
        raise ImproperlyConfigured(
            "No database is named: set DATABASE_URL=postgres://user:password@host:5432/name, or the old PGHOST, "
            "PGPORT, PGDATABASE, PGUSER and PGPASSWORD. `make run` starts one for you."
        )
    user, password = quote(env.str("PGUSER", default="dgx"), safe=""), quote(env.str("PGPASSWORD", default=""), safe="")
    host, port = quote(env.str("PGHOST"), safe=""), env.int("PGPORT", default=5432)
    return f"postgres://{user}:{password}@{host}:{port}/{env.str('PGDATABASE', default='dgx')}"


DATABASES = {"default": env.db_url_config(_database_url())}
DATABASES["default"]["HOST"] = unquote(
    DATABASES["default"].get("HOST") or ""
)  # a socket's folder is written %2Ftmp%2F…
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name PostgreSQL (postgres://…): DGX uses its partitions and triggers."
    )
PG_MIN_CONN = env.int("PG_MIN_CONN", default=2)
PG_MAX_CONN = env.int("PG_MAX_CONN", default=10)
DATABASES["default"].setdefault("OPTIONS", {})
if env.bool("DGX_DB_POOL", default="PG_MAX_CONN" in env.ENVIRON):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": PG_MIN_CONN, "max_size": PG_MAX_CONN, "timeout": 3}
else:  # each thread keeps a connection of its own, with what it has prepared
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DGX_LOCK_WAIT_S = env.float("DGX_LOCK_WAIT_S", default=0)
"""Seconds that a statement waits for a lock; 0: for ever. The web server sets 5, for itself alone."""
DGX_STATEMENT_WAIT_S = env.float("DGX_STATEMENT_WAIT_S", default=0)
"""Seconds that a statement may take; 0: for ever. The web server sets 60, for itself alone; exports are not bound."""
_MOST_S = {"lock_timeout": DGX_LOCK_WAIT_S, "statement_timeout": DGX_STATEMENT_WAIT_S}
if _bounds := " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in _MOST_S.items() if seconds):
    DATABASES["default"]["OPTIONS"].setdefault("options", _bounds)
for _name, _most in {  # a machine that is gone says nothing: libpq finds out; over a Unix socket all but the first rest
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}.items():
    DATABASES["default"]["OPTIONS"].setdefault(_name, _most)
DGX_PG_BIN = env.str("DGX_PG_BIN", default="")
"""The folder of PostgreSQL's client programs, for `manage.py backup` and `restore`; empty: those on PATH."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: Celery's broker, rate limits and short-lived caches; never the only copy of anything ----------------------
REDIS_URL = _required("REDIS_URL", "Celery's broker lives there, as in redis://host:6379/0.")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "dgx",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},  # rate limits: better open than waited for
    }
}
# kombu spells a socket's URL differently and takes the database as virtual_host
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a worker that dies gives its task back
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "socket_timeout": 5, "socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1}  # a request does not wait for Redis; sweeps find what it missed
CELERY_TASK_ROUTES = {"media_library.tasks.process_video": {"priority": 9}}  # Redis' last: no film delays the sweep
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # the worker logs as the web does
CELERY_BEAT_SCHEDULER = "dgx.beat:Scheduler"
DGX_SWEEP_SECONDS = env.int("DGX_SWEEP_SECONDS", default=15)
CELERY_BEAT_SCHEDULE = schedule(sweep_seconds=DGX_SWEEP_SECONDS)

# --- files: S3 for media, whitenoise for the admin's own --------------------------------------------------------------
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
S3_PUBLIC_ENDPOINT_URL = env.str("S3_PUBLIC_ENDPOINT_URL", default="") or S3_ENDPOINT_URL
"""The address under which devices and browsers reach the same store; differs inside Docker."""
S3_BUCKET = _required("S3_BUCKET", "media are stored there.")
S3_PREFIX = env.str("S3_PREFIX", default="myvideos").strip("/")
S3_ACCESS_KEY_ID = env.str("S3_ACCESS_KEY_ID", default="") or env.str("AWS_ACCESS_KEY_ID", default="")
S3_SECRET_ACCESS_KEY = env.str("S3_SECRET_ACCESS_KEY", default="") or env.str("AWS_SECRET_ACCESS_KEY", default="")
AWS_REGION = env.str("AWS_REGION", default="us-east-1")
PRESIGN_EXPIRES = env.int("PRESIGN_EXPIRES", default=3600)
"""Seconds that a URL handed out by the old routes lives, 60 to 604800."""

S3_TRANSFER = TransferConfig(multipart_threshold=16 * 1024**2, multipart_chunksize=8 * 1024**2, max_concurrency=2)
S3_TRANSFER.max_in_memory_upload_chunks = 3  # an upload holds at most 24 MB, however large it is

STORAGES = {
    "default": {
        "BACKEND": "media_library.services.store.Store",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "access_key": S3_ACCESS_KEY_ID or None,
            "secret_key": S3_SECRET_ACCESS_KEY or None,
            "region_name": AWS_REGION,
            "client_config": BotoConfig(
                s3={"addressing_style": "path" if S3_ENDPOINT_URL else "auto"},
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=20,  # the longest wait; `media_library.services.store` says how much less questions have
                retries={"mode": "standard", "max_attempts": 3},
                request_checksum_calculation="when_required",  # many S3 servers do not read the newer trailers
                response_checksum_validation="when_required",
            ),
            "transfer_config": S3_TRANSFER,
            "file_overwrite": True,  # a key holds its content's hash: the same key is the same bytes
            "default_acl": None,
            "querystring_auth": True,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # a checkout needs no collectstatic, nor do its tests
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

DGX_UPLOAD_MAX_BYTES = env.int("DGX_UPLOAD_MAX_BYTES", default=4 * 1024**3)
DGX_UPLOAD_PART_BYTES = env.int("DGX_UPLOAD_PART_BYTES", default=8 * 1024**2)
"""What a browser sends to S3 at once, and again when it fails; S3 takes no less than 5 MiB."""
DGX_BIN_DAYS = env.int("DGX_BIN_DAYS", default=30)
DGX_IMAGE_MAX_PIXELS = env.int("DGX_IMAGE_MAX_PIXELS", default=100_000_000)
"""Images of more pixels are refused before they are decoded (a decompression bomb is small on disk)."""
DGX_DECODER_MEMORY_BYTES = env.int("DGX_DECODER_MEMORY_BYTES", default=2 * 1024**3)
"""What looking into one file may take; a video in 8K needs about one GB."""
DGX_DECODER_SECONDS = env.int("DGX_DECODER_SECONDS", default=120)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("DGX_BODY_MAX_BYTES", default=2 * 1024**2)
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024**2  # larger uploads stream to a temporary file
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "media_library.uploadhandlers.BoundedUploadHandler",  # stops at DGX_UPLOAD_MAX_BYTES, says when the disk is full
]
FILE_UPLOAD_TEMP_DIR = env.str("DGX_UPLOAD_TEMP_DIR", default="") or None
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the admin's "select all" of a page and its inlines

# --- presence and telemetry -------------------------------------------------------------------------------------------
DGX_REPORT_INTERVAL_S = env.int("DGX_REPORT_INTERVAL_S", default=20)
"""Seconds between a device's reports, where neither the device nor its group says otherwise."""
DGX_MISSED_REPORTS = env.int("DGX_MISSED_REPORTS", default=3)
"""Reports a device may miss before it counts as offline: 20 s x 3 is the old services' minute."""
DGX_MASS_SILENCE_SHARE = env.float("DGX_MASS_SILENCE_SHARE", default=0.3)
"""When more than this share of the online fleet goes silent in one sweep, one event says so."""
DGX_HOT_CELSIUS = env.float("DGX_HOT_CELSIUS", default=70.0)
"""A device that reports more counts as degraded. 70 is ten degrees before a Raspberry Pi slows itself down:
https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#frequency-management-and-thermal-control"""
DGX_DISK_LOW_BYTES = env.int("DGX_DISK_LOW_BYTES", default=500 * 1000**2)
"""A device with less free storage counts as degraded: a few minutes of video in full HD no longer fit."""
DGX_CONTENT_GRACE_MINUTES = env.int("DGX_CONTENT_GRACE_MINUTES", default=30)
"""How long a device may take to download a change before it counts as degraded."""
DGX_LOG_RETENTION_DAYS = env.int("DGX_LOG_RETENTION_DAYS", default=90)
DGX_PLAY_RETENTION_DAYS = env.int("DGX_PLAY_RETENTION_DAYS", default=400)
"""Proof of play by the hour is kept longer than logs: campaigns are accounted for afterwards, by the year."""
DGX_AUDIT_RETENTION_DAYS = env.int("DGX_AUDIT_RETENTION_DAYS", default=730)
DGX_PAIRING_MINUTES = env.int("DGX_PAIRING_MINUTES", default=15)

# --- people and programs ----------------------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = env.int("DGX_LOGIN_FAILURES", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("DGX_LOGIN_LOCK_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a guesser locks himself out, not the person whose name it is
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "dgx.core.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "dgx.core.lockout.answer"
AXES_DISABLE_ACCESS_LOG = True  # who logged in is kept by the audit and last_login; failures are kept until they age
AXES_ENABLE_ADMIN = False  # the package's pages do not wear the theme; ours do
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]  # the password is masked besides
DGX_REQUIRE_SECOND_FACTOR = env.str("DGX_REQUIRE_SECOND_FACTOR", default="none")
"""Who has to have a second factor: none, administrators or everyone."""
if DGX_REQUIRE_SECOND_FACTOR not in {"none", "administrators", "everyone"}:
    raise ImproperlyConfigured(
        f"DGX_REQUIRE_SECOND_FACTOR is {DGX_REQUIRE_SECOND_FACTOR!r}: it can be none, administrators or everyone."
    )
OTP_TOTP_ISSUER = "DGX"  # what an authenticator app names it
DGX_API_KEY_DAYS = env.int("DGX_API_KEY_DAYS", default=365)
"""Days that a new API key lives at most, and where nobody says otherwise; 0: it may live for ever."""

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_ENGINE = "dgx.people.sessions"
DGX_SESSION_DAYS = env.int("DGX_SESSION_DAYS", default=14)
"""The longest that a browser stays logged in, however busy it is."""
SESSION_COOKIE_AGE = DGX_SESSION_DAYS * 86_400
DGX_SESSION_IDLE_HOURS = env.int("DGX_SESSION_IDLE_HOURS", default=24)
"""A browser that asks for nothing for so long is logged out."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

DGX_HTTPS = env.bool("DGX_HTTPS", default=not DEBUG)
"""The site is reached over https (a proxy in front ends TLS and sets X-Forwarded-Proto)."""
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = DGX_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DGX_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^db_health$"]  # probes inside the cluster speak plain http
SECURE_HSTS_SECONDS = env.int("DGX_HSTS_SECONDS", default=31_536_000) if DGX_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = DGX_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DGX_MAP_TILES_URL = env.str("DGX_MAP_TILES_URL", default="")
"""Where the map of shops gets its tiles; empty: it draws the land's outlines itself and asks no other machine."""
DGX_MAP_TILES_ATTRIBUTION = env.str("DGX_MAP_TILES_ATTRIBUTION", default="")
CONTENT_SECURITY_POLICY = policy(
    store=store_origin(endpoint=S3_PUBLIC_ENDPOINT_URL, bucket=S3_BUCKET, region=AWS_REGION),
    tiles=origin_of(DGX_MAP_TILES_URL),
)

REST_FRAMEWORK = api_settings.REST_FRAMEWORK | {
    "DEFAULT_THROTTLE_RATES": {
        "login": env.str("DGX_LOGIN_RATE", default="20/min"),
        "refresh": env.str("DGX_REFRESH_RATE", default="120/min"),
        "key": env.str("DGX_KEY_RATE", default="1200/min"),
        "user": env.str("DGX_USER_RATE", default="1200/min"),
        "anonymous": env.str("DGX_ANONYMOUS_RATE", default="600/min"),
        "device": env.str("DGX_DEVICE_RATE", default="120/min"),
        "old_device": env.str("DGX_OLD_DEVICE_RATE", default="off"),  # these fleets have never met a 429
        "failure": env.str("DGX_FAILURE_RATE", default="60/min"),
    },
    "NUM_PROXIES": env.int("DGX_PROXIES", default=0),  # how many proxies in front write X-Forwarded-For
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("DGX_JWT_ACCESS_MINUTES", default=15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("DGX_JWT_REFRESH_DAYS", default=14)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": True,
}
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["dgx.formats"]

DEFAULT_EXCEPTION_REPORTER = "dgx.core.error_pages.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "dgx.core.error_pages.Filter"

# --- logs of our own processes ----------------------------------------------------------------------------------------
LOG_FORMAT = env.str("DGX_LOG_FORMAT", default="text" if DEBUG else "json")
if LOG_FORMAT not in {"text", "json"}:
    raise ImproperlyConfigured(f"DGX_LOG_FORMAT is {LOG_FORMAT!r}: it can be text or json.")
LOGGING = logging_settings(layout=LOG_FORMAT, level=env.str("DGX_LOG_LEVEL", default="INFO"))
