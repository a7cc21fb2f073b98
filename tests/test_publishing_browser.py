"""What is published, as people see it: in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import Visit
from services import Project, operation, project_in


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


def test_the_index_leads_to_each_api(project: Project, visit: Visit) -> None:
    """From the index one click leads to an API, whose operations are there."""
    project.document({"/things": {"get": operation("f", summary="All things")}})
    project.functions("def f(): return []")
    project.load().publish_apis().start()
    page = visit(project.app, "/doc/")
    page.get_by_role("link", name="shop").click()
    assert "All things" in page.get_by_role("main").inner_text()
