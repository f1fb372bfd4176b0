"""One file each: how one kind of contact is reached. Found by folder scan, chosen by the scheme of the URL.

A file defines ``CHANNEL: hub.delivery.tools.Channel``. A file that fails to import, or two files with one scheme, stop
the hub.
"""
