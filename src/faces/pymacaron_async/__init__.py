"""The old import name of asynchronous tasks; everything is in `pymacaron`."""
