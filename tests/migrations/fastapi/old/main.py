import os
from datetime import date

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

app = FastAPI(title="Todos", version="2.0.0")
bearer = HTTPBearer()
todos: dict[int, "Todo"] = {}


class NewTodo(BaseModel):
    text: str = Field(min_length=1)
    due: date
    note: str | None = None


class Todo(NewTodo):
    id: int
    owner: str


def user(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> str:
    try:
        secret = os.environ["TODOS_JWT_SECRET"]
        claims = jwt.decode(credentials.credentials, secret, algorithms=["HS256"], audience="todos")
    except jwt.InvalidTokenError:
        raise HTTPException(401, "this token is not accepted")
    return claims["sub"]


@app.get("/todos")
def list_todos(before: date | None = None, limit: int = Query(10, ge=1)) -> list[Todo]:
    found = [todo for todo in todos.values() if before is None or todo.due < before]
    return found[:limit]


@app.post("/todos", status_code=201)
def add_todo(todo: NewTodo, owner: str = Depends(user)) -> Todo:
    made = Todo(id=len(todos) + 1, owner=owner, **todo.model_dump())
    todos[made.id] = made
    return made


@app.get("/todos/{todo_id}")
def get_todo(todo_id: int) -> Todo:
    if todo_id not in todos:
        raise HTTPException(404, f"there is no todo {todo_id}")
    return todos[todo_id]


@app.delete("/todos/{todo_id}", status_code=204)
def delete_todo(todo_id: int, owner: str = Depends(user)) -> None:
    if get_todo(todo_id).owner != owner:
        raise HTTPException(403, "it is somebody else's")
    del todos[todo_id]
