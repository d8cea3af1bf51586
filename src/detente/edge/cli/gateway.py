"""`detente gateway`: the LLM firewall between people's assistants and the models."""

from typing import Annotated

import typer

from detente.edge.cli import keys, learn, log
from detente.edge.cli.options import HOME, Database, Workspace

app = typer.Typer(invoke_without_command=True)
app.command()(learn.learn)
app.add_typer(keys.app, name="key")
app.add_typer(log.app, name="log")


@app.callback()
def gateway(
    context: typer.Context,
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT to serve on.")] = "127.0.0.1:8081",
    upstream: Annotated[
        str | None, typer.Option("--upstream", help="One address that serves every model, instead of gateway.yaml.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes; one a core.")] = 1,
    metrics: Annotated[
        str | None, typer.Option("--metrics", help="HOST:PORT of a page for Prometheus; without it there is none.")
    ] = None,
    events: Annotated[str | None, typer.Option("--events", help="An address or a file for events (OCSF).")] = None,
    workspace: Workspace = HOME,
    database: Database = None,
) -> None:
    """Serve: inspect every prompt and every answer between assistants and models. DETENTE_GATEWAY_KEY is a key for a first run."""
    if context.invoked_subcommand:
        return
    import logging
    import os

    from detente.edge.proxy.opening import Settings, setup
    from detente.edge.proxy.serve import listen as bind
    from detente.edge.proxy.serve import serve
    from detente.edge.telemetry.settings import telemetry

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    page = bind(metrics, 1)[0] if metrics else None
    told = telemetry(os.environ, events)
    settings = Settings(workspace, database, upstream, dict(os.environ), page=page, telemetry=told)
    found = setup(settings)  # a mistake in it is told before anything starts
    sockets = bind(listen, workers)
    host, port = sockets[0].getsockname()[:2]
    typer.echo(f"The gateway listens on http://{host}:{port}", err=True)
    if page:
        typer.echo("Metrics: http://{}:{}/metrics".format(*page.getsockname()[:2]), err=True)
    serve(settings, found, sockets)
