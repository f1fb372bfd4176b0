"""Stage 4, store. I/O: one transaction per batch.

Takes a `Commit` (what went in, what was decided, which entities changed); gives durability: when `Store.commit` returns,
the batch survives kill -9 and power loss. May lose nothing. Sync; one writer thread, readers on their own connections.
"""
