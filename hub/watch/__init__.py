"""Nobody watches the watchman: an auditor inside, a heartbeat to an outside address, a twin, and what the hub says of itself."""
