from pymacaron.auth import get_userid
from pymacaron.exceptions import ForbiddenError, add_error
from pymacaron.models import Todo

TodoNotFound = add_error("TodoNotFound", code="TODO_NOT_FOUND", status=404)

todos: dict[int, Todo] = {}


def list_todos(limit, before=None):
    found = [todo for todo in todos.values() if before is None or todo.due < before]
    return found[:limit]


def add_todo(todo):
    made = Todo(id=len(todos) + 1, owner=get_userid(), text=todo.text, due=todo.due, note=todo.note)
    todos[made.id] = made
    return made


def get_todo(todo_id):
    if todo_id not in todos:
        raise TodoNotFound(f"there is no todo {todo_id}")
    return todos[todo_id]


def delete_todo(todo_id):
    if get_todo(todo_id).owner != get_userid():
        raise ForbiddenError("it is somebody else's")
    del todos[todo_id]
