"""The mailer: what customers are written.

python server.py --port 8082
"""

import os

from flask import Flask

from mailer.db import prepare
from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    prepare()
    api.start(serve="mailer")


letsgo(__name__, callback=start)
