"""Choosing articles out of a pool so that what is annotated speaks for the whole of it.

`sampling` has the design (what chance each article gets, and how it is drawn), `pool` the articles with their stories
and strata, `chances` what makes an article likelier, `select` brings them together and writes the batch, `plan` tells
how many articles a wanted interval needs, and `prediction_powered` estimates rates from gold and predictions together.
"""
