"""Where the functions of the API tea are checked.

Written by `pymacaron stubs`; changes are lost.
"""
import tea.api as _tea_api
from . import handlers as _handlers

list_cups: _handlers.ListCups = _tea_api.list_cups
