"""The command `nsos`: what it reads, what it writes, what it shows.

In: arguments, files, standard input. Out: records, tables, certificates, exit statuses. May import all other rooms but
`sampling`; loads JAX only when something is certified.
"""
