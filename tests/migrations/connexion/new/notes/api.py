from pymacaron.auth import get_userid
from pymacaron.exceptions import ForbiddenError, add_error

NoteNotFound = add_error("NoteNotFound", code="NOTE_NOT_FOUND", status=404)

notes = {}


def search(limit, before=None):
    found = [note for note in notes.values() if before is None or note["due"] < before]
    return found[:limit]


def create(body):
    note = body
    note["id"], note["author"] = len(notes) + 1, get_userid()
    notes[note["id"]] = note
    return note, 201


def get(note_id):
    if note_id not in notes:
        raise NoteNotFound(f"there is no note {note_id}")
    return notes[note_id]


def delete(note_id):
    note = get(note_id)
    if note["author"] != get_userid():
        raise ForbiddenError("it is somebody else's")
    del notes[note_id]
