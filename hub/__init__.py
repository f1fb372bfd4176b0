"""社区告警中枢 · the community alert hub."""

__version__ = "0.1.0"
