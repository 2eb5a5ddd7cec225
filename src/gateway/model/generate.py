"""Writes ssm.data.json and states.data.json: names and constraints of the Systems Manager and the Step Functions API,
taken from botocore's service models.

    python3 src/gateway/model/generate.py && npx biome format --write src/gateway/model

botocore is Apache-2.0 (https://github.com/boto/botocore). Documentation texts are left out. model.ts has the form.
"""

import json
from pathlib import Path

import botocore
import botocore.loaders

KEPT = ("min", "max", "pattern", "enum", "sensitive", "union")


def shape_of(shape):
    form = {"type": shape["type"]}
    if shape["type"] == "structure":
        form["members"] = {name: member["shape"] for name, member in shape["members"].items()}
        if shape.get("required"):
            form["required"] = shape["required"]
        tokens = [name for name, member in shape["members"].items() if member.get("idempotencyToken")]
        if tokens:
            form["token"] = tokens[0]
    for part in ("member", "key", "value"):
        if part in shape:
            form[part] = shape[part]["shape"]
    return form | {key: shape[key] for key in KEPT if key in shape}


def error_of(shape):
    message = next((name for name in shape["members"] if name.lower() == "message"), None)
    status = shape.get("error", {}).get("httpStatusCode") or (500 if shape.get("fault") else None)
    return ({"message": message} if message else {}) | ({"status": status} if status else {})


def operation_of(operation):
    return {end: operation[end]["shape"] for end in ("input", "output") if end in operation}


def write(name, target):
    service = botocore.loaders.Loader().load_service_model(name, "service-2")
    shapes = service["shapes"]
    errors = {name for name, shape in shapes.items() if shape.get("exception")}
    model = {
        "origin": f"botocore {botocore.__version__}, data/{name}/{service['metadata']['apiVersion']}/service-2.json, "
        "Apache-2.0; names and constraints only",
        "operations": {name: operation_of(operation) for name, operation in sorted(service["operations"].items())},
        "shapes": {name: shape_of(shape) for name, shape in sorted(shapes.items()) if name not in errors},
        "errors": {name: error_of(shapes[name]) for name in sorted(errors)},
    }
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n"
    Path(__file__).with_name(target).write_text(text, encoding="utf-8")


def main():
    write("ssm", "ssm.data.json")
    write("stepfunctions", "states.data.json")


if __name__ == "__main__":
    main()
