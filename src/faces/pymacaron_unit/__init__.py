"""The old import name of the kit for acceptance tests."""
