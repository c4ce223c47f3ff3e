"""Holds answers of the old routes against their description at /openapi-old.json."""

import json
import re
from functools import cache
from typing import Any

import jsonschema

from dgx import legacy_docs


@cache
def document() -> dict[str, Any]:
    """The description."""
    loaded: dict[str, Any] = json.loads(legacy_docs.document_bytes())
    return loaded


def complaint(method: str, path: str, status: int, content_type: str, body: bytes) -> str | None:
    """What is wrong with an answer, by the description; None: nothing, or there is no such operation."""
    operation = _operation(method, path)
    if operation is None:
        return None
    response = operation["responses"].get(str(status))
    if response is None:
        return f"{method} {path}: {status} is not described"
    content = _content(response)
    if content_type.partition(";")[0] not in (content or {"": None, "text/html": None}):
        return f"{method} {path} {status}: {content_type} is not described"
    if "application/json" not in content:
        return None
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    problem = next(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(body)), None)
    return problem and f"{method} {path} {status}: {problem.message}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    paths = document()["paths"]
    for address in sorted(paths, key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address)), path):
            found: dict[str, Any] | None = paths[address].get(method.lower())
            return found
    return None


def _content(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content: dict[str, Any] = response.get("content", {})
    return content
