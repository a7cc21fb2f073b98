"""The service of the customers."""
