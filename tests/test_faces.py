"""The import names of pymacaron 1.x: they lead to the same things."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path

import pytest
from flask import Flask

import pymacaron
from pymacaron import API, predecessors
from pymacaron.config import Config, set_config

SAME = {
    "pymacaron_core.swagger.apipool.ApiPool": "pymacaron.pool.ApiPool",
    "pymacaron_core.models.get_model": "pymacaron.pool.get_model",
    "pymacaron_core.exceptions.PyMacaronCoreException": "pymacaron.exceptions.PyMacaronException",
    "pymacaron_core.exceptions.ValidationError": "pymacaron.exceptions.ValidationError",
    "pymacaron.ApiPool": "pymacaron.pool.ApiPool",
    "pymacaron.get_model": "pymacaron.pool.get_model",
    "pymacaron_dynamodb.PersistentSwaggerObject": "pymacaron.stores.PersistentModel",
    "pymacaron.models.get_model": "pymacaron.pool.get_model",
    "pymacaron_async.asynctask": "pymacaron.tasks.asynctask",
    "pymacaron.asynctask": "pymacaron.tasks.asynctask",
    "pymacaron_unit.testcase.PyMacaronTestCase": "pymacaron.testing.case.PyMacaronTestCase",
    "pymacaron.test.PyMacaronTestCase": "pymacaron.testing.case.PyMacaronTestCase",
}


def found(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("old", SAME)
def test_old_names(old: str) -> None:
    """An old name is the very thing that the new name is."""
    assert found(old) is found(SAME[old])


def test_other_names() -> None:
    """A name that never was is an ordinary AttributeError, so tools may ask for anything."""
    for module in {name.rpartition(".")[0] for name in SAME} - {"pymacaron.models"}:  # its names come with documents
        assert not hasattr(importlib.import_module(module), "nothing_of_ours")
        assert not hasattr(importlib.import_module(module), "__wrapped__")


@pytest.mark.parametrize("name", ["pymacaron_core-1.0.130.dist-info", "pymacaron_core-1.0.130-py3.6.egg-info"])
def test_predecessors_are_found(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A start says which old packages are installed beside this one, and how to be rid of them."""
    (tmp_path / name).mkdir()
    (tmp_path / f"pymacaron-{pymacaron.__version__}.dist-info").mkdir()
    assert predecessors.predecessors([str(tmp_path), str(tmp_path / "none")]) == ["pymacaron-core 1.0.130"]
    monkeypatch.syspath_prepend(tmp_path)
    set_config(Config(name="x", live_host="x"))
    with caplog.at_level(logging.WARNING, "pymacaron"):
        API(Flask("service"))
    set_config(None)
    assert "run `pip uninstall pymacaron-core`" in caplog.text


def test_no_predecessors_here() -> None:
    """The environment of the tests has none of them."""
    assert predecessors.predecessors() == []
