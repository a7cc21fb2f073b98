from connexion import FlaskApp
from connexion.options import SwaggerUIOptions

app = FlaskApp(__name__, specification_dir="apis")
app.add_api(
    "notes.yaml",
    strict_validation=True,
    validate_responses=True,
    swagger_ui_options=SwaggerUIOptions(swagger_ui_path="/docs"),
)
