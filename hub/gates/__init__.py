"""Stage 6, gates: beside delivery. I/O: permits of the registry -> lists in the cameras at the gates -> what these answered.

Takes rows of the registry; gives messages over MQTT and rows of ``list_entry``, which say of each plate whether the camera has
it. Decides nothing about who may enter. May give one plate twice after a crash, which changes nothing; loses nothing.
"""
