"""The method as traced programs over batches: ADMM, its second-order finish, projections, and certified bounds."""
