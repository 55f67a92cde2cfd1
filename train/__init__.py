"""Training of the basis proposers: one loop and one stream for every model, from one CPU to many hosts.

python -m nsos_jax.train --config configs/gram_graph.py --dir RUN_FOLDER [--set optimiser.learning_rate=0.002]
"""
