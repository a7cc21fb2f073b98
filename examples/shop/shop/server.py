"""The shop: catalogue, orders and a newsletter, three APIs in one service. It calls customers and the mailer.

python server.py --port 8080
"""

import os

from flask import Flask

from pymacaron import API, letsgo
from shop.db import prepare

app = Flask(__name__)


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    prepare()
    api.start(serve=["catalogue", "newsletter", "orders"])


letsgo(__name__, callback=start)
