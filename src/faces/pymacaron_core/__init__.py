"""The old import name of the parts that read OpenAPI documents; everything is in `pymacaron`."""
