"""The old import name of loaded APIs."""
