from fastapi.testclient import TestClient

from main import app

client = TestClient(app)


def test_nothing_is_to_be_done():
    answer = client.get("/todos", params={"limit": 5})
    assert (answer.status_code, answer.json()) == (200, [])


def test_no_todo():
    answer = client.get("/todos/999")
    assert (answer.status_code, answer.json()) == (404, {"detail": "there is no todo 999"})
