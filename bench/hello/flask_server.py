"""The smallest Flask service: what start-up figures are held against."""

from flask import Flask

app = Flask(__name__)


@app.get("/hello")
def hello():
    return {"message": "Hello, world!"}
