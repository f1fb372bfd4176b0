"""Stage 8, simulate. A community that behaves like the story, for the demo, for drills and for load.

Takes a seed and a start; gives a registry and messages as real devices would publish them. `vendors`, `guihuayuan`,
`community` and `scenarios` are pure; `player`, `people` and `load` do I/O. Nothing of it is kept, so nothing can be lost.
"""
