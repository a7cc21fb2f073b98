"""A small shop: catalogue, customers and orders, three APIs served by one process.

python server.py --port 8080
"""

import os
import sys

from flask import Flask

from pymacaron import API, letsgo

app = Flask(__name__)

WELCOME = """
The shop opens at
  http://localhost:{port}/doc/          its three APIs
  http://localhost:{port}/v1/products   what it sells

Try, from another terminal:
  curl -g 'http://localhost:{port}/v1/products?category=tea,cups&filter[max_price]=2000&sort=-price'
  curl -i http://localhost:{port}/v1/orders -H 'Content-Type: application/json' -d '{order}'
  curl -i http://localhost:{port}/v1/orders -H 'Content-Type: application/json' -d '{wrong}'

The second places an order; the third shows how several mistakes are answered at once. Whose order it is lists it at
/v1/me/orders, with a token: {command} token 6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55 --config {here}
"""
ORDER = (
    '{"customer_id": "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55", "lines": [{"sku": "TEA-001", "quantity": 2}], '
    '"delivery": {"street": "Kungsgatan 1", "city": "Stockholm", "country": "SE"}, '
    '"payment": {"method": "card", "number": "4242424242424242", "expires": "11/31"}}'
)
WRONG = '{"lines": [{"sku": "tea", "quantity": 0}], "payment": {"method": "card", "number": "1234"}}'


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.publish_apis()
    if __name__ == "__main__":
        command = os.path.join(os.path.dirname(sys.executable), "pymacaron")  # `make run` puts it on no PATH
        ways = {"here": os.path.relpath(here), "command": os.path.relpath(command)}
        print(WELCOME.format(port=port, order=ORDER, wrong=WRONG, **ways), flush=True)
    api.start(serve=["catalogue", "customers", "orders"])


letsgo(__name__, callback=start)
