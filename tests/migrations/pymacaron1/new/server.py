import os
import logging
from flask import Flask
from flask_cors import CORS
from pymacaron import API, letsgo

log = logging.getLogger(__name__)

app = Flask(__name__)
CORS(app)


def tell_admins(title, message):
    log.error("%s\n%s" % (title, message))


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug, error_reporter=tell_admins)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    api.start(serve="parcels")


letsgo(__name__, callback=start)
