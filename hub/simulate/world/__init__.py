"""The simulated world: the real owner, keeper, core, store and dispatcher under a seed, a virtual clock and every fault.

Takes a seed; gives what happened, or the first law that was broken. The same seed gives the same events in every process.
"""
