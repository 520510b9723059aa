"""The seams: what crosses them, who stands behind, and every error we foresee."""
