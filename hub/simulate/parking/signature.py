"""What a sensor in the ground measures of whatever stands on it. Pure.

One measure for both of its words. What stands there disturbs the field; what the sensor measures of it, its noise in it, is counted in its
thresholds, by the logarithm (0: just at the threshold). It shows "occupied" where that is above 0, and its score says how far above: percent
of a full scale of five thresholds. A heartbeat measures anew.

    a car          nine thresholds, give or take a third; six in a thousand stand at the edge of their space: about two, with a wide spread
    a bike         each its own, so that sensors show it in 30 to 90 of 100 cases; by where it stands a fifth more or less
    an e-tricycle  two of the bikes are such: shown in 90 of 100 cases, a quarter more or less

So 2 cars of 1000 are not shown, the weakest cars score no more than a bike, and a tricycle now and then as much as a weak car.
"""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist

CAR, CAR_SPREAD = math.log(9), 0.35
EDGE, EDGE_SPREAD, AT_EDGE = math.log(2.2), 1.3, 0.006
BIKE_SPREAD, TRICYCLE_SPREAD = 0.2, 0.26
TRICYCLES, TRICYCLE_SHOWN = 2, 0.9
NOISE = 0.08
"""By which two measures of the same differ."""
FULL_SCALE = 5.0
PASSING = 0.3
"""What makes a sensor show for seconds what is not there: something that passes."""


def car(random: Random) -> float:
    """What is measured of a car that has just come to stand."""
    if random.random() < AT_EDGE:
        return random.gauss(EDGE, EDGE_SPREAD)
    return random.gauss(CAR, CAR_SPREAD)


def bike(number: int, shown: float, random: Random) -> float:
    """What is measured of a bike that has just come to stand; sensors show this one in ``shown`` of all cases."""
    if number < TRICYCLES:
        return random.gauss(NormalDist().inv_cdf(TRICYCLE_SHOWN) * TRICYCLE_SPREAD, TRICYCLE_SPREAD)
    return random.gauss(NormalDist().inv_cdf(shown) * BIKE_SPREAD, BIKE_SPREAD)


def again(measured: float, random: Random) -> float:
    """The same, measured anew."""
    return random.gauss(measured, NOISE)


def score(measured: float) -> int:
    """What the sensor says of it."""
    return min(round(100 * math.exp(measured) / FULL_SCALE), 100)
