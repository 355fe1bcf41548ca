"""Slow float64 twins of the kernels: textbook formulas in plain NumPy, one file a stage.

They import NumPy only, never quaver, so that no mistake can be shared with what they check.
"""
