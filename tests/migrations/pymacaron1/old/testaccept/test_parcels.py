from pymacaron_unit.testcase import PyMacaronTestCase


class Tests(PyMacaronTestCase):
    def setUp(self):
        super().setUp()
        login = {"user": "ada", "password": "engine"}
        self.token = self.assertPostReturnJson("login", login)["token"]

    def test_version(self):
        self.assertHasVersion()

    def test_parcel(self):
        sent = self.assertPostReturnJson("parcels", {"to": "Bo", "grams": 100}, auth=self.token)
        self.assertEqual(sent["sender"], "ada")
        self.assertGetReturnJson("parcels/%s" % sent["number"], auth=self.token)

    def test_no_parcel(self):
        self.assertGetReturnError("parcels/999", 404, "PARCEL_NOT_FOUND", auth=self.token)
