"""What is written for users: stubs for type checkers, skeletons of functions, new services.

text.py           Python source with names that know where they are from
annotations.py    the types of schemas as one writes them, and which file has which model
values.py         those of parameters, bodies and results
model_stubs.py, client_stubs.py, handler_stubs.py, error_stubs.py    one kind of stub each
stubs.py          all stubs of a service
functions.py      the user's functions, found in their files
files.py          files that are written whole or not at all
"""

from __future__ import annotations

from .files import outdated, replace_folder
from .functions import Modules, place_of
from .stubs import FOLDER, stubs

__all__ = ["FOLDER", "Modules", "outdated", "place_of", "replace_folder", "stubs"]
