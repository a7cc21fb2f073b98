"""Customers: who buys. It calls the mailer.

python server.py --port 8081
"""

import os

from flask import Flask

from customers.db import prepare
from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    prepare()
    api.start(serve="customers")


letsgo(__name__, callback=start)
