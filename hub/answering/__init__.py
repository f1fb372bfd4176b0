"""Stage 6½: takes what people say back (a number, a button, a text message), gives commands and a reply.

Connections are opened by the hub, so no public address is needed. May lose: nothing that the provider delivers again;
an answer is a command row before the provider hears that it arrived.
"""
