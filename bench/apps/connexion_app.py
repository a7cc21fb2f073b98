"""connexion's FlaskApp: version 2 is a Flask application, version 3 an ASGI one around Flask."""

from importlib.metadata import version

import connexion

from apps import connexion_views

outer = connexion.FlaskApp(__name__)
outer.add_api(connexion_views.document(), resolver=connexion.Resolver(connexion_views.view))
app = outer.app if version("connexion").startswith("2.") else outer
