"""The history of drills as the rows have it, each scored, the newest first."""

from __future__ import annotations

from hub.drills import DrillScore, score
from hub.web import kept, rows
from hub.web.view import Picture


def drill_scores(picture: Picture, limit: int) -> list[DrillScore]:
    found: list[DrillScore] = []
    for one in kept.drills(picture.connection, picture.community, limit):
        notifications = rows.notifications_of(picture.connection, picture.community, one.id)
        building = picture.places.building(one.place) or one.place
        found.append(score(one, one.responders, notifications, place=one.place, building=building))
    return found
