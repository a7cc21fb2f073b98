"""The GA4GH Workflow Execution Service, from its published document, running small shell workflows.

python server.py --port 8080
"""

import signal
import sys

from flask import Flask, request

from pymacaron import API, Format, letsgo
from pymacaron.exceptions import ForbiddenError
from wes import document, json_text, logs

app = Flask(__name__)
app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]
app.register_blueprint(logs.routes)  # what the document leaves open: where logs and outputs are found

WELCOME = """
Workflow Execution Service, running shell workflows:
  http://localhost:{port}/doc/wes                        its operations
  http://localhost:{port}/ga4gh/wes/v1/service-info      what it can do

Try, from another terminal:
  echo 'echo "Hello, $PARAM_name!" | tee greeting.txt' > hello.sh
  curl http://localhost:{port}/ga4gh/wes/v1/runs -F workflow_type=SHELL -F workflow_type_version=POSIX \\
       -F workflow_url=hello.sh -F workflow_attachment=@hello.sh -F 'workflow_params={{"name": "world"}}'
  curl http://localhost:{port}/ga4gh/wes/v1/runs
"""


@app.before_request
def no_browsers():
    """This service runs whatever it is sent. So it listens on this machine only, and no web page may send it a form."""
    if "Origin" in request.headers:
        raise ForbiddenError("this service takes no requests from web pages")


def as_wes(error):
    """An error as the document wants it (its ErrorResponse)."""
    return {"msg": error.user_message or error.error_description, "status_code": error.status}


def start(port=80, debug=False):
    formats = [Format("application/json", json_text.is_object, json_text.read, json_text.write)]
    api = API(app, port=port, debug=debug, formats=formats, error_callback=as_wes)
    api.load_apis(document.folder())
    api.publish_apis()
    if __name__ == "__main__":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly end: runs are killed, their folders removed
        print(WELCOME.format(port=port), flush=True)
    api.start(serve="wes")


letsgo(__name__, callback=start)
