"""What the objects of OpenAPI hold, as far as references and schemas are concerned: all versions in one table, since no
key means different things to them."""

from __future__ import annotations

import re
from typing import NamedTuple

# An object a line: key:Object for one, key:[Object] for a list, key:{Object} for a map; "*" is any key. What is not
# listed holds neither references nor schemas. Schemas are known by their drafts.
_TABLE = """
Document    paths:{PathItem} webhooks:{PathItem} components:Components definitions:{Schema} parameters:{Parameter}
            responses:{Response}
Components  schemas:{Schema} responses:{Response} parameters:{Parameter} examples:{Example} requestBodies:{RequestBody}
            headers:{Header} securitySchemes:{SecurityScheme} links:{Link} callbacks:{Callback} pathItems:{PathItem}
            mediaTypes:{MediaType}
PathItem    get:Operation put:Operation post:Operation delete:Operation options:Operation head:Operation
            patch:Operation trace:Operation query:Operation additionalOperations:{Operation} parameters:[Parameter]
Operation   parameters:[Parameter] requestBody:RequestBody responses:{Response} callbacks:{Callback}
Parameter   schema:Schema content:{MediaType} examples:{Example}
Header      schema:Schema content:{MediaType} examples:{Example}
RequestBody content:{MediaType}
MediaType   schema:Schema itemSchema:Schema examples:{Example} encoding:{Encoding} prefixEncoding:[Encoding]
            itemEncoding:Encoding
Encoding    headers:{Header} encoding:{Encoding} prefixEncoding:[Encoding] itemEncoding:Encoding
Response    schema:Schema headers:{Header} content:{MediaType} links:{Link}
Callback    *:PathItem
"""


class Slot(NamedTuple):
    """What stands at a key: an object, or a list or a map of them."""

    kind: str
    many: str  # "", "[" or "{"


def _slot(text: str) -> Slot:
    return Slot(text.strip("[]{}"), text[0] if text[0] in "[{" else "")


ANATOMY: dict[str, dict[str, Slot]] = {
    name: {key: _slot(text) for key, text in (field.split(":") for field in fields)}
    for name, *fields in map(str.split, re.sub(r"\n +", " ", _TABLE).strip().split("\n"))
}

# Where a document keeps objects for references.
SECTIONS_20 = {"Schema": "definitions", "Parameter": "parameters", "Response": "responses"}
SECTIONS_3 = {slot.kind: key for key, slot in ANATOMY["Components"].items()}

# Maps in which a key that begins with x- is an extension: a response of an operation is called "404", while one among
# the components may be called "x-404".
EXTENSIBLE = frozenset((("Document", "paths"), ("Operation", "responses")))


def slot_of(kind: str, key: str) -> Slot | None:
    """What stands at `key` of an object; None if nothing that holds references or schemas."""
    fields = ANATOMY.get(kind)
    if fields is None or key.startswith("x-"):
        return None
    return fields.get(key) or fields.get("*")
