"""A faithful reading of the old combined service: sync routes, a pool of psycopg2 connections, boto3 signing on each
request, one table a noun. Only the routes that the benchmarks drive are here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.client import Config
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from psycopg2.extras import RealDictCursor
from psycopg2.pool import PoolError, ThreadedConnectionPool
from pydantic import BaseModel

Json = dict[str, Any]
DSN = os.environ["PEER_DSN"]
BUCKET = os.environ.get("S3_BUCKET", "bench")
EXPIRES = int(os.environ.get("PRESIGN_EXPIRES", "3600"))

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
pool = ThreadedConnectionPool(int(os.environ.get("PG_MIN_CONN", "1")), int(os.environ.get("PG_MAX_CONN", "10")), DSN)
s3 = boto3.client(
    "s3",
    region_name="us-east-1",
    aws_access_key_id="bench",
    aws_secret_access_key="benchbench",  # noqa: S106 — opens nothing
    config=Config(signature_version="s3v4"),
)


@contextmanager
def db() -> Iterator[Any]:
    """A cursor; committed at the end of the block."""
    try:
        connection = pool.getconn()
    except PoolError as error:
        raise HTTPException(503, "Database connection pool exhausted") from error
    try:
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            yield cursor
    finally:
        pool.putconn(connection)


class Online(BaseModel):
    is_online: bool = True


class Temperature(BaseModel):
    temperature: float


@app.get("/health")
def health() -> Json:
    return {"status": "ok"}


@app.get("/device/{mobile_id}/presigned_urls")
def presigned_urls(mobile_id: str) -> Json:
    with db() as cursor:
        cursor.execute("select id from device where mobile_id=%s", (mobile_id,))
        device = cursor.fetchone()
        if not device:
            raise HTTPException(404, "Device not found")
        cursor.execute(
            "select v.* from device_video_shop_group l join video v on v.id=l.vid where l.did=%s order by v.id",
            (device["id"],),
        )
        rows = cursor.fetchall()
    return {"mobile_id": mobile_id, "items": [_item(row) for row in rows]}


def _item(row: Json) -> Json:
    kept = ("video_name", "rotation", "fit_mode", "content_type", "display_duration")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": row["s3_key"]}, ExpiresIn=EXPIRES)
    return {name: row[name] for name in kept} | {"url": url}


@app.post("/device/{mobile_id}/online")
def online(mobile_id: str, body: Online) -> Json:
    _report(mobile_id, "is_online", body.is_online, "online")
    return {"mobile_id": mobile_id, "is_online": body.is_online}


@app.post("/device/{mobile_id}/temperature")
def temperature(mobile_id: str, body: Temperature) -> Json:
    _report(mobile_id, "temperature", body.temperature, "temperature")
    return {"mobile_id": mobile_id, "temperature": body.temperature}


def _report(mobile_id: str, column: str, value: float, log_type: str) -> None:
    with db() as cursor:
        cursor.execute(
            f"update device set {column}=%s, last_seen=now() where mobile_id=%s returning id", (value, mobile_id)
        )
        device = cursor.fetchone()
        if not device:
            raise HTTPException(404, "Device not found")
        cursor.execute(
            "insert into device_logs(did, log_type, value) values (%s,%s,%s)", (device["id"], log_type, float(value))
        )
