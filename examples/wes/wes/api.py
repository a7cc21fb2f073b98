"""One function for each operation of the document, called as its operationId in snake_case."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for

from pymacaron.exceptions import BadRequestError
from pymacaron.models import Log, RunId, RunListResponse, RunLog, RunStatus, ServiceInfo
from wes import attachments, runs
from wes.errors import BadPage, BadWorkflow

TYPE, VERSIONS = "SHELL", ["POSIX"]
LARGEST_PAGE = 100


def get_service_info() -> ServiceInfo:
    return ServiceInfo(
        workflow_type_versions={TYPE: {"workflow_type_version": VERSIONS}},
        supported_wes_versions=["1.0.0"],
        supported_filesystem_protocols=["http"],
        workflow_engine_versions={"sh": "POSIX"},
        default_workflow_engine_parameters=[],
        system_state_counts=dict(Counter(run.state for run in runs.everything())),
        tags={},
    )


def run_workflow(  # noqa: PLR0917 - the fields of the form
    workflow_params: dict[str, Any] | None,
    workflow_type: str | None,
    workflow_type_version: str | None,
    tags: dict[str, Any] | None,
    workflow_engine_parameters: dict[str, Any] | None,
    workflow_url: str | None,
    workflow_attachment: list[Any] | None,
) -> RunId:
    if workflow_type != TYPE or workflow_type_version not in VERSIONS:
        raise BadWorkflow(f"workflow_type has to be {TYPE}, workflow_type_version one of {', '.join(VERSIONS)}")
    if workflow_engine_parameters:
        raise BadWorkflow("the engine has no workflow_engine_parameters")
    runs.check_params(workflow_params or {})
    run = runs.Run({
        "workflow_params": workflow_params or {}, "workflow_type": workflow_type, "tags": tags or {},
        "workflow_type_version": workflow_type_version, "workflow_url": workflow_url,
    })  # fmt: skip
    try:
        run.attached = attachments.save(workflow_attachment or [], run.work)
        if workflow_url not in run.attached:
            raise BadWorkflow("workflow_url has to be the file name of an attachment")
    except BadRequestError:
        run.remove()
        raise
    run.start()
    return RunId(run_id=run.id)


def list_runs(page_size: int | None, page_token: str | None) -> RunListResponse:
    size = LARGEST_PAGE if page_size is None else min(page_size, LARGEST_PAGE)
    if size < 1 or (page_token and not (page_token.isdecimal() and len(page_token) < 10)):
        raise BadPage("page_size has to be 1 or more, page_token a next_page_token of this service")
    everything, start = runs.everything(), int(page_token or 0)
    end = start + size
    return RunListResponse(
        runs=[RunStatus(run_id=run.id, state=run.state) for run in everything[start:end]],
        next_page_token=str(end) if end < len(everything) else "",
    )


def get_run_log(run_id: str) -> RunLog:
    run = runs.find(run_id)
    outputs = {name: url_for("logs.output", run_id=run_id, name=name, _external=True) for name in run.outputs()}
    return RunLog(run_id=run_id, request=run.request, state=run.state, run_log=_log(run), task_logs=[], outputs=outputs)


def _log(run: runs.Run) -> Log:
    return Log(
        name=run.request["workflow_url"],
        cmd=run.command,
        start_time=f"{run.began:%Y-%m-%dT%H:%M:%SZ}" if run.began else None,
        end_time=f"{run.ended:%Y-%m-%dT%H:%M:%SZ}" if run.ended else None,
        stdout=url_for("logs.stdout", run_id=run.id, _external=True),
        stderr=url_for("logs.stderr", run_id=run.id, _external=True),
        exit_code=run.exit_code,
    )


def get_run_status(run_id: str) -> RunStatus:
    return RunStatus(run_id=run_id, state=runs.find(run_id).state)


def cancel_run(run_id: str) -> RunId:
    runs.find(run_id).cancel()
    return RunId(run_id=run_id)
