"""Names on the wire as Python identifiers."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache

# What a cookie may be called (RFC 6265 section 4.1.1, with the separators that browsers let pass).
COOKIE_NAME = re.compile(r"[!-+\--:<>-~]*")


@lru_cache(maxsize=4096)  # a document says the same names again and again
def python_name(name: str) -> str:
    """The Python identifier for a name on the wire: "X-Request-Id" is x_request_id, "from" is from_.

    Names that are identifiers already stay as they are ("userId" stays userId).
    """
    if name.isidentifier():
        return name + "_" if keyword.iskeyword(name) else name
    made = "".join(char if char.isalnum() else "_" for char in name).strip("_")
    if "-" in name:
        made = made.lower()
    while "__" in made:
        made = made.replace("__", "_")
    if not made or made[0].isdigit():
        made = "_" + made
    return made + "_" if keyword.iskeyword(made) else made if made.isidentifier() else "_"


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """ "getHTTPStatus", "get-http-status" and "Get HTTP status" are get_http_status."""
    out: list[str] = []
    for index, char in enumerate(name):
        if not char.isalnum():
            char = "_"
        elif char.isupper() and index and name[index - 1] != "_":
            before, after = name[index - 1], name[index + 1 : index + 2]
            if before.islower() or before.isdigit() or (before.isupper() and after.islower()):
                out.append("_")
        out.append(char.lower())
    text = "_".join(part for part in "".join(out).split("_") if part)
    return python_name(text or name)
