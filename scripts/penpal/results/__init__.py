"""What the letters brought: statistics of experiments, and the page that tells of all of it."""
