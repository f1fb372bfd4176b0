"""`hub doctor`: what is running, and what it would lose. Looks and measures; changes nothing and starts nothing."""

from hub.doctor.run import run_doctor

__all__ = ("run_doctor",)
