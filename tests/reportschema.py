"""The report's own JSON Schema, held to the reports that are written."""

import json
import re
from typing import Any

from antin.verifier.writers.schema import report_schema

_TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "integer": int,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def _conforms(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Check ``value`` by the few words of JSON Schema that the report's schema uses."""
    if "$ref" in schema:
        return _conforms(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return any(_conforms(value, choice, root) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    if type(value) is not _TYPES[schema["type"]]:
        return False
    properties, items = schema.get("properties", {}), schema.get("items")
    fits = schema.get("required", []) == list(properties)
    if isinstance(value, dict):
        fits &= set(value) == set(properties)
        fits &= all(_conforms(value[key], kept, root) for key, kept in properties.items())
    if isinstance(value, list) and items is not None:
        fits &= all(_conforms(item, items, root) for item in value)
    if isinstance(value, int):
        fits &= value >= schema.get("minimum", value)
    if isinstance(value, str):
        fits &= re.search(schema.get("pattern", ""), value) is not None
    return bool(fits)


def fits_schema(line: str) -> bool:
    """Tell whether a report in JSON is what ``antin verify --schema`` promises."""
    schema = report_schema()
    return _conforms(json.loads(line), schema, schema)
