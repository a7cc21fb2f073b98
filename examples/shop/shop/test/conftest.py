"""The tests keep what they do in a store of their own, which goes away with them."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from pymacaron.stores import open_store, set_store

folder = TemporaryDirectory(prefix="shop-tests-")
set_store(open_store(f"sqlite:///{folder.name}/shop.sqlite"))
