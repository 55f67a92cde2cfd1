"""What a CPU runs without compiling: traced programs evaluated by NumPy, and what compiling costs."""
