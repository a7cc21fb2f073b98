from server import app

client = app.test_client()


def test_nothing_is_to_be_done():
    answer = client.get("/todos?limit=5")
    assert (answer.status_code, answer.json) == (200, [])


def test_no_todo():
    answer = client.get("/todos/999")
    assert answer.status_code == 404
    assert answer.json["detail"] == "there is no todo 999"
