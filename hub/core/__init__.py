"""Stage 3, core. Pure: ``step(state, input) -> decisions``.

Takes inputs that carry their own time; gives decisions with reasons and the set of entities that changed. Knows no
clock, no network, no database, no randomness, no logging. May lose nothing: what it does not act on it says why.
"""
