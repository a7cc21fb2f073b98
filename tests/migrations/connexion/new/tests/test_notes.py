from server import app

client = app.test_client()


def test_nothing_is_noted():
    answer = client.get("/v1/notes?limit=5")
    assert (answer.status_code, answer.json) == (200, [])


def test_no_note():
    answer = client.get("/v1/notes/999")
    assert answer.status_code == 404
    assert answer.json["detail"] == "there is no note 999"
