from connexion import NoContent, problem

notes = {}


def search(limit, before=None):
    found = [note for note in notes.values() if before is None or note["due"] < before]
    return found[:limit]


def create(user, body):
    note = dict(body, id=len(notes) + 1, author=user)
    notes[note["id"]] = note
    return note, 201


def get(note_id):
    if note_id not in notes:
        return problem(404, "Not Found", f"there is no note {note_id}")
    return notes[note_id]


def delete(note_id, user):
    note = notes.get(note_id)
    if note is None:
        return problem(404, "Not Found", f"there is no note {note_id}")
    if note["author"] != user:
        return problem(403, "Forbidden", "it is somebody else's")
    del notes[note_id]
    return NoContent, 204
