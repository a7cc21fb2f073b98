"""What the standards say, asked of real operations by the official suites."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_json_schema_suite() -> None:
    """Every case of the JSON-Schema-Test-Suite, sent to operations of Swagger 2.0 (as draft 4), OpenAPI 3.0 (draft 4),
    3.1 and 3.2 (draft 2020-12), is accepted if it is valid and refused if not, or exceptions.toml says why not."""
    command = [sys.executable, str(ROOT / "conformance" / "run.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
