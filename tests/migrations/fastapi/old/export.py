import json
import re

from main import app

document = app.openapi()
document["x-handlers"] = "todos"  # the module that the functions go to
error = {"description": "What went wrong.", "content": {"application/json": {"schema": {"type": "object"}}}}
for path, operations in document["paths"].items():
    for method, operation in operations.items():
        end = re.sub(r"\W", "_", path) + "_" + method  # which FastAPI puts behind the function's name
        operation["operationId"] = operation["operationId"].removesuffix(end)
        operation["responses"].pop("422", None)  # what is wrong with a request, pymacaron tells in its own way
        operation["responses"]["default"] = error
schemas = document.get("components", {}).get("schemas", {})
for name in ("HTTPValidationError", "ValidationError"):
    schemas.pop(name, None)
for schema in schemas.values():
    for name, inner in schema.get("properties", {}).items():
        if {"type": "null"} in inner.get("anyOf", ()) and name not in schema.get("required", ()):
            inner.setdefault("default", None)  # that None is the default, FastAPI does not write
with open("apis/todos.json", "w") as file:
    json.dump(document, file, indent=2)
    file.write("\n")
