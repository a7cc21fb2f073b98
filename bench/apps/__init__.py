"""One module per contender: each defines `app`, the WSGI or ASGI callable, and perhaps `SKIP`, workload -> why not."""
