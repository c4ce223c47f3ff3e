"""A database as the old five services left it, made beside the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql

SCHEMA = """
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
    id serial PRIMARY KEY, did integer REFERENCES device, vid integer REFERENCES video, sid integer REFERENCES shop,
    gid integer REFERENCES "group", display_order integer DEFAULT 0,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), UNIQUE (did, vid, sid, gid));
CREATE TABLE device_logs (
    id bigserial PRIMARY KEY, did integer, log_type text, value double precision, logged_at timestamptz DEFAULT now());
CREATE TABLE device_online_history (
    id bigserial PRIMARY KEY, did integer, event_type text, event_at timestamptz DEFAULT now());
CREATE TABLE device_temperature (
    id bigserial PRIMARY KEY, did integer, temperature double precision, recorded_at timestamptz DEFAULT now());
"""


def dsn_of(name: str) -> str:
    """The address of a database on the server of the tests."""
    settings = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=settings["HOST"], port=settings["PORT"] or None, user=settings["USER"], dbname=name
    )


@contextmanager
def old_database(name: str, schema: str = SCHEMA) -> Iterator[psycopg.Connection]:
    """A new database with the old tables, dropped at the end; the connection commits by itself."""
    quoted = sql.Identifier(name)
    with psycopg.connect(dsn_of("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
        server.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
        try:
            with psycopg.connect(dsn_of(name), autocommit=True) as made:
                made.execute(schema)
                yield made
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))
