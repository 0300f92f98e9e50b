"""What run_pipeline.py is made of: the lock, the steps, why a step failed, the summary."""
