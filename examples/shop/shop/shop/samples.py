"""What the shop has on its shelves when it opens."""

from __future__ import annotations

from typing import Any

CATEGORIES: list[dict[str, Any]] = [
    {"slug": "drinks", "title": "Drinks", "children": [
        {"slug": "tea", "title": "Tea", "children": [
            {"slug": "green-tea", "title": "Green tea"},
            {"slug": "black-tea", "title": "Black tea"},
        ]},
        {"slug": "coffee", "title": "Coffee"},
    ]},
    {"slug": "kitchen", "title": "Kitchen", "children": [
        {"slug": "cups", "title": "Cups"},
        {"slug": "pots", "title": "Pots"},
    ]},
]  # fmt: skip

PRODUCTS: list[dict[str, Any]] = [
    {
        "sku": "TEA-001", "title": "Sencha", "category": "green-tea", "tags": ["green", "organic"], "stock": 40,
        "description": "Steamed, from Shizuoka.", "prices": {"EUR": 1250, "SEK": 13900},
        "attributes": {"origin": "Japan", "grams": 100}, "created_at": "2026-01-12T09:30:00Z",
    },
    {
        "sku": "TEA-002", "title": "Assam", "category": "black-tea", "tags": ["black"], "stock": 12,
        "prices": {"EUR": 890, "SEK": 9900}, "attributes": {"origin": "India", "grams": 250},
        "created_at": "2026-01-12T09:31:00Z",
    },
    {
        "sku": "COF-001", "title": "Yirgacheffe", "category": "coffee", "tags": ["organic"], "stock": 0,
        "prices": {"EUR": 1490}, "attributes": {"origin": "Ethiopia", "grams": 250},
        "created_at": "2026-02-03T14:00:00Z",
    },
    {
        "sku": "CUP-001", "title": "Stoneware cup", "category": "cups", "tags": ["grey"], "stock": 7,
        "prices": {"EUR": 1800, "SEK": 19900, "USD": 1950}, "size": {"width": 80, "height": 95, "depth": 80},
        "attributes": {"dishwasher_safe": True}, "created_at": "2026-02-20T08:15:00Z",
    },
    {
        "sku": "POT-001", "title": "Cast iron pot", "category": "pots", "tags": ["black"], "stock": 3,
        "prices": {"EUR": 6400, "SEK": 69900}, "size": {"width": 170, "height": 140, "depth": 150},
        "attributes": {"dishwasher_safe": False, "litres": 0.8}, "created_at": "2026-03-01T11:45:00Z",
    },
]  # fmt: skip

GIFT_CARDS = {"SPRING26": {"amount": 5000, "currency": "EUR"}}
