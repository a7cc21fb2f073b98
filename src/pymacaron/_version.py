"""The version of pymacaron, kept here and nowhere else."""

__version__ = "3.0.0.dev0"
