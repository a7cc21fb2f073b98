"""Whom the shop knows when it opens."""

from __future__ import annotations

from typing import Any

CUSTOMERS: list[dict[str, Any]] = [
    {
        "id": "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55", "name": "Astrid Lind", "email": "astrid@example.com",
        "language": "sv", "joined_at": "2026-01-20T10:00:00Z",
        "addresses": {"home": {"street": "Kungsgatan 1", "postcode": "111 43", "city": "Stockholm", "country": "SE"}},
    },
]  # fmt: skip
