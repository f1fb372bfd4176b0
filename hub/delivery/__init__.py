"""Stage 6, delivery. I/O: outbox -> channels -> receipts.

Takes claimed outbox rows; gives one `Receipt` for each, positive only when the provider said so. Decides nothing: who,
when and what next are the core's. May double one send per crash; loses nothing.
"""
