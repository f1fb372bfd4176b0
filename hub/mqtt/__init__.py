"""Stage 1, mqtt. I/O: sessions -> batches of raw messages.

Takes a source's settings; gives `Batch`es in the broker's order, acknowledged by the owner only after its commit. May
lose what the broker loses (docs/operations.md), nothing else.
"""
