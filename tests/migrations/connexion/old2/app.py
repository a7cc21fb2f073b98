import connexion

app = connexion.FlaskApp(__name__, specification_dir="apis")
app.add_api("notes.yaml", strict_validation=True, validate_responses=True)
application = app.app  # for gunicorn

if __name__ == "__main__":
    app.run(port=8080)
