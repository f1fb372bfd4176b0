"""Stage 7, web. I/O: pages for phones, desk and wall, a live stream, a JSON API and the way in for HTTP pushes.

Takes rows; gives pages, and ``command`` rows that the community's owner steps. Writes nothing else but its own tables
(account, setting, look, and when an inbox row was read), so it may run as a process of its own. May lose nothing: what
a person said is a committed row before they see that it was heard.
"""
