import logging
from pymacaron.auth import generate_token, get_userid
from pymacaron.crash import report_slow
from pymacaron.exceptions import PyMacaronException, add_error
from pymacaron import ApiPool

log = logging.getLogger(__name__)

parcels = {}


class ParcelNotFound(PyMacaronException):
    code = "PARCEL_NOT_FOUND"
    status = 404


WrongPassword = add_error("WrongPassword", "WRONG_PASSWORD", 401)
PASSWORDS = {"ada": "engine"}


def do_login(login):
    if PASSWORDS.get(login.user) != login.password:
        raise WrongPassword("no such user, or another password")
    return ApiPool.parcels.model.Token(token=generate_token(login.user))


@report_slow(max_ms=5000)
def do_send_parcel(parcel):
    parcel.number = len(parcels) + 1
    parcel.sender = get_userid()
    parcels[parcel.number] = parcel
    return parcel


def get_parcel(number):
    if number not in parcels:
        raise ParcelNotFound("there is no parcel %s" % number)
    return parcels[number]
