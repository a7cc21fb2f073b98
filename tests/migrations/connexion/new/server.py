import os

from flask import Flask

from notes.auth import decode
from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=8080, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug, verifiers={"bearer": decode})
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    api.start(serve="notes")


letsgo(__name__, callback=start)
