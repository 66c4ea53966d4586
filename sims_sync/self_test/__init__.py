"""Does this installation stand up to bad exports? A corpus of them, read the way real ones are (DESIGN §8, P2).

`school` is the invented school, `written` puts its rows into files, `broken`, `foreign`, `wrong` and `good` make the
files, `corpus` lists them with their exit codes, `trial` reads one, `runner` all.
"""
