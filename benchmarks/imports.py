"""`manage.py importlegacy` of a whole old database: five tables and the logs, in one transaction."""

import time
from collections.abc import Mapping

from django.db import connection

from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import count
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from dgx.importer.services import import_legacy

LINKS_EACH = 5

_OLD = """
CREATE TABLE device (
    id serial PRIMARY KEY, mobile_id text NOT NULL, download_status boolean DEFAULT false,
    is_online boolean DEFAULT false, last_online_at timestamptz, temperature double precision DEFAULT 0,
    daily_count integer DEFAULT 0, monthly_count integer DEFAULT 0, last_daily_reset date, last_monthly_reset date,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE shop (id serial PRIMARY KEY, shop_name text NOT NULL,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE "group" (id serial PRIMARY KEY, gname text NOT NULL,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE video (
    id serial PRIMARY KEY, video_name text UNIQUE NOT NULL, s3_link text, rotation integer DEFAULT 0,
    content_type text DEFAULT 'video', fit_mode text DEFAULT 'cover', display_duration integer DEFAULT 10,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE device_video_shop_group (
    id serial PRIMARY KEY, did integer, vid integer, sid integer, gid integer, display_order integer DEFAULT 0,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), UNIQUE (did, vid, sid, gid));
CREATE TABLE device_logs (
    id bigserial PRIMARY KEY, did integer, log_type text, value double precision, logged_at timestamptz DEFAULT now());

INSERT INTO shop (shop_name) SELECT 'shop-' || n FROM generate_series(1, 1000) n;
INSERT INTO "group" (gname) SELECT 'group-' || n FROM generate_series(1, 50) n;
INSERT INTO video (video_name, s3_link) SELECT 'video-' || n, 's3://old/video-' || n || '.mp4'
  FROM generate_series(1, 200) n;
INSERT INTO device (mobile_id, is_online, last_online_at)
SELECT 'dev-' || n, true, now() FROM generate_series(1, {devices}) n;
INSERT INTO device_video_shop_group (did, vid, sid, gid, display_order)
SELECT d, 1 + (d * 7 + v * 3) % 200, 1 + d % 1000, 1 + d % 50, v
  FROM generate_series(1, {devices}) d, generate_series(1, {links}) v;
INSERT INTO device_logs (did, log_type, value, logged_at)
SELECT 1 + n % {devices}, 'temperature', 20 + n % 30, now() - interval '60 days' * n / {logs}
  FROM generate_series({logs}, 1, -1) n;
"""


class Imports(Benchmark):
    title = f"importlegacy of 100,000 devices with {LINKS_EACH} links each and 5,000,000 logs"
    figures = {
        "seconds": Figure("the import", "s", at_most(180), sized=True),
        "rate": Figure("rows", "/s"),
    }
    runs = 3

    def setup(self, rig: Rig) -> None:
        self.devices, self.logs = rig.size(100_000, 5_000), rig.size(5_000_000, 100_000)
        self.old = rig.database("template1")
        with connection.cursor() as cursor:
            cursor.execute(_OLD.format(devices=self.devices, logs=self.logs, links=LINKS_EACH))
        rig.settle()

    def run(self, rig: Rig) -> Mapping[str, float]:
        rig.database()
        started = time.perf_counter()
        import_legacy(dsn=rig.url_of(self.old), dry_run=False)
        taken = time.perf_counter() - started
        if (count("devices_device"), count("telemetry_devicelog")) != (self.devices, self.logs):
            raise BenchmarkError("the import left rows behind")
        return {"seconds": taken, "rate": (self.devices * (1 + LINKS_EACH) + self.logs) / taken}


BENCHMARK = Imports
