from typing import Any

__all__ = ["__getattr__"]

def __getattr__(name: str) -> Any: ...
