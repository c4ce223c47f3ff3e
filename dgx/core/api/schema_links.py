"""What the OpenAPI document says beyond its serializers: links from what is made to the operations on it, which
programs and the fuzzer follow, and that a field which does not exist is refused."""

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


def refuse_unknown_fields(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook: JSON bodies take the fields that are described and no others."""
    schemas = result["components"]["schemas"]
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if schemas.get(name, {}).get("type") == "object":
                schemas[name].setdefault("additionalProperties", False)
    return result
