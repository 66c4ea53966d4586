"""Who is due, what counts, figures and flags (DOMAIN §3 to §5): pure functions over plain data.

`facts` is what the rules look at, `entries` says what counts, `classes` puts every student in one class of rule 9,
`figures` counts and gives each group its status, `gate` says whether the figures may be shown at all.
"""
