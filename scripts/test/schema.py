"""The part of JSON Schema that check.schema.json uses, checked."""

import re
from typing import Any, Dict, Iterator

Schema = Dict[str, Any]

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool,
    "null": type(None),
}
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "oneOf", "type",
    "enum", "pattern", "minimum", "minItems", "items", "required",
    "properties", "propertyNames", "additionalProperties",
}


def is_type(value: Any, name: str) -> bool:
    """Whether the value is of that JSON type."""
    if name in ("integer", "number"):
        kinds = (int,) if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Validator:
    """A schema that values are held against."""

    def __init__(self, root: Schema) -> None:
        self.root = root

    def errors(self, value: Any) -> Iterator[str]:
        """Say what is wrong with the value, if anything."""
        yield from self.check(value, self.root, "$")

    def resolve(self, ref: str) -> Schema:
        """Find what a $ref names."""
        at: Any = self.root
        for key in ref[2:].split("/"):
            at = at[key]
        return at

    def check(self, value: Any, schema: Schema, path: str) -> Iterator[str]:
        """Hold the value at path against this part of the schema."""
        assert set(schema) <= KNOWN, set(schema) - KNOWN
        if "$ref" in schema:
            yield from self.check(value, self.resolve(schema["$ref"]), path)
        if "oneOf" in schema:
            yield from self.check_one(value, schema["oneOf"], path)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, name) for name in types):
            yield f"{path}: {value!r} is not of type {types}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path}: {value!r} is not one of {schema['enum']}"
        yield from self.check_scalar(value, schema, path)
        if isinstance(value, list):
            yield from self.check_list(value, schema, path)
        if isinstance(value, dict):
            yield from self.check_object(value, schema, path)

    def check_one(self, value: Any, options: Any, path: str) -> Iterator[str]:
        """Exactly one of the schemas must hold."""
        wrong = [list(self.check(value, option, path)) for option in options]
        if sum(not errors for errors in wrong) != 1:
            yield f"{path}: not exactly one of {len(options)}"
            yield from min(wrong, key=len)

    @staticmethod
    def check_scalar(value: Any, schema: Schema, path: str) -> Iterator[str]:
        """Bounds and patterns."""
        if "minimum" in schema and value < schema["minimum"]:
            yield f"{path}: {value!r} is below {schema['minimum']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{path}: {value!r} does not match {schema['pattern']}"

    def check_list(self, value: Any, schema: Schema,
                   path: str) -> Iterator[str]:
        """The items of an array."""
        if len(value) < schema.get("minItems", 0):
            yield f"{path}: only {len(value)} items"
        for i, item in enumerate(value):
            yield from self.check(item, schema.get("items", {}),
                                  f"{path}[{i}]")

    def check_object(self, value: Any, schema: Schema,
                     path: str) -> Iterator[str]:
        """The members of an object."""
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}: {name} is missing"
        known = schema.get("properties", {})
        other = schema.get("additionalProperties", {})
        for name, member in value.items():
            where = f"{path}.{name}"
            yield from self.check(name, schema.get("propertyNames", {}),
                                  where)
            if name in known:
                yield from self.check(member, known[name], where)
            elif other is False:
                yield f"{where}: unexpected"
            else:
                yield from self.check(member, other, where)
