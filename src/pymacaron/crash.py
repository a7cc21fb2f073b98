"""Crash reports. They come with a later version; until then errors are logged."""

from __future__ import annotations

from .later import coming

__getattr__ = coming(__name__, "report_error report_slow crash_handler set_error_reporter", "crash reports")
