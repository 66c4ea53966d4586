"""Which workbook does a tutor get for the interviews of a half term, and what do we read from a copy that comes back?

`content` says what stands in it, `writing` makes the file, `reading` reads a returned copy, `answering` gives it back
with the reasons beside the cells. Pure: no store, no configuration, no folder.
"""
