import os

os.environ.setdefault("TODOS_JWT_SECRET", "a secret of 32 bytes or more, for tests")
