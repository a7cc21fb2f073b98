"""What every test gets: Hypothesis without clocks, since timings on a shared machine say nothing about a law."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("pymacaron", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if "CI" not in os.environ:  # there Hypothesis takes its own profile, which always draws the same examples
    settings.load_profile("pymacaron")
