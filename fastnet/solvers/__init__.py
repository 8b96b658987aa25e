"""Solvers of one path point: the direct step, coordinate descent with conjugate gradients, and ridge in closed form."""
