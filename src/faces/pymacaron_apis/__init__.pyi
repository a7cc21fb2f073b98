"""What type checkers know of the APIs of a service, until `pymacaron stubs` writes a folder of this name: nothing."""

from pymacaron.pool import LoadedApi, Pool

class Apis(Pool):
    def __getattr__(self, name: str) -> LoadedApi: ...
