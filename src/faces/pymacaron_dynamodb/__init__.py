"""The old import name of stored models; everything is in `pymacaron`."""
