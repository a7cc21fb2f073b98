"""What this package knows of Flask's insides, all in one place.

The lane stands in for Flask's own dispatch, so it has to push Flask's contexts, make Flask's responses and find Flask's
error handlers itself. Flask promises none of the names used for that, therefore `why_unknown` says whether this Flask,
and this application, are built as is known here; where they are not, Flask dispatches, and contexts.py, which needs
private names, is not even imported.

    known.py      what is known: versions, methods, rules, error handlers
    responses.py  our responses as Flask's, made in a fraction of the time where Werkzeug is known
    contexts.py   Flask's contexts and sessions, made when somebody first looks
"""

from __future__ import annotations

from .known import Environ, ExactRule, LazyRule, error_handler, is_flasks_own, read_by_flask, why_unknown
from .responses import ADDED, RESPONSE_CLASS, STATUS_LINES, flask_response, header_list, response_of, send

__all__ = [
    "ADDED", "RESPONSE_CLASS", "STATUS_LINES", "Environ", "ExactRule", "LazyRule", "error_handler",
    "flask_response", "header_list", "is_flasks_own", "read_by_flask", "response_of", "send", "why_unknown",
]  # fmt: skip
