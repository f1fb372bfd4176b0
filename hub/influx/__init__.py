"""Stage 5, influx. I/O: journal -> line protocol -> InfluxDB 2, or whatever takes /api/v2/write.

Takes blocks of the journal beyond its cursor; gives points. A projection, never the record: it may lag or die and never
blocks anybody. Loses nothing that the journal still has: the cursor moves only after the server took the points, and a
point written twice is one point. Lines that a server refuses for ever are quarantined and passed over.
"""

from hub.influx.follow import Follower
from hub.influx.gauges import Gate, Gauges, LaneReads, ZoneParking
from hub.influx.lines import PERSONAL, Lines
from hub.influx.post import BadLine, InfluxPost, Later, Post
from hub.influx.recent import Journal, JournalLines

__all__ = (
    "PERSONAL",
    "BadLine",
    "Follower",
    "Gate",
    "Gauges",
    "InfluxPost",
    "Journal",
    "JournalLines",
    "LaneReads",
    "Later",
    "Lines",
    "Post",
    "ZoneParking",
)
