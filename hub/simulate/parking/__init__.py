"""A simulated month of gates and spaces: what really happened, what the devices said of it, and how near the core came. Pure but for the
command.

    site      the registry: 2 gates, 120 counted spaces in two zones, 180 cars, fire lanes, no-parking bays
    truth     who came, stood and left; which bike stood where                  (seeded)
    signature how strong a sensor sees a car or a bike
    devices   what cameras, barriers and sensors said of that, with their faults (seeded)
    run       the core stepped through it, minute by minute, crashes if asked for
    score     the core's words against the truth
"""
