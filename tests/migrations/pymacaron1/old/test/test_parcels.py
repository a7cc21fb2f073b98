import unittest
from nose.tools import assert_equal
from parcels import api


class Tests(unittest.TestCase):
    def test_users(self):
        self.assertEquals(sorted(api.PASSWORDS), ["ada"])

    def test_nothing_is_sent_yet(self):
        assert_equal(len(api.parcels), 0)
