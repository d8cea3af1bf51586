"""The sentences: the order of steps, nothing else."""
