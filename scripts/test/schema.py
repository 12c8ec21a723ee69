"""JSON held against the schemas of scripts/."""

import json
from typing import Any, List

import jsonschema
import lastack


def errors(value: Any, name: str) -> List[str]:
    """What of the value scripts/NAME.schema.json does not allow."""
    path = lastack.ROOT / "scripts" / f"{name}.schema.json"
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return [f"{error.json_path}: {error.message}" for error
            in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def valid(text: str, name: str) -> Any:
    """Read JSON that keeps to that schema."""
    value = json.loads(text)
    assert not errors(value, name)
    return value
