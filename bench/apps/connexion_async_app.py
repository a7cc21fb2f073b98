"""connexion 3's AsyncApp, with `async def` functions."""

import functools

import connexion

from apps import connexion_views


def view(operation_id):
    plain = connexion_views.view(operation_id)

    @functools.wraps(plain)
    async def wrapped(*args, **kwargs):
        return plain(*args, **kwargs)

    return wrapped


app = connexion.AsyncApp(__name__)
app.add_api(connexion_views.document(), resolver=connexion.Resolver(view))
