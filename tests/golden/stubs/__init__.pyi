"""What type checkers know of the APIs of this service.

Written by `pymacaron stubs`; changes are lost.
"""
from pymacaron.pool import Pool

from . import tea as _tea

class Apis(Pool):
    @property
    def tea(self) -> _tea.Api: ...
