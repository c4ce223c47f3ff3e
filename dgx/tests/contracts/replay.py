#!/usr/bin/env python3
"""Replays recorded request/response transcripts against a running service and compares the answers.

    replay.py BASE_URL FILE_OR_FOLDER [FILE_OR_FOLDER ...] [--auth-header 'Authorization: Bearer KEY']

Only the Python standard library is needed. One line is printed for every mismatch and the last line reads
'N passed, M failed' (steps). The exit status is 1 when a step failed or nothing was replayed, else 0.

How a transcript is replayed
  * Every name in a transcript holds the transcript's "tag". Before a replay the tag is exchanged for a random one of the
    same length, so that a replay never meets what an earlier one left behind. --tag fixes it.
  * {{kind:NUMBER}} in a path or query stands for the id that the recording knew as NUMBER. The replayer learns the
    matching id of the service under test from earlier answers, one table for each kind.
  * {{today}}, {{today+N}} and {{today-N}} stand for a UTC date.
  * A step with "alias_of" uses a documented route; its recorded answer came from the route in alias_of. With
    --as-recorded the route in alias_of is called instead.
  * A step with "quirk" shows behaviour that should not be repeated. Its "better" part (status, response, match) is then
    what is expected; a quirk without "better" is not sent. With --as-recorded the recorded behaviour is expected.
  * A step with "url_from" fetches a URL that an earlier answer handed out, without the auth headers.

How an answer is compared (the "match" part of a step)
  status      a number or a list of acceptable numbers
  headers     content-type: media type only. content-disposition: disposition and file name. location: a URL
  body        a tree of the same form as the response; a key that it does not name is not compared
    exact     equal JSON value (1 and 1.0 are equal, true and 1 are not)
    type      same JSON type (anything where the recording has null)
    iso8601   a date-time with a UTC offset, or null where the recording has null
    id:KIND   an integer that stands for the recorded id of that kind: same recorded id, same id; other id, other id
    url       an absolute URL of the recorded scheme family, or a path from the root where the recording has http(s)
    any       not compared
    {"$items": SPEC, "$mode": ordered | set | contains, "$by": KEY, "$excludes": [...]}     a list
    {"$csv": {"columns": {NAME: exact | number | iso8601 | any}, "mode": ordered | contains, "by": NAME}}
    {"$text": exact | any}      a body that is neither JSON nor CSV
    {"$binary": exact}          length and SHA-256 of the body

Use from a test suite: Replayer(send).run(path) with send(method, url_or_path, headers, body) -> (status, headers, body).
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import http.client
import io
import json
import math
import random
import re
import string
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin, urlsplit

PLACEHOLDER = re.compile(r"\{\{(\w+)(?::(\d+)|([+-]\d+))?\}\}")


def http_send(method: str, url: str, headers: dict, body: bytes | None, timeout: float = 60.0):
    """Send one request, follow nothing, return (status, headers with lower-case names, body)."""
    parts = urlsplit(url)
    cls = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    conn = cls(parts.hostname, parts.port, timeout=timeout)
    try:
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        conn.request(method, target, body=body, headers=headers)
        reply = conn.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    finally:
        conn.close()


def json_type(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def equal(a, b) -> bool:
    if json_type(a) != json_type(b):
        return False
    if json_type(a) == "number":
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(a, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return a == b


def is_iso8601(value) -> bool:
    if not isinstance(value, str) or "T" not in value and " " not in value:
        return False
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "T", 1)).tzinfo is not None
    except ValueError:
        return False


def is_url(expected, value) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    if str(expected).startswith("http"):
        return bool(parts.scheme in ("http", "https") and parts.netloc) or value.startswith("/")
    return bool(parts.scheme == urlsplit(str(expected)).scheme and parts.netloc and parts.path.strip("/"))


def show(value, limit: int = 120) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return text if len(text) <= limit else text[: limit - 3] + "..."


def parse_disposition(value: str) -> tuple[str, str]:
    kind, _, rest = (value or "").partition(";")
    found = re.search(r'filename="?([^";]*)"?', rest)
    return kind.strip().lower(), found.group(1).strip() if found else ""


class Ids:
    """Recorded id <-> id of the service under test, one table for each kind."""

    def __init__(self):
        self.forward: dict[tuple[str, int], int] = {}
        self.backward: dict[tuple[str, int], int] = {}

    def match(self, kind: str, recorded: int, actual) -> str | None:
        if isinstance(actual, bool) or not isinstance(actual, int):
            return f"expected an integer id, got {show(actual)}"
        known = self.forward.get((kind, recorded))
        if known is not None:
            return None if known == actual else f"expected {kind} id {known}, got {actual}"
        other = self.backward.get((kind, actual))
        if other is not None:
            return f"{kind} id {actual} is already known as another {kind}"
        self.forward[kind, recorded] = actual
        self.backward[kind, actual] = recorded
        return None


class Comparer:
    def __init__(self, ids: Ids, strict: bool = False):
        self.ids, self.strict = ids, strict
        self.out: list[str] = []

    def fail(self, where: str, text: str) -> None:
        self.out.append(f"{where}: {text}")

    def body(self, spec, expected, actual, where: str = "$") -> None:
        if spec == "any":
            return
        if isinstance(spec, str):
            self.leaf(spec, expected, actual, where)
        elif "$items" in spec:
            self.items(spec, expected, actual, where)
        else:
            if not isinstance(actual, dict):
                return self.fail(where, f"expected an object, got {show(actual)}")
            for key, sub in spec.items():
                if key not in expected:
                    continue  # one tree serves all items of a list; this item was recorded without the key
                if key not in actual:
                    if sub != "any":
                        self.fail(f"{where}.{key}", f"missing (recorded {show(expected[key])})")
                else:
                    self.body(sub, expected[key], actual[key], f"{where}.{key}")
            if self.strict:
                for key in actual.keys() - expected.keys():
                    self.fail(f"{where}.{key}", "not in the recording")

    def leaf(self, spec: str, expected, actual, where: str) -> None:
        if spec == "exact":
            if not equal(expected, actual):
                self.fail(where, f"expected {show(expected)}, got {show(actual)}")
        elif spec == "type":
            if expected is not None and json_type(expected) != json_type(actual):
                self.fail(where, f"expected a value of type {json_type(expected)}, got {show(actual)}")
        elif spec == "min":
            if json_type(actual) != "number" or actual < expected:
                self.fail(where, f"expected {expected} or more, got {show(actual)}")
        elif expected is None:
            if actual is not None:
                self.fail(where, f"expected null, got {show(actual)}")
        elif spec == "iso8601":
            if not is_iso8601(actual):
                self.fail(where, f"expected an ISO 8601 date-time with an offset, got {show(actual)}")
        elif spec == "url":
            if not is_url(expected, actual):
                self.fail(where, f"expected a URL such as {show(expected, 60)}, got {show(actual)}")
        elif spec.startswith("id"):
            problem = self.ids.match(spec.partition(":")[2], expected, actual)
            if problem:
                self.fail(where, problem)
        else:
            raise ValueError(f"unknown match kind {spec!r}")

    def items(self, spec: dict, expected: list, actual, where: str) -> None:
        if not isinstance(actual, list):
            return self.fail(where, f"expected a list, got {show(actual)}")
        mode, by, sub = spec.get("$mode", "ordered"), spec.get("$by"), spec["$items"]

        def pick(item, key):
            return item if key is None else (item.get(key) if isinstance(item, dict) else None)

        for value in spec.get("$excludes", []):
            if any(equal(pick(a, by), value) for a in actual):
                self.fail(where, f"must not hold {show(value)}")
        if mode != "contains" and len(actual) != len(expected):
            return self.fail(where, f"expected {len(expected)} items, got {len(actual)}")
        if mode == "ordered":
            for i, (e, a) in enumerate(zip(expected, actual)):
                self.body(sub, e, a, f"{where}[{i}]")
            return
        if isinstance(sub, str) and sub.startswith("id"):
            kind = sub.partition(":")[2]
            want = [self.ids.forward.get((kind, e), f"unseen {kind} {e}") for e in expected]
            for e in want:
                if e not in actual:
                    self.fail(where, f"{kind} id {e} is missing")
            return
        rest = list(actual)
        for e in expected:
            label = f"{by}={show(pick(e, by))}" if by else show(e)
            found = next((a for a in rest if equal(pick(a, by), pick(e, by))), None)
            if found is None:
                self.fail(where, f"no item {label}")
                continue
            rest.remove(found)
            if by:
                self.body(sub, e, found, f"{where}[{label}]")

    def csv(self, spec: dict, expected: list, text: str) -> None:
        rows = list(csv.reader(io.StringIO(text)))
        head, want = expected[0], expected[1:]
        if not rows or rows[0] != head:
            return self.fail("csv header", f"expected {show(head)}, got {show(rows[0] if rows else None)}")
        got, columns = rows[1:], spec["columns"]
        if spec.get("mode", "ordered") == "contains":
            at = head.index(spec["by"])
            table = {r[at]: r for r in got if len(r) > at}
            pairs = [(w, table.get(w[at])) for w in want]
        else:
            if len(got) != len(want):
                return self.fail("csv", f"expected {len(want)} rows, got {len(got)}")
            pairs = list(zip(want, got))
        for i, (w, g) in enumerate(pairs):
            if g is None or len(g) != len(head):
                self.fail(f"csv row {i}", f"expected {show(w)}, got {show(g)}")
                continue
            for name, a, b in zip(head, w, g):
                kind = columns.get(name, "exact")
                if kind == "any":
                    continue
                if kind == "number":
                    try:
                        good = a == b or math.isclose(float(a), float(b), abs_tol=1e-9)
                    except ValueError:
                        good = False
                else:
                    good = is_iso8601(b) if kind == "iso8601" and a else a == b
                if not good:
                    self.fail(f"csv row {i} {name}", f"expected {show(a)}, got {show(b)}")

    def headers(self, spec: dict, expected: dict, actual: dict) -> None:
        for name, kind in spec.items():
            want, got = expected.get(name), actual.get(name)
            if kind == "any":
                continue
            if got is None:
                self.fail(name, f"missing (recorded {show(want)})")
            elif name == "content-type":
                if want.split(";")[0].strip().lower() != got.split(";")[0].strip().lower():
                    self.fail(name, f"expected {want}, got {got}")
            elif name == "content-disposition":
                if parse_disposition(want) != parse_disposition(got):
                    self.fail(name, f"expected {want}, got {got}")
            elif kind == "url" and not is_url(want, got):
                self.fail(name, f"expected a URL, got {show(got)}")


def build_multipart(form: dict, files: dict, assets: dict) -> tuple[bytes, str]:
    mark = "replay" + "".join(random.choices(string.ascii_letters + string.digits, k=20))
    out = io.BytesIO()
    for name, value in (form or {}).items():
        out.write(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, item in (files or {}).items():
        out.write(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{item["filename"]}"\r\n'
            f"Content-Type: {item['content_type']}\r\n\r\n".encode()
        )
        out.write(base64.b64decode(assets[item["asset"]]) + b"\r\n")
    out.write(f"--{mark}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={mark}"


def replace_text(value, pairs: list[tuple[str, str]]):
    if isinstance(value, str):
        for old, new in pairs:
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [replace_text(v, pairs) for v in value]
    if isinstance(value, dict):
        return {replace_text(k, pairs): replace_text(v, pairs) for k, v in value.items()}
    return value


def pointer(document, path: str):
    for part in path.strip("/").split("/"):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


class Replayer:
    def __init__(
        self,
        send=http_send,
        base: str = "",
        auth: dict | None = None,
        services: dict | None = None,
        as_recorded: bool = False,
        strict: bool = False,
        storage: bool = True,
        slow: bool = True,
        tag: str | None = None,
        verbose: bool = False,
        report=print,
        sleep=time.sleep,
    ):
        self.send, self.base, self.auth, self.services = send, base.rstrip("/"), auth or {}, services or {}
        self.as_recorded, self.strict, self.storage, self.slow = as_recorded, strict, storage, slow
        self.tag, self.verbose, self.report, self.sleep = tag, verbose, report, sleep
        self.passed = self.failed = self.skipped = 0

    def run(self, file) -> None:
        file = Path(file)
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.get("slow") and not self.slow:
            self.skipped += len(document["steps"])
            return
        if document.get("time_sensitive"):
            left = 3600 - time.time() % 3600
            if left < 20:
                self.sleep(left + 1)
        old = document["tag"]
        letters = "bcdfghjkmnpqrstvwxz"
        new = self.tag or random.choice(letters) + "".join(random.choices("0123456789" + letters, k=len(old) - 1))
        pairs = [(old, new), (old.upper(), new.upper())]
        ids, answers = Ids(), {}
        for step in document["steps"]:
            self.step(
                file.name,
                replace_text({k: v for k, v in step.items() if k != "id"}, pairs) | {"id": step["id"]},
                document.get("assets", {}),
                ids,
                answers,
            )

    def fill(self, value, ids: Ids):
        """Put ids and dates in the place of the placeholders."""
        if isinstance(value, dict):
            return {k: self.fill(v, ids) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v, ids) for v in value]
        if not isinstance(value, str):
            return value

        def swap(found):
            name, number, shift = found.groups()
            if name == "today":
                return (datetime.now(timezone.utc).date() + timedelta(days=int(shift or 0))).isoformat()
            if number is None:
                return found.group(0)
            key = (name, int(number))
            if key not in ids.forward:
                raise LookupError(f"the {name} id that the recording knew as {number} was never seen")
            return str(ids.forward[key])

        return PLACEHOLDER.sub(swap, value)

    def step(self, name: str, step: dict, assets: dict, ids: Ids, answers: dict) -> None:
        expected = step
        if "quirk" in step and not self.as_recorded:
            if not step.get("better"):
                self.skipped += 1
                return
            expected = {"response_headers": {}, "response": None} | step["better"]
        from_url = step.get("url_from")
        if from_url and not self.storage:
            self.skipped += 1
            return
        if step.get("wait_seconds"):
            self.sleep(step["wait_seconds"])
        method, path, query = step["method"], step.get("path"), step.get("query")
        if self.as_recorded and step.get("alias_of"):
            method = step["alias_of"].get("method", method)
            path, query = step["alias_of"].get("path", path), step["alias_of"].get("query", query)
        where = f"{name} {step['id']} {method} {path or '(handed-out URL)'}"
        try:
            compare = Comparer(ids, self.strict)
            headers, body = {"accept": "*/*"}, None
            if from_url:
                url = urljoin(self.base + "/", pointer(answers[from_url["step"]], from_url["pointer"]))
            else:
                base = self.services.get(step["service"], self.base).rstrip("/")
                url = base + quote(self.fill(path, ids), safe="/%:@!$&'()*+,;=~")
                if query:
                    url += "?" + urlencode(self.fill(query, ids), doseq=True)
                headers |= self.auth
                if "files" in step or "form" in step:
                    body, headers["content-type"] = build_multipart(step.get("form"), step.get("files"), assets)
                elif "raw" in step:
                    body, headers["content-type"] = step["raw"].encode(), "application/json"
                elif "json" in step:
                    body, headers["content-type"] = (
                        json.dumps(self.fill(step["json"], ids)).encode(),
                        "application/json",
                    )
            status, got_headers, got = self.send(method, url, headers, body)
            got_headers = {k.lower(): v for k, v in dict(got_headers).items()}
            self.compare(compare, expected, status, got_headers, got, answers, step["id"])
            problems = compare.out
        except Exception as error:  # a step that cannot be sent or read is a failed step, not the end of the replay
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            self.failed += 1
            for problem in problems:
                self.report(f"MISMATCH {where}: {problem}")
        else:
            self.passed += 1
            if self.verbose:
                self.report(f"ok {where}")

    def compare(
        self, compare: Comparer, expected: dict, status: int, headers: dict, got: bytes, answers: dict, step_id: str
    ) -> None:
        match = expected.get("match", {})
        want = match.get("status", expected["status"])
        try:
            data = json.loads(got) if got and "json" in headers.get("content-type", "") else None
        except ValueError:
            data = None
        answers[step_id] = data if data is not None else {"$headers": headers}
        if status not in (want if isinstance(want, list) else [want]):
            return compare.fail(
                "status", f"expected {show(want)}, got {status} {show(got[:160].decode(errors='replace'))}"
            )
        compare.headers(match.get("headers", {}), expected.get("response_headers", {}), headers)
        spec = match.get("body", "any")
        if spec == "any":
            return
        if isinstance(spec, dict) and "$csv" in spec:
            compare.csv(spec["$csv"], expected["response"]["$csv"], got.decode("utf-8-sig"))
        elif isinstance(spec, dict) and "$text" in spec:
            if spec["$text"] == "exact" and got.decode(errors="replace") != expected["response"]["$text"]:
                compare.fail(
                    "text", f"expected {show(expected['response']['$text'])}, got {show(got.decode(errors='replace'))}"
                )
        elif isinstance(spec, dict) and "$binary" in spec:
            wanted = expected["response"]["$binary"]
            have = {"length": len(got), "sha256": hashlib.sha256(got).hexdigest()}
            if have != wanted:
                compare.fail("bytes", f"expected {show(wanted)}, got {show(have)}")
        elif data is None and expected["response"] is not None:
            compare.fail("body", f"expected JSON, got {show(got[:160].decode(errors='replace'))}")
        else:
            compare.body(spec, expected["response"], data)


def collect(names: list[str]) -> list[Path]:
    files: list[Path] = []
    for name in names:
        path = Path(name)
        files += sorted(path.glob("*.json")) if path.is_dir() else [path]
    return files


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Replay recorded transcripts against a running service.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=__doc__,
    )
    parser.add_argument("base", help="base URL of the service, for example http://127.0.0.1:8000")
    parser.add_argument("files", nargs="+", help="transcript files, or folders of them")
    parser.add_argument(
        "--auth-header", action="append", default=[], metavar="'NAME: VALUE'", help="sent with every call"
    )
    parser.add_argument(
        "--service-map",
        default="",
        metavar="NAME=URL,...",
        help="separate base URLs for the services device, group, shop, video, combined",
    )
    parser.add_argument(
        "--as-recorded", action="store_true", help="expect quirks as recorded, call the routes in alias_of"
    )
    parser.add_argument("--strict", action="store_true", help="keys that the recording lacks are mismatches")
    parser.add_argument("--no-storage", action="store_true", help="do not fetch the handed-out URLs")
    parser.add_argument("--skip-slow", action="store_true", help="leave out the transcripts that wait for a minute")
    parser.add_argument("--tag", help="use this tag in the place of a random one")
    parser.add_argument("-v", "--verbose", action="store_true", help="also print the steps that pass")
    args = parser.parse_args(argv)
    auth = {}
    for line in args.auth_header:
        key, _, value = line.partition(":")
        auth[key.strip()] = value.strip()
    services = dict(pair.split("=", 1) for pair in args.service_map.split(",") if pair)
    player = Replayer(
        base=args.base,
        auth=auth,
        services=services,
        as_recorded=args.as_recorded,
        strict=args.strict,
        storage=not args.no_storage,
        slow=not args.skip_slow,
        tag=args.tag,
        verbose=args.verbose,
    )
    for file in collect(args.files):
        player.run(file)
    if player.skipped:
        print(f"{player.skipped} skipped")
    print(f"{player.passed} passed, {player.failed} failed")
    return 1 if player.failed or not player.passed else 0


if __name__ == "__main__":
    sys.exit(main())
