import os

from flask import Flask

from pymacaron import API, letsgo

app = Flask(__name__)


def with_detail(error):
    """What callers of the old service read stays where it was."""
    return error | {"detail": error["error_description"]}


def start(port=8080, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug, error_decorator=with_detail)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    api.start(serve="todos")


letsgo(__name__, callback=start)
