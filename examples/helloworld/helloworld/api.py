from pymacaron.models import Greeting


def hello(name):
    return Greeting(message=f"Hello, {name}!")
