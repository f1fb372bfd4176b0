"""Gates and parking inside the core: the ledger, permits, spaces, the estimate of spaces left, what is probably no car. Pure.

Takes readings, commands and time through `hub.core.parking.door`; gives ledger entries, estimates and derived facts that the rules are asked
about. The ledger law: at every moment ``ins - outs`` of a zone is the number of its open visits less its unnamed outs.
"""
