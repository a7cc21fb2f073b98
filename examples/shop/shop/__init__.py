"""The shop's business: one module for each thing it does. What they keep, they keep in tables (store.py)."""
