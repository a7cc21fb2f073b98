"""`pymacaron mock API`: an API served from its document."""

from __future__ import annotations

import sys

import click

from pymacaron.mocking import Wishes, mock_app
from pymacaron.publishing import publish_documents

from .documents import documents_of
from .telling import CTRL_C, reading_only


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="API...")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 chooses a free one."
)
@click.option("--seed", default=0, show_default=True, help="Seed for generated values.")
@click.option("--dynamic", is_flag=True, help="Generate new values for each answer, and use no examples.")
@click.option("--latency", default=0, metavar="MS", type=click.IntRange(0, 60_000), help="Delay each answer.")
def mock(paths: tuple[str, ...], host: str, port: int, seed: int, dynamic: bool, latency: int) -> None:  # noqa: PLR0917 - click gives them by name
    """Serve APIs from their documents alone, without code.

    API is a document or a folder of documents. Answers are the examples of the document, or are made from its schemas.
    The mock remembers what callers create, change and delete, until it ends. At /doc/ are pages to try it. A caller
    gets another answer with the header Prefer: code=404, example=NAME, dynamic=true, delay=MS, invalid=true.

    \b
      pymacaron mock apis/shop.yaml
      curl -H 'Prefer: code=404' http://127.0.0.1:8080/v1/orders/7

    Exit codes: 130 after Ctrl-C, 2 if a document cannot be read or the port is taken.
    """
    reading_only()
    from werkzeug.serving import make_server  # 15 ms that `--help` does without

    documents = documents_of(paths)
    app = mock_app(documents, Wishes(dynamic=dynamic, delay_ms=latency), seed=seed)
    publish_documents(app, documents)
    try:
        server = make_server(host, port, app, threaded=True)
    except (OSError, SystemExit) as error:
        raise click.UsageError(f"{host}:{port} cannot be used: {error}; choose another --port") from None
    count = sum(len(document.operations) for document in documents)
    place = f"http://{host}:{server.server_port}/"
    click.echo(f"{count} operations at {place} (Ctrl-C ends it)")
    click.echo(f"pages to read and try them at {place}doc/")
    server.serve_forever()  # until Ctrl-C
    sys.exit(CTRL_C)
