"""The device catalogue: one file here is one device or family: what it is, how to decode it, real examples.

A file exports ``MODEL`` or ``MODELS`` (`hub.decode.port.Model`). Files that begin with an underscore are shared code.
Pure: a device file reads no clock and does no I/O.
"""
