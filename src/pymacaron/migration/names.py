"""What is known of names that old projects import: dotted, the longest one that begins an import counts."""

from __future__ import annotations

from collections.abc import Mapping

from .rules import Known


def _old(new: str) -> Known:
    module, _, last = new.rpartition(".")
    return Known("old-name", "still works", f"it is `from {module} import {last}` now", new)


def _foreign(cure: str) -> Known:
    return Known("import", "is not part of pymacaron", cure)


def _gone(what: str, cure: str) -> Known:
    return Known("removed", f"is gone{what}", cure)


_OLD_NAMES = {
    "pymacaron_core.swagger.apipool.ApiPool": "pymacaron.ApiPool",
    "pymacaron_core.models.get_model": "pymacaron.get_model",
    "pymacaron_core.exceptions.PyMacaronCoreException": "pymacaron.exceptions.PyMacaronException",
    "pymacaron_core.exceptions.ValidationError": "pymacaron.exceptions.ValidationError",
    "pymacaron_async.asynctask": "pymacaron.asynctask",
    "pymacaron_unit.testcase.PyMacaronTestCase": "pymacaron.test.PyMacaronTestCase",
    "pymacaron_dynamodb.PersistentSwaggerObject": "pymacaron.stores.PersistentModel",
}  # fmt: skip
_MODULES_THAT_STAY = {name.rpartition(".")[0] for name in _OLD_NAMES}
_PYMACARON = {
    "pymacaron_core": ("is not there any more", "look in pymacaron: ApiPool, get_model, exceptions"),
    "pymacaron_core.swagger": (
        "is not there any more", "ApiPool.add(name, yaml_path=…) loads a document, ApiPool.<api>.client calls it",
    ),
    "pymacaron.log": ("is not there any more", "write logging.getLogger(__name__)"),
    "pymacaron.utils": ("is not there any more", "write it yourself; docs/api.md has all names of pymacaron"),
    "pymacaron.utils.timenow": ("is not there any more", "write datetime.now(UTC)"),
    "pymacaron.utils.to_epoch": ("is not there any more", "write int(t.timestamp())"),
    "pymacaron.utils.get_app_name": ("is not there any more", "write get_config().name"),
    "pymacaron.utils.is_ec2_instance": ("is not there any more", "reports are sent everywhere; ask a setting instead"),
    "pymacaron.monitor": ("is not there any more", "numbers are at /metrics, where the setting `metrics` is on"),
    "pymacaron_async": ("is not there any more", "write `from pymacaron import asynctask`"),
    "pymacaron_unit": ("is not there any more", "look in pymacaron.test"),
    "pymacaron_dynamodb": (
        "is not there any more", "write `from pymacaron.stores import PersistentModel`",
    ),
    "pymacaron_aws": ("is not there any more", "`pymacaron deploy` deploys"),
    "bravado": ("is not used any more", "clients are ApiPool.<api>.client"),
    "bravado_core": ("is not used any more", "models are those of ApiPool.<api>.model"),
    **{
        f"bravado_core.{module}.SwaggerFormat": (
            "is not used any more", "write pymacaron.Format(name, check=…, to_python=…, to_wire=…)",
        )
        for module in ("formats", "formatter")
    },
    "bravado_core.exception": (
        "is not used any more", "the check of a pymacaron.Format raises ValueError; callers get a ValidationError",
    ),
}  # fmt: skip

_VALIDATORS = "every keyword is checked; for rules of your own there is pymacaron.Format, and x-decorate-server"
_URI = "parameters are read as `style` and `explode` say"
_JSON = "models are written as the document says; for formats there is pymacaron.Format"
_CONNEXION = {
    "connexion": "a service is `API(Flask(__name__)).load_apis(…).start()` in server.py",
    "connexion.request": "write `from flask import request`",
    "connexion.request.state": "what lives as long as the service stands in a module; start() opens it",
    "connexion.NoContent": "return `None`, or `None, 204`, where the document has an answer without a body",
    "connexion.context": "who calls is known to pymacaron.auth: get_userid(), get_user_token_data()",
    "connexion.problem": "raise an error of your own (`add_error`); `error_format: problem` gives it this form",
    "connexion.exceptions": "raise an error of your own: pymacaron.exceptions.add_error(name, code, status)",
    "connexion.exceptions.ProblemException": (
        "raise an error of your own: subclass pymacaron.exceptions.PyMacaronException; to_json() may have more members"
    ),
    "connexion.exceptions.OAuthProblem": "write pymacaron.exceptions.AuthError",
    "connexion.exceptions.OAuthResponseProblem": "write pymacaron.exceptions.AuthError",
    "connexion.exceptions.Unauthorized": "write pymacaron.exceptions.AuthError",
    "connexion.exceptions.OAuthScopeProblem": "write pymacaron.exceptions.ForbiddenError",
    "connexion.exceptions.Forbidden": "write pymacaron.exceptions.ForbiddenError",
    "connexion.exceptions.NotFoundProblem": "write pymacaron.exceptions.NotFoundError",
    "connexion.exceptions.BadRequestProblem": "write pymacaron.exceptions.BadRequestError",
    "connexion.resolver": "name the function in the document: x-bind-server, or x-handlers and the operationId",
    "connexion.middleware": "wrap app.wsgi_app, or use Flask's before_request; CORS is the setting `cors`",
    "connexion.options": "publish_apis() serves the pages",
    "connexion.lifecycle": "write flask.request, flask.Response",
    "connexion.jsonifier": _JSON,
    "connexion.validators": _VALIDATORS,
    "connexion.decorators.validation": _VALIDATORS,
    "connexion.decorators.uri_parsing": _URI,
    "connexion.uri_parsing": _URI,
    "connexion.apps.flask_app.FlaskJSONEncoder": _JSON,
    "connexion.apis": "return values, flask.Response, or raise an error of your own",
    "connexion.datastructures": "content types and statuses are matched as the document names them",
    "connexion.testing": "write `app.test_request_context()`: Flask's",
    "connexion.security": "functions that verify credentials are given to API(verifiers={scheme: function})",
    "swagger_ui_bundle": "publish_apis() serves the pages",
}  # fmt: skip

_STARLETTE = {
    "starlette": "Flask has it: flask.request, flask.Response, before_request, errorhandler",
    "starlette.background": "write `from pymacaron import asynctask`",
    "starlette.middleware": "wrap app.wsgi_app, or use Flask's before_request and after_request",
    "starlette.middleware.cors": "write the setting `cors`",
    "starlette.responses": "return the value, bytes, a file or a generator; or a flask.Response",
    "starlette.testclient": "write `app.test_client()`: Flask's client, whose answers have `.json`, not `.json()`",
}
_DECLARED = "the document declares it; the function takes a plain argument"
_CHECKS = "JSON Schema says most of it; what it cannot say goes into the function, or a class that `x-parent` names"
_FASTAPI = {
    "fastapi": "the document says it, or Flask has it",
    "fastapi.FastAPI": "a service is `API(Flask(__name__)).load_apis(…).start()` in server.py",
    "fastapi.APIRouter": "paths stand in the document; functions in modules",
    "fastapi.Depends": "call the function; who calls is known to pymacaron.auth: get_userid()",
    "fastapi.Security": "write `security` in the document",
    "fastapi.HTTPException": "raise an error of your own: pymacaron.exceptions.add_error(name, code, status)",
    "fastapi.exceptions": "raise an error of your own: pymacaron.exceptions.add_error(name, code, status)",
    "fastapi.BackgroundTasks": "write `from pymacaron import asynctask`",
    "fastapi.Request": "write `from flask import request`",
    "fastapi.Response": "return (value, status, headers), or a flask.Response",
    "fastapi.responses": "return the value, bytes, a file or a generator; or a flask.Response",
    "fastapi.status": "write the number",
    "fastapi.UploadFile": "a file is a stream with filename and content_type; the body is an object with the fields",
    "fastapi.WebSocket": "there are no WebSockets: keep that part where it is; server-sent events are generators",
    "fastapi.testclient": "write `app.test_client()`: Flask's client, whose answers have `.json`, not `.json()`",
    "fastapi.security": "write `securitySchemes` and `security`; API(verifiers={scheme: function}) or a key verifies",
    "fastapi.middleware.cors": "write the setting `cors`",
    "fastapi.middleware": "wrap app.wsgi_app, or use Flask's before_request and after_request",
    "fastapi.staticfiles": "write Flask(__name__, static_folder=…)",
    "fastapi.templating": "write flask.render_template",
    "fastapi.encoders": "return models; model.to_json() gives a dict",
    **{f"fastapi.{name}": _DECLARED for name in ("Body", "Cookie", "File", "Form", "Header", "Path", "Query")},
    **_STARLETTE,
    "uvicorn": "run it by `python server.py`, `pymacaron run` or gunicorn",
    "pydantic.BaseModel": "schemas of the document are classes: `from pymacaron.models import …`",
    **{f"pydantic.{name}": _CHECKS for name in ("field_validator", "model_validator", "computed_field")},
    **{f"pydantic.{name}": _CHECKS for name in ("validator", "root_validator", "field_serializer")},
    "pydantic_settings": "settings stand in pym-config.yaml: pymacaron.config.get_config()",
}  # fmt: skip

_MOVED_IN_PYTHON_3 = {
    "urllib2": "urllib.request", "urlparse": "urllib.parse", "ConfigParser": "configparser", "StringIO": "io",
    "cStringIO": "io", "cPickle": "pickle", "Queue": "queue", "httplib": "http.client", "cookielib": "http.cookiejar",
    "Cookie": "http.cookies", "HTMLParser": "html.parser", "SocketServer": "socketserver",
    "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server", "__builtin__": "builtins",
    "commands": "subprocess", "thread": "threading",
    "itertools.izip": "zip", "itertools.imap": "map", "itertools.ifilter": "filter",
    "urllib.quote": "urllib.parse.quote",
    "urllib.unquote": "urllib.parse.unquote", "urllib.urlencode": "urllib.parse.urlencode",
    "urllib.urlopen": "urllib.request.urlopen", "string.letters": "string.ascii_letters",
}  # fmt: skip
_REMOVED_FROM_PYTHON = {
    "imp": ("3.12", "importlib"), "asyncore": ("3.12", "asyncio"), "asynchat": ("3.12", "asyncio"),
    "smtpd": ("3.12", "the package aiosmtpd"), "distutils": ("3.12", "setuptools, shutil or sysconfig"),
    "cgi": ("3.13", "urllib.parse, or flask.request"), "cgitb": ("3.13", "traceback"), "crypt": ("3.13", "hashlib"),
    "telnetlib": ("3.13", "a package"), "pipes": ("3.13", "subprocess and shlex"), "imghdr": ("3.13", "a package"),
    "uu": ("3.13", "base64"), "nntplib": ("3.13", "a package"), "mailcap": ("3.13", "a package"),
    "lib2to3": ("3.13", "libcst"), "sndhdr": ("3.13", "a package"), "xdrlib": ("3.13", "struct"),
    **{
        f"collections.{name}": ("3.10", f"collections.abc.{name}")
        for name in ("Callable", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence", "Set", "Hashable")
    },
}  # fmt: skip
_REMOVED_FROM_LIBRARIES = {
    "flask._app_ctx_stack": (" since Flask 2.3", "use flask.g; who calls is known to pymacaron.auth.get_userid()"),
    "flask._request_ctx_stack": (" since Flask 2.3", "use flask.g and flask.request"),
    "flask.ext": (" since Flask 1.0", "import the extension by its own name: flask_cors, not flask.ext.cors"),
    "flask.Markup": (" since Flask 3.0", "write `from markupsafe import Markup`"),
    "flask.escape": (" since Flask 3.0", "write `from markupsafe import escape`"),
    "flask.json.JSONEncoder": (" since Flask 2.3", "models write themselves; else see flask.json.provider"),
    "flask_script": ("", "use `pymacaron run`, or Flask's own commands"),
    "jinja2.Markup": (" since Jinja 3.1", "write `from markupsafe import Markup`"),
    "werkzeug.contrib": (" since Werkzeug 1.0", "for proxies there is the setting `trusted_proxies`"),
    "werkzeug.security.safe_str_cmp": (" since Werkzeug 2.1", "write hmac.compare_digest"),
    "pkg_resources": (" with setuptools, which environments do not have any more", "write importlib.metadata"),
    "nose": (": it does not run on Python 3.10 and up", "write plain `assert`, pytest.raises, fixtures of pytest"),
}  # fmt: skip

NAMES: dict[str, Known] = {
    **{name: Known("import", fact, cure) for name, (fact, cure) in _PYMACARON.items()},
    **{name: _old(new) for name, new in _OLD_NAMES.items()},
    **{name: _foreign(cure) for name, cure in _CONNEXION.items()},
    **{
        name: Known("python-2", "is Python 2", f"in Python 3 it is {new}")
        for name, new in _MOVED_IN_PYTHON_3.items()
    },
    **{
        name: _gone(f" since Python {when}", f"use {cure}")
        for name, (when, cure) in _REMOVED_FROM_PYTHON.items()
    },
    **{name: _gone(what, cure) for name, (what, cure) in _REMOVED_FROM_LIBRARIES.items()},
}  # fmt: skip

BUILTINS_OF_PYTHON_2 = {
    "unicode": "str", "basestring": "str", "xrange": "range", "long": "int", "unichr": "chr", "raw_input": "input",
    "execfile": "runpy.run_path", "reload": "importlib.reload",
}  # fmt: skip
# Methods by their names, whatever has them: nothing else is called so.
METHODS: dict[str, Known] = {
    **{
        name: Known("python-2", "is Python 2", f"write .{new}")
        for name, new in {
            "iteritems": "items()", "itervalues": "values()", "iterkeys": "keys()", "has_key": "get(), or `in`",
        }.items()
    },
    **{
        name: _gone(" since Python 3.12", f"write {new}")
        for name, new in {
            "assertEquals": "assertEqual", "assertNotEquals": "assertNotEqual", "assertRegexpMatches": "assertRegex",
            "assertRaisesRegexp": "assertRaisesRegex", "assertItemsEqual": "assertCountEqual",
            "assertAlmostEquals": "assertAlmostEqual", "failUnless": "assertTrue", "failUnlessEqual": "assertEqual",
        }.items()
    },
    "before_first_request": _gone(" since Flask 2.3", "call it in start(), before api.start()"),
}  # fmt: skip

_DUMP = "to_json(); of what is nested in it from_json() makes models, a constructor does not"

# Methods of pydantic's models, in a project of FastAPI.
METHODS_OF_PYDANTIC = {
    "model_dump": _DUMP, "model_dump_json": "to_json()", "dict": _DUMP, "model_copy": "clone()",
    "model_validate": "from_json()", "parse_obj": "from_json()",
}  # fmt: skip

# Attributes that are set, whatever has them.
ATTRIBUTES = {
    "json_encoder": _gone(" since Flask 2.3", "models write themselves; for other values see flask.json.provider"),
}
# Methods of bravado's models, in a project of pymacaron 1.x.
METHODS_OF_BRAVADO = {
    "_as_dict": "to_json(), which leaves out what is absent", "_marshal": "to_json()",
    "_from_dict": "from_json()", "_unmarshal": "from_json()",
}  # fmt: skip

# Methods of connexion's app, in a project of connexion.
METHODS_OF_CONNEXION = {
    "add_error_handler": "write `@app.errorhandler(…)` over the function, which gets the exception only",
    "add_middleware": "wrap app.wsgi_app, or use Flask's before_request and after_request; CORS is the setting `cors`",
}

# What connexion's add_api and constructors take, and where it is said now.
CONNEXION_ARGUMENTS = {
    "strict_validation": "write `strict_query: true` in pym-config.yaml",
    "validate_responses": "write `validate_responses: enforce` in pym-config.yaml; `report` sends what it reports",
    "resolver": "name the function in the document: x-bind-server, or x-handlers and the operationId",
    "resolver_error": "what has no function stops the start; `pymacaron handlers` writes those that are missing",
    "base_path": "write it in the document: `servers: [{url: /v1}]`, or basePath in Swagger 2.0",
    "arguments": "a document is no template: write what it says, or one document per stage",
    "options": "publish_apis() serves the pages, at /doc",
    "swagger_ui_options": "publish_apis() serves the pages, at /doc",
    "auth_all_paths": "write `security` at the top of the document",
    "validator_map": _VALIDATORS,
    "uri_parser_class": _URI,
    "jsonifier": _JSON,
    "lifespan": "what opens goes into start(), before api.start(); what closes to atexit.register()",
    "raise_server_exceptions": "app.test_client() of Flask does without; its answers have `.json`, not `.json()`",
    "middlewares": "wrap app.wsgi_app, or use Flask's before_request and after_request",
    "security_map": "give functions to API(verifiers={scheme: function})",
}  # fmt: skip
# Arguments that connexion gives to functions which take them.
CONNEXION_GIVES = {
    "user": "call pymacaron.auth.get_userid()",
    "token_info": "call pymacaron.auth.get_user_token_data()",
    "context_": "call pymacaron.auth.get_user_token_data()",
}  # fmt: skip


# What counts in a project of FastAPI only: others use some of it for themselves.
OF_FASTAPI = {name: _foreign(cure) for name, cure in _FASTAPI.items()}
OF_STARLETTE = {name: _foreign(cure) for name, cure in _STARLETTE.items()}  # in a project of connexion, too


def known(dotted: str, names: Mapping[str, Known]) -> tuple[str, Known] | None:
    """What is known of an imported name: the longest beginning of it that the table has, and what it says."""
    name = dotted
    while name:
        if name in names:
            return name, names[name]
        if name in _MODULES_THAT_STAY and name == dotted:
            return None  # what is taken from the module is looked at by itself
        name = name.rpartition(".")[0]
    return None
