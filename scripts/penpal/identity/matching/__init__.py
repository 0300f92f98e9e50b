"""Estimating how records of one person agree, from a warehouse without labels."""
