"""The schemas of JSON Schema itself, which documents may refer to and nobody has to fetch."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

_DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-04/": jsonschema_rs.Draft4,
    "http://json-schema.org/draft-06/": jsonschema_rs.Draft6,
    "http://json-schema.org/draft-07/": jsonschema_rs.Draft7,
    "https://json-schema.org/draft/2019-09/": jsonschema_rs.Draft201909,
    "https://json-schema.org/draft/2020-12/": jsonschema_rs.Draft202012,
}


def metaschema(url: str) -> bytes | None:
    """The JSON text of the metaschema at `url`; None if that is none."""
    for start, draft in _DRAFTS.items():
        if url.startswith(start):
            try:
                bundle = jsonschema_rs.bundle({"$ref": url}, draft=draft, offline=True)
            except (jsonschema_rs.ReferencingError, ValueError):
                return None
            held: Any = bundle.get("$defs", bundle.get("definitions", {}))
            return json.dumps(held[url]).encode() if url in held else None
    return None
