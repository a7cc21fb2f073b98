from pymacaron.test import PyMacaronTestCase


class HelloTest(PyMacaronTestCase):
    def test_greeting(self):
        assert self.assertGetReturnJson("/hello") == {"message": "Hello, world!"}
        assert self.assertGetReturnJson("/hello?name=Zoë") == {"message": "Hello, Zoë!"}

    def test_nobody_is_greeted(self):
        self.assertGetReturnError("/hello?name=", 400, "INVALID_PARAMETER")

    def test_what_every_service_answers(self):
        self.assertHasPing()
        assert self.assertHasVersion()["name"] == "helloworld"
