"""Authentication by tokens and by the `security` of documents. It comes with a later version.

Operations that ask for it are not served open: binding one to `requires_auth`, or serving one with a `security` that
nothing verifies, stops the start.
"""

from __future__ import annotations

from .later import coming

__getattr__ = coming(
    __name__,
    """requires_auth add_auth generate_token load_auth_token authenticate_http_request backend_token get_userid
    get_user_token get_user_token_data get_token_issuer""",
    "authentication",
)
