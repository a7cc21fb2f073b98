# server.py
import os
from flask import Flask
from flask_cors import CORS
from pymacaron import API, letsgo

app = Flask(__name__)        # gunicorn and every other WSGI server load `server:app`
CORS(app)                    # a plain Flask app: users add what they like to it

def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()                   # optional: the documentation pages
    api.start(serve="helloworld")        # or a list: serve=["v1", "v2"]

letsgo(__name__, callback=start)
