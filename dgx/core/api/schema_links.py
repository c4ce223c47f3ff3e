"""The OpenAPI document's links: what an answer names, and the operations that take it. Programs follow them, and so
does the fuzzer: create, read, change, delete."""

from typing import Any

METHODS = ("get", "put", "patch", "delete")
NAMED = "{ref}/"


def link_resources(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook: of everything that is made, the answer's `id` leads to the operations on it."""
    for path, operations in result.get("paths", {}).items():
        made = operations.get("post", {}).get("responses", {}).get("201")
        if made is None or not _has_id(result, made):
            continue
        links = {
            f"{method}_it": {"operationId": operation["operationId"], "parameters": {"ref": "$response.body#/id"}}
            for method, operation in result["paths"].get(path + NAMED, {}).items()
            if method in METHODS
        }
        if links:
            made["links"] = links
    return result


def _has_id(result: dict[str, Any], response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return "id" in result["components"]["schemas"].get(name, schema).get("properties", {})
