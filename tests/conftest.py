"""What every test gets: Hypothesis without a deadline, since timings on a shared machine say nothing about a law."""

import hypothesis

hypothesis.settings.register_profile("pymacaron", deadline=None)
hypothesis.settings.load_profile("pymacaron")
