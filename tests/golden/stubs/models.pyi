"""The models of all APIs.

Written by `pymacaron stubs`; changes are lost.
"""
from .tea.models import Biscuit as Biscuit
from .tea.models import Cup as Cup
from .tea.models import Error as Error

__all__ = [
    'Biscuit',
    'Cup',
    'Error',
]
