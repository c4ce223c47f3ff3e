"""What the embedded S3 server does with the calls that DGX relies on; see `dgx/stack/s3.py`."""

import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from dgx.stack.services import embedded
from dgx.tests.stack_helpers import bare_environment

KEY = "myvideos/0a1b.mp4"
TYPED = {"ContentType": "video/mp4", "ContentDisposition": 'attachment; filename="a.mp4"'}


def client(env: dict[str, str]):
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=env["S3_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def start(var: Path):
    return embedded(var, durable=False, environment=bare_environment(DATABASE_URL="x", REDIS_URL="x"))


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with start(tmp_path_factory.mktemp("s3") / "var") as env:
        s3 = client(env)
        s3.put_object(Bucket=env["S3_BUCKET"], Key=KEY, Body=b"0123456789", **TYPED)
        yield s3, env["S3_BUCKET"]


def presign(store, *, seconds: int = 60, **more: str) -> str:
    s3, bucket = store
    return str(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": KEY, **more}, ExpiresIn=seconds))


def test_a_presigned_url_serves_the_bytes_under_the_name_it_was_signed_with(store):
    url = presign(
        store, ResponseContentDisposition='attachment; filename="menu.mp4"', ResponseContentType="video/x-m4v"
    )
    status, headers, body = fetch(url)
    assert (status, body) == (200, b"0123456789")
    assert headers["Content-Disposition"] == 'attachment; filename="menu.mp4"'
    assert headers["Content-Type"] == "video/x-m4v"


def test_a_range_serves_the_part_though_with_status_200(store):
    status, headers, body = fetch(presign(store), Range="bytes=4-6")
    assert (status, headers["Content-Range"], body) == (200, "bytes 4-6/10", b"456")
    assert fetch(presign(store), Range="bytes=90-")[0] == 416


def test_a_url_that_was_tampered_with_is_refused(store):
    assert fetch(presign(store)[:-4] + "0000")[0] == 403


def test_browsers_of_every_origin_may_read(store):
    assert fetch(presign(store), Origin="https://shop.example")[1]["Access-Control-Allow-Origin"] == "*"


def test_a_restart_forgets_the_disposition_and_guesses_the_type_from_the_key(tmp_path):
    with start(tmp_path / "var") as env:
        for key in (KEY, "without-extension"):
            client(env).put_object(Bucket=env["S3_BUCKET"], Key=key, Body=b"x", **TYPED)
        assert client(env).head_object(Bucket=env["S3_BUCKET"], Key=KEY)["ContentDisposition"]

    with start(tmp_path / "var") as env:
        head = client(env).head_object(Bucket=env["S3_BUCKET"], Key=KEY)
        assert "ContentDisposition" not in head
        assert head["ContentType"] == "video/mp4"
        untyped = client(env).head_object(Bucket=env["S3_BUCKET"], Key="without-extension")
        assert untyped["ContentType"] == "application/octet-stream"
