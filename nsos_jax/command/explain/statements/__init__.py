"""The lines for certificates about bounds, sets and programs, one file a kind, and what they share.

In: a certificate that holds, and the room there is. Out: lines. May import the files of `explain`.
"""
