import unittest
from parcels import api


class Tests(unittest.TestCase):
    def test_users(self):
        self.assertEqual(sorted(api.PASSWORDS), ["ada"])

    def test_nothing_is_sent_yet(self):
        assert len(api.parcels) == 0
