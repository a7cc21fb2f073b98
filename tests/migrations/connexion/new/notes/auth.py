import os

import jwt


def decode(token):
    try:
        return jwt.decode(token, os.environ["NOTES_JWT_SECRET"], algorithms=["HS256"], audience="notes")
    except jwt.InvalidTokenError:
        return None
