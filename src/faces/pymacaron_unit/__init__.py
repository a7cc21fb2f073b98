"""The old import name of the acceptance test kit; everything is in `pymacaron`."""
