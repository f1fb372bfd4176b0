"""Stage 2, decode. Pure: raw messages -> readings.

Takes a `RawMessage` and what the registry says about models; gives readings in our vocabulary, or why not. Two steps: the
envelope (`hub.decode.envelopes`) gives device, time, lifecycle and either an object or bytes; the device codec
(`devices/`) gives facts. May lose nothing: what it cannot read it says, and the owner quarantines it.
"""
